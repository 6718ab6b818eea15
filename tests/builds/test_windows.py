import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import SyncPlan, changes, history, recheck
from buildkite_source.windows import (
    Window,
    common,
    from_api,
    gaps,
    parse_since,
    to_api,
    union,
    without,
)

from ..client.examples import examples

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.integers(0, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
WINDOWS = st.tuples(MOMENTS, MOMENTS).map(sorted).map(lambda pair: Window(*pair))
REAL_WINDOWS = WINDOWS.filter(lambda window: window.start < window.end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        ("2w", timedelta(weeks=2)),
        ("90m", timedelta(minutes=90)),
        (" 30d\n", timedelta(days=30)),
        ("007d", timedelta(days=7)),
    ],
)
def test_a_duration_counts_back_from_now(text: str, expected: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-07-01T04:05:06Z", datetime(2026, 7, 1, 4, 5, 6, tzinfo=UTC)),
        ("2026-07-01T04:05:06+02:00", datetime(2026, 7, 1, 2, 5, 6, tzinfo=UTC)),
        ("2026-07-01 04:05", datetime(2026, 7, 1, 4, 5, tzinfo=UTC)),
        (" 2026-07-01 ", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-08-01T05:30:00+02:00", datetime(2026, 8, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_date_or_time_is_utc_unless_it_says_otherwise(text: str, expected: datetime) -> None:
    since = parse_since(text, NOW)
    assert since == expected
    assert since.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "30",
        "d",
        "30y",
        "-30d",
        "1.5d",
        "30d12h",
        "01/08/2026",
        "2026-13-01",
        "all",
    ],
)
def test_anything_else_is_refused_with_the_forms_that_work(text: str) -> None:
    with pytest.raises(ValueError, match=r"no date and no duration\. .*2026-08-01.*30d"):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    "text", ["2026-08-02", "2026-08-01T04:00:00Z", "2026-08-01T04:00:00-01:00"]
)
def test_the_future_is_refused_and_now_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="lies in the future; it is 2026-08-01T04:00:00Z"):
        parse_since(text, NOW)


@given(
    text=st.text(max_size=12)
    | st.from_regex(r"\d{1,12}[mhdw]", fullmatch=True)
    | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?", fullmatch=True)
)
@example("99999999999999999999d")
@example("1000000d")
@example("0001-01-01")
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example("0d")
@example("٣d")
@examples(100)
def test_any_text_is_a_past_moment_or_a_value_error(text: str) -> None:
    try:
        since = parse_since(text, NOW)
    except ValueError:
        return
    assert since < NOW
    assert since.utcoffset() == timedelta(0)
    Window(since, NOW).params()


@given(moment=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))
@example(datetime(999, 12, 31, tzinfo=UTC))
@examples(100)
def test_api_times_keep_the_second_whatever_the_zone(moment: datetime) -> None:
    text = to_api(moment)
    assert len(text) == len("2026-08-01T04:00:00Z")
    assert from_api(text) == moment.astimezone(UTC).replace(microsecond=0)


