"""Agents are those that run the jobs; they come and go with the clock."""

from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import Client

AGENTS = "/organizations/acme/agents"


@pytest.fixture
def at_work(simulator: Simulator, clock: ManualClock) -> dict[str, Any]:
    """A job that an agent runs."""
    simulator.world.create_build("acme", "web")
    clock.advance(seconds=40)
    (job,) = [row for row in simulator.world.truth()["jobs"] if row.get("state") == "running"]
    return job


def test_the_agent_of_a_job_is_listed_with_it(api: Client, at_work: dict[str, Any]) -> None:
    embedded = at_work["agent"]
    (agent,) = [row for row in api.walk(AGENTS, per_page=100) if row["id"] == embedded["id"]]
    same = embedded.keys() - {"job"}
    assert {name: agent[name] for name in same} == {name: embedded[name] for name in same}
    assert agent["job"]["id"] == at_work["id"]
    assert agent["job"]["agent"] is None
    assert agent["last_job_finished_at"] is None
    assert agent["queue"] == "default"


def test_an_agent_remembers_when_it_finished(
    api: Client, clock: ManualClock, at_work: dict[str, Any]
) -> None:
    clock.advance(minutes=30)
    agent = api.get(at_work["agent"]["url"]).json()
    job = api.get(f"/organizations/acme/jobs/{at_work['id']}").json()
    assert agent["job"] is None
    assert agent["last_job_finished_at"] == job["finished_at"]


def test_filters(api: Client) -> None:
    world = api.simulator.world
    other = world.add_queue(world.organization("acme"), "mac", "Apple", os="darwin", agents=2)
    agents = api.walk(AGENTS, per_page=100)
    chosen = agents[3]
    for name in ("name", "hostname", "version"):
        found = api.walk(AGENTS, per_page=100, **{name: chosen[name]})
        assert found == [row for row in agents if row[name] == chosen[name]]
        assert api.get(AGENTS, **{name: chosen[name][:-1]}).json() == []
    macs = api.walk(AGENTS, per_page=100, cluster_queue_id=other.id)
    assert macs == [row for row in agents if row["queue"] == "mac"]
    assert macs


def test_agents_come_and_go_but_each_can_be_had(api: Client, clock: ManualClock) -> None:
    seen: dict[str, dict[str, Any]] = {}
    first = {row["id"] for row in api.walk(AGENTS, per_page=100)}
    for _ in range(30):
        listed = {row["id"]: row for row in api.walk(AGENTS, per_page=100)}
        assert {row["connection_state"] for row in listed.values()} <= {"connected", "stopping"}
        seen |= listed
        clock.advance(hours=1)
    present = {row["id"] for row in api.walk(AGENTS, per_page=100)}
    gone = [api.get(f"{AGENTS}/{each}").json() for each in seen if each not in present]
    assert present.isdisjoint(first)
    assert {row["connection_state"] for row in gone} == {"disconnected", "stopped", "lost"}
    for row in gone:
        left = [row[name] for name in ("disconnected_at", "stopped_at", "lost_at") if row[name]]
        assert len(left) == 1
        assert left[0] > row["connected_at"]


def test_some_stop_gracefully(api: Client, clock: ManualClock) -> None:
    clock.advance(hours=3, minutes=15)
    states: set[str] = set()
    for _ in range(12):
        states |= {row["connection_state"] for row in api.walk(AGENTS, per_page=100)}
        clock.advance(minutes=3)
    assert states == {"connected", "stopping"}


def test_some_are_paused(api: Client) -> None:
    world = api.simulator.world
    world.add_queue(world.organization("acme"), "large", agents=60)
    rows = api.walk(AGENTS, per_page=100)
    assert {row["paused"] for row in rows} == {True, False}
    for row in rows:
        assert (row["paused_at"] is not None) == row["paused"]
        assert row["paused_timeout_in_minutes"] == (60 if row["paused"] else None)


def test_what_is_no_agent(api: Client, clock: ManualClock) -> None:
    for wrong in ("nonsense", "0198f0c2-1111-7000-8000-000000000042"):
        answer = api.get(f"{AGENTS}/{wrong}")
        assert (answer.status_code, answer.json()) == (404, {"message": "No agent found"})
    clock.advance(hours=13)
    newest = api.get(AGENTS, per_page=1).json()[0]["id"]
    with Simulator(api.simulator.world.config, clock=ManualClock()) as earlier:
        assert Client(earlier).get(f"{AGENTS}/{newest}").status_code == 404
