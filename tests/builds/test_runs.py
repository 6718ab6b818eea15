"""Runs one after the other, some of them cut short: what they remember and what they ask for."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import Slice, SyncPlan, changes, history, recheck
from buildkite_source.states import MOVING_STATES, is_moving
from buildkite_source.windows import OVERLAP, Window, parse_until

from ..client.examples import examples

EPOCH = datetime(2026, 8, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

RUNS = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.integers(1, 2000),
        st.none() | st.integers(0, 500),
        st.lists(st.sampled_from([0.0, 0.3, 1.0, 1.0]), min_size=6, max_size=6),
    ),
    min_size=1,
    max_size=8,
)


def minutes(windows: list[Window]) -> set[int]:
    """The minutes that lie in windows, counted from EPOCH."""
    return {
        minute
        for window in windows
        for minute in range(
            int((window.start - EPOCH) / MINUTE), int((window.end - EPOCH) / MINUTE)
        )
    }


@given(runs=RUNS)
@examples(120)
def test_runs_that_end_early_claim_what_they_read_and_the_next_asks_for_the_rest(
    runs: list[tuple],
) -> None:
    state: dict[str, Any] = {}
    loaded: set[int] = set()
    now = EPOCH
    for passed, reach, until, progress in runs:
        now += passed * MINUTE
        state = json.loads(json.dumps(state))
        memory = ListMemory([state])
        since = now - (reach + (until or 0)) * MINUTE - OVERLAP
        plan = SyncPlan(since, now, until=None if until is None else now - until * MINUTE)
        known = memory.covered
        new = [slice_ for slice_ in changes(memory, plan) if slice_.name == "new"]
        assert all(slice_.window.start == known[-1].end for slice_ in new)
        for slice_, share in zip([*new, *history(memory, plan)], progress, strict=False):
            # Lists are read newest first, so what is missing of a slice is its older end.
            length = (slice_.window.end - slice_.window.start) / MINUTE
            read = Window(slice_.window.end - int(length * share) * MINUTE, slice_.window.end)
            # What may still show up counts as not loaded.
            settled = Window(read.start, min(read.end, now - OVERLAP))
            memory.cover(settled)
            loaded |= minutes([settled])
        assert minutes(ListMemory([state]).covered) == loaded
        wanted = minutes([Window(since, min(plan.until or now, now - OVERLAP))])
        slices = history(memory, plan)
        left = minutes([slice_.window for slice_ in slices])
        assert left - minutes([Window(plan.settled, now)]) == wanted - loaded


def loaded_memory(days: int = 9) -> tuple[ListMemory, datetime]:
    memory = ListMemory([{}])
    memory.cover(Window(EPOCH, EPOCH + days * DAY))
    return memory, EPOCH + days * DAY


def test_a_run_up_to_a_past_time_follows_no_changes() -> None:
    memory, now = loaded_memory()
    plan = SyncPlan(EPOCH - DAY, now + DAY, until=now - DAY)
    assert list(changes(memory, plan)) == []
    assert recheck(memory, plan) is None
    assert [slice_.window for slice_ in history(memory, plan)] == [Window(EPOCH - DAY, EPOCH)]


def test_the_passes_together_reach_every_loaded_build() -> None:
    memory, loaded_until = loaded_memory()
    memory.mark("finished", loaded_until - DAY)
    plan = SyncPlan(EPOCH, loaded_until + DAY, pages=3, open_days=4)
    new, moving, finished = changes(memory, plan)
    assert new == Slice("new", Window(loaded_until, plan.now), pages=3)
    assert moving.window == Window(plan.now - 4 * DAY, new.window.start)
    assert parse_qsl(moving.query[1:]) == [("state[]", state) for state in MOVING_STATES]
    assert finished.window == Window(EPOCH, new.window.start)
    assert parse_qsl(finished.query[1:]) == [("finished_from", "2026-08-08T23:55:00Z")]


def test_a_clock_that_goes_back_asks_for_no_empty_window() -> None:
    memory, now = loaded_memory()
    earlier = now - timedelta(hours=1)
    plan = SyncPlan(EPOCH, earlier)
    assert all(slice_.window for slice_ in changes(memory, plan))
    assert history(memory, plan) == []


@pytest.mark.parametrize(
    ("state", "blocked", "expected"),
    [
        *((state, False, True) for state in MOVING_STATES),
        *((state, False, False) for state in ("passed", "failed", "canceled", "skipped")),
        ("not_run", None, False),
        ("passed", True, False),
        ("running", True, False),
        (None, None, False),
        ("running", None, True),
        ("some_new_state", False, False),
    ],
)
def test_a_build_is_moving_while_it_runs_and_does_not_stand_blocked(
    state: str | None, blocked: bool | None, expected: bool
) -> None:
    assert is_moving(state, blocked) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1d", EPOCH - DAY),
        ("2026-07-01", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-08-01T02:00:00.9+02:00", EPOCH),
        ("2030-01-01", EPOCH),
        ("0d", EPOCH),
    ],
)
def test_the_end_of_a_span_is_never_later_than_now(text: str, expected: datetime) -> None:
    assert parse_until(text, EPOCH) == expected


def test_the_end_of_a_span_can_be_no_date() -> None:
    with pytest.raises(ValueError, match="no date and no duration"):
        parse_until("later", EPOCH)


def test_memory_is_small_readable_json() -> None:
    state: dict[str, Any] = {}
    memory = ListMemory([state])
    assert memory.covered == []
    assert memory.time("finished") is None
    memory.cover(Window(EPOCH, EPOCH + DAY))
    memory.mark("finished", EPOCH + timedelta(seconds=1, microseconds=5))
    memory.opened("b1", "2026-08-01T00:00:00Z")
    memory.opened("b2", "2026-08-01T00:00:00Z")
    memory.closed("b2")
    assert state == {
        "covered": [["2026-08-01T00:00:00Z", "2026-08-02T00:00:00Z"]],
        "finished": "2026-08-01T00:00:01Z",
        "open": {"b1": "2026-08-01T00:00:00Z"},
    }
    again = ListMemory([json.loads(json.dumps(state))])
    assert again.covered == [Window(EPOCH, EPOCH + DAY)]
    assert again.time("finished") == EPOCH + timedelta(seconds=1)
    assert again.open == {"b1": "2026-08-01T00:00:00Z"}


def test_tables_read_together_know_what_all_of_them_know() -> None:
    builds: dict[str, Any] = {}
    jobs: dict[str, Any] = {}
    ListMemory([builds]).cover(Window(EPOCH, EPOCH + 9 * DAY))
    ListMemory([jobs]).cover(Window(EPOCH + 2 * DAY, EPOCH + 3 * DAY))
    ListMemory([builds]).mark("finished", EPOCH)
    ListMemory([builds]).opened("b1", "2026-08-01T00:00:00Z")
    both = ListMemory([builds, jobs])
    assert both.covered == [Window(EPOCH + 2 * DAY, EPOCH + 3 * DAY)]
    assert both.time("finished") is None
    assert both.open == {"b1": "2026-08-01T00:00:00Z"}
    both.mark("finished", EPOCH + DAY)
    ListMemory([builds]).mark("finished", EPOCH + 2 * DAY)
    assert both.time("finished") == EPOCH + DAY
    both.cover(Window(EPOCH + 8 * DAY, EPOCH + 12 * DAY))
    assert ListMemory([builds]).covered == [Window(EPOCH, EPOCH + 12 * DAY)]
    both.closed("b1")
    assert both.open == {}
    jobs.clear()
    assert both.covered == []


def test_a_history_shorter_than_builds_take_to_show_up_begins_all_the_same() -> None:
    memory = ListMemory([{}])
    plan = SyncPlan(EPOCH + 9 * DAY - MINUTE, EPOCH + 9 * DAY)
    (first,) = history(memory, plan)
    assert first.window.end == plan.now
    memory.cover(Window(first.window.start, min(first.window.end, plan.settled)))
    assert history(memory, plan) == []
    later = SyncPlan(EPOCH + 10 * DAY - MINUTE, EPOCH + 10 * DAY)
    new, *_ = changes(memory, later)
    assert new.window == Window(plan.settled, later.now)


def test_a_table_that_is_not_loaded_knows_nothing() -> None:
    assert ListMemory([]).covered == []


def test_what_is_to_be_read_again_is_forgotten_and_nothing_else() -> None:
    memory, _ = loaded_memory()
    memory.forget(Window(EPOCH + DAY, EPOCH + 2 * DAY))
    assert memory.covered == [
        Window(EPOCH, EPOCH + DAY),
        Window(EPOCH + 2 * DAY, EPOCH + 9 * DAY),
    ]


def test_an_empty_window_covers_nothing() -> None:
    memory = ListMemory([{}])
    memory.cover(Window(EPOCH, EPOCH))
    assert memory.covered == []
