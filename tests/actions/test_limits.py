"""What is allowed, and how much: refusals are rows, and what is real is counted by the ledger."""

from typing import Any

import pytest

from buildkite_source.actions import Outcome, Status
from buildkite_source.settings import SettingError

from .conftest import ORGANIZATION, Acts, of

WEB = {"organization": ORGANIZATION, "pipeline": "mobile-app"}


_FORBIDDING: tuple[tuple[dict[str, Any], str], ...] = (
    ({"actions": None}, "annotate is not allowed: add it to the setting actions"),
    ({"actions": ["rebuild"]}, "annotate is not allowed"),
    (
        {"actions": None, "pipelines": None},
        "the setting actions; lumen-freight/",
    ),
    ({"pipelines": None}, "is not allowed: add it to the setting pipelines"),
    ({"pipelines": ["lumen-freight/none"]}, "is not allowed"),
    ({"pipelines": ["other/*"]}, "is not allowed"),
)


def note(act: Acts, number: int, key: str) -> dict[str, Any]:
    build = of(act.builds("passed")[number])
    return {"key": key, "action": "annotate", **build, "body": "x", "context": key}


def test_what_is_not_allowed_is_refused_and_nothing_is_sent(act: Acts) -> None:
    row = note(act, 0, "k")
    act.loader.simulator.requests.clear()
    for settings, says in _FORBIDDING:
        (outcome,) = act(row, **settings)
        assert outcome.status is Status.REFUSED, settings
        assert says in outcome.told
    assert not act.loader.simulator.requests
    assert act.ledger()["k"]["status"] == "refused"


def test_a_pipeline_by_name_is_neither_its_neighbour_nor_the_organization(act: Acts) -> None:
    rows = [
        {"key": "own", "action": "update_pipeline", **WEB, "description": "x"},
        {"key": "other", "action": "archive_pipeline", **WEB, "pipeline": "orders-api"},
        {"key": "agent", "action": "stop_agent", "organization": ORGANIZATION, "agent_id": "x"},
    ]
    outcomes = act(*rows, pipelines=[f"{ORGANIZATION}/mobile-app"])
    assert [one.status for one in outcomes] == [Status.DONE, Status.REFUSED, Status.REFUSED]


def test_no_more_than_so_many_in_a_run_an_hour_and_on_one_build(act: Acts) -> None:
    def refused(outcomes: list[Outcome]) -> list[str]:
        return [one.error for one in outcomes if one.status is Status.REFUSED and one.error]

    rows = [note(act, 0, f"run/{n}") for n in range(3)]
    assert "max_in_run" in refused(act(*rows, max_in_run=2, dry=True))[0]
    assert "max_in_run" in refused(act(*rows, max_in_run=2))[0]
    (says,) = refused(act(rows[2], max_an_hour=2))
    assert "max_an_hour" in says
    act.later(3601)
    (says,) = refused(act(rows[2], max_an_hour=2, max_per_build=2))
    assert "max_per_build" in says
    # What was refused is no obstacle once there is room.
    (outcome,) = act(rows[2], max_an_hour=2, max_per_build=3)
    assert outcome.status is Status.DONE
    assert len(act.writes) == 3


def test_settings_that_cannot_be_meant(act: Acts) -> None:
    with pytest.raises(SettingError, match=r"'retry'.*there are create_build"):
        act(actions=["retry"])


def test_a_key_stands_for_one_thing(act: Acts) -> None:
    first, other = note(act, 0, "k"), {**note(act, 1, "k"), "context": "k"}
    twice = act(first, other)
    assert twice[0] == twice[1]
    (told,) = act(other)
    assert "its key k stands for annotate" in told.told
    assert told.status is Status.REFUSED
    assert len(act.writes) == 1
    # A row that asks for nothing that could be done changes nothing either.
    act({"key": "k", "action": "nonsense"})
    assert act.ledger()["k"]["status"] == "done"


def test_one_that_is_in_doubt_and_no_longer_allowed_is_looked_up_and_refused(act: Acts) -> None:
    simulator, row = act.loader.simulator, note(act, 0, "k")
    simulator.faults.add(match="/annotations", kind="reset")
    assert act(row)[0].status is Status.UNKNOWN
    act.later(61)
    (outcome,) = act(row, actions=["rebuild"])
    assert outcome.status is Status.REFUSED
    assert len(act.writes) == 1


def test_a_reading_token_that_may_not_read_leaves_it_in_doubt(act: Acts) -> None:
    simulator, row = act.loader.simulator, note(act, 0, "k")
    simulator.faults.add(match="/annotations", kind="reset")
    act(row)
    act.later(61)
    simulator.faults.add(match="/annotations", kind="status", status=403)
    (outcome,) = act(row)
    assert outcome.status is Status.UNKNOWN
    assert "read_builds" in outcome.told
    (looked_at,) = act(row, dry=True)
    assert "looked up" in looked_at.told
    assert len(act.writes) == 1
