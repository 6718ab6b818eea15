"""Answers of any endpoint as text, and lists to their end, against the simulator."""

import json
from collections.abc import Iterator

import pytest

from buildkite_simulator import HOSTILE_NAMES, ManualClock, Simulator, Step, WorldConfig
from buildkite_source.client import (
    BuildkiteError,
    BuildkiteSession,
    ForbiddenError,
    ForeignHostError,
    NotFoundError,
    UnexpectedBodyError,
    answer_of,
    every_item,
)

HOSTILE = "\x9b\x7f\u202e👾 ünit"
BUILDS = "organizations/acme/pipelines/web/builds"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Seven builds of a pipeline with a hostile step."""
    with Simulator(WorldConfig.empty(), clock=ManualClock()) as running:
        running.world.add_pipeline("acme", "web", (Step(key="a", label=HOSTILE),))
        for _ in range(7):
            running.world.create_build("acme", "web")
        yield running


@pytest.fixture
def session(simulator: Simulator) -> Iterator[BuildkiteSession]:
    with BuildkiteSession(simulator.token, simulator.base_url) as opened:
        yield opened


def listed(session: BuildkiteSession, address: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(f"[{','.join(every_item(session, address))}]")
    return found


def test_pages_by_number(simulator: Simulator, session: BuildkiteSession) -> None:
    builds = listed(session, f"{BUILDS}?per_page=3")
    assert [build["number"] for build in builds] == [7, 6, 5, 4, 3, 2, 1]
    assert [request.params.get("page") for request in simulator.requests] == [None, "2", "3"]


def test_pages_by_cursor(simulator: Simulator, session: BuildkiteSession) -> None:
    events = "organizations/acme/audit_events"
    everything = simulator.world.truth(include=["audit_events"])["audit_events"]
    assert [row["uuid"] for row in listed(session, f"{events}?per_page=1")] == [
        row["uuid"] for row in everything
    ]
    assert len(simulator.requests) == len(everything) > 1


def test_what_is_no_list_is_itself(session: BuildkiteSession) -> None:
    (organization,) = listed(session, "organizations/acme")
    assert organization == json.loads(answer_of(session, "organizations/acme"))
    page = json.loads(answer_of(session, "organizations/acme/audit_events"))
    assert set(page) == {"items", "links"}


def test_nothing_reaches_a_terminal_but_ascii(
    simulator: Simulator, session: BuildkiteSession
) -> None:
    simulator.world.plant_hostile_names("acme")
    for address in (f"{BUILDS}/1", "organizations/acme/members"):
        for text in (answer_of(session, address), *every_item(session, address)):
            assert text.isascii()
            assert text.replace("\n", "").isprintable()
    label = json.loads(answer_of(session, f"{BUILDS}/1"))["jobs"][0]["name"]
    assert label == HOSTILE
    names = {member["name"] for member in listed(session, "organizations/acme/members")}
    assert names >= set(HOSTILE_NAMES)


def test_the_token_does_not_come_back(simulator: Simulator, session: BuildkiteSession) -> None:
    echo = json.dumps([{"name": simulator.token}]).encode()
    simulator.faults.add(match="/builds", kind="body", body=echo, times=2)
    assert answer_of(session, BUILDS) == '[{"name": "***"}]'
    assert list(every_item(session, BUILDS)) == ['{"name": "***"}']


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "link_loop", "times": None}, UnexpectedBodyError),
        ({"kind": "endless", "times": None}, UnexpectedBodyError),
        ({"kind": "foreign_link"}, ForeignHostError),
        ({"kind": "redirect"}, ForeignHostError),
        ({"kind": "status", "status": 403, "body": b'{"message":"Forbidden"}'}, ForbiddenError),
    ],
    ids=lambda each: str(each)[:20],
)
def test_lists_that_go_wrong(
    simulator: Simulator,
    session: BuildkiteSession,
    fault: dict[str, object],
    error: type[BuildkiteError],
) -> None:
    simulator.faults.add(match="/builds", **fault)  # type: ignore[arg-type]
    with pytest.raises(error):
        list(every_item(session, f"{BUILDS}?per_page=3"))


def test_a_list_that_ignores_pages_comes_once(
    simulator: Simulator, session: BuildkiteSession
) -> None:
    simulator.switches.unclear_lists = "page_ignored"
    for name in ("Bo", "Cy", "Di"):
        simulator.world.add_user(simulator.world.organization("acme"), name)
    members = listed(session, "organizations/acme/members?per_page=2")
    assert len(members) == len({str(member["id"]) for member in members}) == 4


def test_what_is_not_there(session: BuildkiteSession) -> None:
    with pytest.raises(NotFoundError, match="No build found"):
        answer_of(session, f"{BUILDS}/99")
