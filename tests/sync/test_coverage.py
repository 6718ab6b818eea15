import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.sync import Coverage, Window, missing

from ..client.examples import examples

START = datetime(2026, 8, 1, tzinfo=UTC)
TABLES = ("builds", "jobs")

MINUTES = st.integers(0, 3000)
RUNS = st.lists(
    st.tuples(
        st.integers(1, 500).map(lambda minutes: timedelta(minutes=minutes)),
        st.integers(1, 5000).map(lambda minutes: timedelta(minutes=minutes, seconds=minutes % 60)),
        st.lists(st.booleans(), min_size=2, max_size=2),
        st.sampled_from([TABLES, TABLES, ("builds",), ("jobs",)]),
    ),
    min_size=1,
    max_size=8,
)


def minute_set(window: Window) -> set[int]:
    """The minutes of a window, counted from far before START."""
    first, last = (
        int((moment - START).total_seconds() // 60) for moment in (window.start, window.end)
    )
    return set(range(first, last))


@given(runs=RUNS)
@examples(120)
def test_any_runs_leave_coverage_that_was_really_loaded(runs: list[tuple]) -> None:
    state: dict[str, Any] = {}
    loaded: dict[str, set[int]] = {"builds": set(), "jobs": set()}
    now = START
    for passed, reach, completed, tables in runs:
        now += passed
        state = json.loads(json.dumps(state))
        coverage = Coverage(state)
        since = (now - reach).replace(second=0)
        windows = missing(coverage.of("acme", tables), since, now)
        for window, done in zip(windows, completed, strict=False):
            if done:
                coverage.extend("acme", tables, window)
                for table in tables:
                    loaded[table] |= minute_set(window)
        for table in TABLES:
            claimed = Coverage(state).of("acme", [table])
            assert claimed is None or minute_set(claimed) <= loaded[table]
        if all(completed):
            claimed = Coverage(state).of("acme", tables)
            assert claimed is not None
            assert claimed.start <= since
            assert claimed.end == now
    both = Coverage(state).of("acme", TABLES)
    assert both is None or minute_set(both) <= loaded["builds"] & loaded["jobs"]


@given(runs=RUNS)
@examples(60)
def test_a_run_after_a_complete_one_asks_for_the_news_only(runs: list[tuple]) -> None:
    state: dict[str, Any] = {}
    now = START
    for passed, reach, *_ in runs:
        now += passed
        for window in missing(Coverage(state).of("acme", TABLES), now - reach, now):
            Coverage(state).extend("acme", TABLES, window)
    covered = Coverage(state).of("acme", TABLES)
    assert covered is not None
    (news,) = missing(covered, covered.start, now + timedelta(minutes=1))
    assert news.end - news.start == timedelta(minutes=11)


def test_nothing_is_covered_at_first() -> None:
    assert Coverage({}).of("acme", TABLES) is None


def test_no_table_has_no_coverage() -> None:
    state: dict[str, Any] = {}
    Coverage(state).extend("acme", [], Window(START, START + timedelta(days=1)))
    assert Coverage(state).of("acme", []) is None
    assert Coverage(state).of("acme", TABLES) is None


def test_a_table_selected_later_starts_from_nothing() -> None:
    state: dict[str, Any] = {}
    day = Window(START, START + timedelta(days=1))
    Coverage(state).extend("acme", ["builds"], day)
    assert Coverage(state).of("acme", ["builds"]) == day
    assert Coverage(state).of("acme", TABLES) is None


def test_lists_are_apart() -> None:
    state: dict[str, Any] = {}
    day = Window(START, START + timedelta(days=1))
    Coverage(state).extend("acme", TABLES, day)
    assert Coverage(state).of("acme/web", TABLES) is None
    assert Coverage(state).of("globex", TABLES) is None


def test_the_state_is_small_readable_json_in_the_given_dictionary() -> None:
    state: dict[str, Any] = {"other": 1}
    Coverage(state).extend("acme", TABLES, Window(START, START + timedelta(days=1)))
    times = ["2026-08-01T00:00:00Z", "2026-08-02T00:00:00Z"]
    assert state == {"other": 1, "covered": {"acme": {"builds": times, "jobs": times}}}
    assert json.loads(json.dumps(state)) == state
