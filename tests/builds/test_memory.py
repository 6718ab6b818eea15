"""Tables read together: each remembers all of it, for the day when one is read alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from buildkite_source.builds.memory import ListMemory
from buildkite_source.windows import Window

EPOCH = datetime(2026, 8, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_each_table_remembers_all_that_was_read_for_both() -> None:
    builds: dict[str, Any] = {}
    jobs: dict[str, Any] = {}
    both = ListMemory([builds, jobs])
    both.cover(Window(EPOCH, EPOCH + 3 * DAY))
    both.forget(Window(EPOCH, EPOCH + DAY))
    both.opened("b1", "2026-08-02T00:00:00Z")
    both.opened("b2", "2026-08-02T00:00:00Z")
    both.closed("b2")
    both.mark("finished", EPOCH + 3 * DAY)
    assert (
        builds
        == jobs
        == {
            "covered": [["2026-08-02T00:00:00Z", "2026-08-04T00:00:00Z"]],
            "open": {"b1": "2026-08-02T00:00:00Z"},
            "finished": "2026-08-04T00:00:00Z",
        }
    )


def test_what_any_of_the_tables_saw_unsettled_is_followed() -> None:
    kept: list[dict[str, Any]] = [{"open": {"b1": "one"}}, {}, {"open": {"b3": "three"}}]
    assert ListMemory(kept).open == {"b1": "one", "b3": "three"}


def test_windows_that_touch_are_remembered_as_one() -> None:
    kept: dict[str, Any] = {}
    for day in (2, 0, 1):
        ListMemory([kept]).cover(Window(EPOCH + day * DAY, EPOCH + (day + 1) * DAY))
    assert kept == {"covered": [["2026-08-01T00:00:00Z", "2026-08-04T00:00:00Z"]]}
