"""Builds that stand blocked: read again once a day, within a bound."""

import pytest

from buildkite_source.client import Refusal
from buildkite_source.windows import to_api

from .conftest import DAY, HOUR, NOW, Runs, build


@pytest.fixture
def standing(runs: Runs) -> Runs:
    """Two builds that are loaded as blocked."""
    runs.blocked = {"s": NOW - 2 * HOUR, "t": NOW - 2 * DAY}
    return runs


def test_builds_that_stand_blocked_are_read_once_a_day(standing: Runs) -> None:
    standing.run(NOW + 23 * HOUR, {}, recheck_days=0)
    assert "standing" not in standing.passes
    blocked = [build(key, at, "passed", blocked=True) for key, at in standing.blocked.items()]
    standing.run(NOW + DAY, {"standing": blocked}, recheck_days=0)
    assert standing.passes == ["new", "open", "finished", "standing"]
    (row,) = (row for _, row in standing.rows if row.get("pass") == "standing")
    assert (row["created_from"], row["filters"]) == (to_api(NOW - 2 * DAY), "state%5B%5D=blocked")
    assert (standing.missing, standing.kept["open"]) == ([], {})
    standing.run(NOW + DAY + 23 * HOUR, {}, recheck_days=0)
    assert standing.passes == ["new", "open", "finished"]


def test_a_standing_build_that_another_pass_returns_is_not_asked_for(standing: Runs) -> None:
    again = [build(key, at, "passed", blocked=True) for key, at in standing.blocked.items()]
    standing.run(NOW + DAY, {"finished": again[:1], "recheck": again[1:]})
    assert standing.passes == ["new", "open", "finished", "lost", "recheck"]
    assert standing.kept["stood"] == to_api(NOW + DAY)


def test_a_build_that_stands_no_more_is_asked_for_and_may_be_gone(standing: Runs) -> None:
    unblocked = [build("s", NOW - 2 * HOUR, "passed")]
    standing.kept["open"].clear()
    answers = {"standing": [], "lost": unblocked}
    standing.run(NOW + DAY, answers, recheck_days=0)
    assert standing.passes == ["new", "open", "finished", "standing", "lost"]
    assert standing.missing == ["t"]


def test_what_does_not_fit_into_the_requests_for_blocked_builds_is_counted(
    standing: Runs,
) -> None:
    standing.kept["open"].clear()
    # A page that others follow, and of which no more is asked.
    standing.blocked["r"] = NOW - HOUR
    page = tuple(build(key, standing.blocked[key], "passed", blocked=True) for key in "rs")
    standing.run(NOW + DAY, {"standing": page}, recheck_days=0, blocked_requests=1)
    assert standing.passes == ["new", "open", "finished", "standing"]
    assert standing.read is not None
    assert (standing.read.left_out, standing.read.standing) == (0, 1)
    assert standing.missing == []
    # The bound is one a day, not one a run.
    assert standing.kept["stood"] == to_api(NOW + DAY)


def test_a_run_that_is_stopped_has_not_read_what_stands(standing: Runs) -> None:
    standing.kept["open"].clear()
    standing.run(NOW + DAY, {"standing": Refusal.STOPPED}, recheck_days=0)
    assert standing.missing == []
    assert standing.kept["stood"] == to_api(NOW)
