"""Which passes a run makes, and over which windows, where the simplest case is not enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import (
    Slice,
    SyncPlan,
    changes,
    history,
    lost,
    recheck,
    standing,
)
from buildkite_source.windows import Window

EPOCH = datetime(2026, 8, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def memory_of(*windows: Window) -> ListMemory:
    memory = ListMemory([{}])
    for window in windows:
        memory.cover(window)
    return memory


def with_a_gap() -> ListMemory:
    """Two days, and two more after a gap, such as a limited run leaves."""
    return memory_of(Window(EPOCH, EPOCH + 2 * DAY), Window(EPOCH + 3 * DAY, EPOCH + 5 * DAY))


def test_builds_on_both_sides_of_a_gap_are_followed() -> None:
    _, moving, finished = changes(with_a_gap(), SyncPlan(EPOCH, EPOCH + 6 * DAY))
    assert moving.window == finished.window == Window(EPOCH, EPOCH + 5 * DAY)


def test_every_state_that_is_not_final_is_asked_for() -> None:
    _, moving, _ = changes(with_a_gap(), SyncPlan(EPOCH, EPOCH + 6 * DAY))
    states = {state for _, state in moving.filters}
    assert states == {"creating", "scheduled", "running", "failing", "canceling"}


def test_both_sides_of_a_gap_are_read_again() -> None:
    again = recheck(with_a_gap(), SyncPlan(EPOCH, EPOCH + 6 * DAY))
    assert again == Slice("recheck", Window(EPOCH, EPOCH + 5 * DAY))


def test_no_pass_asks_for_builds_older_than_what_is_loaded() -> None:
    memory = memory_of(Window(EPOCH + 4 * DAY, EPOCH + 5 * DAY))
    plan = SyncPlan(EPOCH + 4 * DAY, EPOCH + 5 * DAY)
    passes = [*changes(memory, plan), recheck(memory, plan)]
    assert {slice_.window for slice_ in passes if slice_} == {memory.covered[0]}


def test_after_a_long_pause_no_window_is_empty_and_what_has_finished_is_asked_for() -> None:
    memory = memory_of(Window(EPOCH, EPOCH + DAY))
    plan = SyncPlan(EPOCH, EPOCH + 200 * DAY)
    assert [slice_.name for slice_ in changes(memory, plan)] == ["new", "finished"]
    assert recheck(memory, plan) is None


def test_a_clock_before_all_that_is_loaded_asks_for_nothing() -> None:
    memory = memory_of(Window(EPOCH, EPOCH + DAY))
    assert list(changes(memory, SyncPlan(EPOCH - 2 * DAY, EPOCH - DAY))) == []


def test_the_recheck_is_due_where_there_was_none() -> None:
    memory = memory_of(Window(EPOCH, EPOCH + 9 * DAY))
    again = recheck(memory, SyncPlan(EPOCH, EPOCH + 9 * DAY, recheck_days=2))
    assert again == Slice("recheck", Window(EPOCH + 7 * DAY, EPOCH + 9 * DAY))


def test_lost_builds_are_asked_for_by_a_page_from_the_newest_down() -> None:
    all_of_them = Slice("lost", Window(EPOCH, EPOCH + HOUR + SECOND), pages=1)
    assert lost([EPOCH, EPOCH + HOUR, EPOCH + MINUTE]) == all_of_them
    assert lost([EPOCH]) == Slice("lost", Window(EPOCH, EPOCH + SECOND), pages=1)
    assert lost([]) is None


def test_what_stands_blocked_is_read_once_a_day_and_not_for_ever() -> None:
    memory = memory_of(Window(EPOCH, EPOCH + 9 * DAY))
    plan = SyncPlan(EPOCH, EPOCH + 9 * DAY, open_days=4, blocked_requests=7)
    window = Window(EPOCH + 5 * DAY, EPOCH + 9 * DAY)
    blocked = Slice("standing", window, (("state[]", "blocked"),), pages=7)
    assert standing(memory, plan) == blocked
    memory.mark("stood", EPOCH + 8 * DAY + SECOND)
    assert standing(memory, plan) is None
    memory.mark("stood", EPOCH + 8 * DAY)
    assert standing(memory, plan) == blocked
    assert standing(memory, replace(plan, blocked_requests=0)) is None
    assert standing(memory, replace(plan, until=EPOCH + DAY)) is None
    assert standing(ListMemory([{}]), plan) is None


@pytest.mark.parametrize("until", [None, EPOCH + 6 * DAY])
def test_the_history_brings_what_is_not_settled_where_nothing_newer_is_loaded(
    until: datetime | None,
) -> None:
    now = EPOCH + 6 * DAY + MINUTE
    plan = SyncPlan(EPOCH, now, until=until, pages=3)
    first = Slice("history", Window(EPOCH, until or now), pages=3)
    assert history(ListMemory([{}]), plan) == [first]
    later = memory_of(Window(plan.settled, now))
    assert [slice_.window.end for slice_ in history(later, plan)] == [plan.settled]


def test_only_the_newest_part_of_the_history_brings_what_is_not_settled() -> None:
    plan = SyncPlan(EPOCH - DAY, EPOCH + 5 * DAY + 5 * MINUTE)
    older = [Window(EPOCH + 2 * DAY, EPOCH + 3 * DAY), Window(EPOCH - DAY, EPOCH)]
    assert [slice_.window for slice_ in history(with_a_gap(), plan)] == older