def test_filters_are_whole_seconds_in_utc() -> None:
    start = datetime(2026, 8, 1, 6, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert Window(start, NOW + timedelta(days=1)).params() == {
        "created_from": "2026-08-01T04:00:00Z",
        "created_to": "2026-08-02T04:00:00Z",
    }


# Windows within a few seconds, so that every case of touching and overlapping comes up.
EPOCH = datetime(2026, 8, 1, tzinfo=UTC)
SMALL = st.builds(
    lambda start, length: Window(
        EPOCH + timedelta(seconds=start), EPOCH + timedelta(seconds=start + length)
    ),
    st.integers(0, 40),
    st.integers(0, 12),
)


def seconds(windows: list[Window]) -> set[int]:
    """The seconds that windows hold, one by one."""
    return {
        second
        for window in windows
        for second in range(
            int((window.start - EPOCH).total_seconds()), int((window.end - EPOCH).total_seconds())
        )
    }


@given(windows=st.lists(SMALL, max_size=6))
@examples(150)
def test_a_union_holds_the_same_moments_in_disjoint_order(windows: list[Window]) -> None:
    joined = union(windows)
    assert seconds(joined) == seconds(windows)
    assert all(earlier.end < later.start for earlier, later in itertools.pairwise(joined))


@given(covered=st.lists(SMALL, max_size=6), span=SMALL)
@examples(150)
def test_gaps_and_covered_make_up_the_span_without_overlap(
    covered: list[Window], span: Window
) -> None:
    missing = gaps(covered, span)
    assert seconds(missing) == seconds([span]) - seconds(covered)
    assert missing == sorted(missing, reverse=True)
    assert all(missing)


@given(
    window=SMALL.filter(bool),
    oldest=st.lists(st.integers(0, 10**9), max_size=8),
)
@examples(150)
def test_cutting_again_and_again_covers_a_window_without_gap(
    window: Window, oldest: list[int]
) -> None:
    """However few builds each reading brings, what is read and what is left make the whole."""
    read, left = [], window
    for fraction in oldest:
        if not left:
            break
        span = (left.end - left.start).total_seconds()
        moment = left.start + timedelta(seconds=span * fraction / 10**9)
        part, rest = left.cut(moment)
        assert seconds([part]).isdisjoint(seconds([rest]))
        # The second of the oldest build is left: it may hold more.
        assert rest.start <= moment < rest.end or moment >= left.end
        read.append(part)
        left = rest
    assert seconds([*read, left]) == seconds([window])


@given(windows=st.lists(SMALL.filter(bool), max_size=6))
@examples(100)
def test_memory_claims_what_was_loaded_and_no_more(windows: list[Window]) -> None:
    state: dict[str, Any] = {}
    for window in windows:
        ListMemory([state]).cover(window)
    assert seconds(ListMemory([state]).covered) == seconds(windows)


@given(windows=st.lists(SMALL, max_size=6), others=st.lists(SMALL, max_size=6), left_out=SMALL)
@examples(150)
def test_windows_are_cut_second_by_second(
    windows: list[Window], others: list[Window], left_out: Window
) -> None:
    assert seconds(common(windows, others)) == seconds(windows) & seconds(others)
    assert seconds(without(windows, left_out)) == seconds(windows) - seconds([left_out])


def test_a_run_asks_for_news_then_for_changes() -> None:
    memory = ListMemory([{}])
    memory.cover(Window(EPOCH, EPOCH + timedelta(days=1)))
    memory.mark("finished", EPOCH + timedelta(days=1))
    plan = SyncPlan(since=EPOCH, now=EPOCH + timedelta(days=2))
    new, moving, finished = changes(memory, plan)
    assert [new.name, moving.name, finished.name] == ["new", "open", "finished"]
    assert new.window == Window(EPOCH + timedelta(days=1), plan.now)
    assert moving.window.end == finished.window.end == new.window.start
    assert "finished_from=2026-08-01T23%3A55%3A00Z" in finished.query


def test_nothing_loaded_is_all_history() -> None:
    plan = SyncPlan(since=EPOCH, now=EPOCH + timedelta(days=2))
    memory = ListMemory([{}])
    assert list(changes(memory, plan)) == []
    assert [s.window for s in history(memory, plan)] == [Window(EPOCH, plan.now)]
    assert recheck(memory, plan) is None


def test_the_recheck_comes_once_a_day() -> None:
    memory = ListMemory([{}])
    now = EPOCH + timedelta(days=9)
    memory.cover(Window(EPOCH, now))
    memory.mark("rechecked", now - timedelta(hours=23))
    assert recheck(memory, SyncPlan(since=EPOCH, now=now)) is None
    due = recheck(memory, SyncPlan(since=EPOCH, now=now + timedelta(hours=1)))
    assert due
    assert due.window.start == now + timedelta(hours=1) - timedelta(days=7)
    assert recheck(memory, SyncPlan(since=EPOCH, now=now, recheck_days=0)) is None
