"""Agents are stopped, paused and resumed over HTTP, and show it."""

from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import Client

AGENTS = "/organizations/acme/agents"


def listed(api: Client) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in api.walk(AGENTS, per_page=100)}


def connected(api: Client) -> str:
    """Return an agent that is connected and not paused, and stays so for an hour."""
    return next(
        key
        for key, row in listed(api).items()
        if row["connection_state"] == "connected" and not row["paused"] and int(key[-2:], 16) % 9
    )


def working(api: Client, clock: ManualClock) -> dict[str, Any]:
    """Return a job that runs."""
    api.simulator.world.create_build("acme", "web", outcomes={"test": "passed"})
    clock.advance(seconds=40)
    build = api.get("/organizations/acme/pipelines/web/builds/1").json()
    assert build["jobs"][0]["state"] == "running"
    job: dict[str, Any] = build["jobs"][0]
    return job


def test_an_agent_is_stopped_at_once(api: Client, clock: ManualClock) -> None:
    job = working(api, clock)
    agent = job["agent"]["id"]
    stopped = api.request("PUT", f"{AGENTS}/{agent}/stop")
    assert (stopped.status_code, stopped.content) == (204, b"")
    assert agent not in listed(api)
    alone = api.get(f"{AGENTS}/{agent}").json()
    assert (alone["connection_state"], bool(alone["stopped_at"])) == ("stopped", True)
    path = "/organizations/acme/pipelines/web/builds"
    (build,) = api.get(path).json()
    assert build["jobs"][0]["agent"]["connection_state"] == "stopped"
    again = api.request("PUT", f"{AGENTS}/{agent}/stop")
    assert (again.status_code, again.json()) == (
        400,
        {"message": "Can only stop connected agents"},
    )


def test_an_agent_stops_when_its_job_is_done(api: Client, clock: ManualClock) -> None:
    job = working(api, clock)
    agent = job["agent"]["id"]
    path = f"{AGENTS}/{agent}/stop"
    assert api.request("PUT", path, json={"force": False}).status_code == 204
    assert listed(api)[agent]["connection_state"] == "stopping"
    assert api.request("PUT", path).status_code == 400
    clock.advance(minutes=20)
    assert agent not in listed(api)
    finished = api.get(f"/organizations/acme/jobs/{job['id']}").json()
    stopped = api.get(f"{AGENTS}/{agent}").json()
    assert stopped["connection_state"] == finished["agent"]["connection_state"] == "stopped"
    assert stopped["stopped_at"] == finished["finished_at"]


def test_a_pause_lasts_as_long_as_asked(api: Client, clock: ManualClock) -> None:
    agent = connected(api)
    sent = {"note": "Disk full", "timeout_in_minutes": 30}
    assert api.request("PUT", f"{AGENTS}/{agent}/pause", json=sent).status_code == 204
    row = listed(api)[agent]
    assert (row["paused"], row["paused_note"], row["paused_timeout_in_minutes"]) == (
        True,
        "Disk full",
        30,
    )
    assert row["connection_state"] == "connected"
    assert row["paused_by"] == api.get("/user").json()
    assert row["paused_at"]
    assert api.request("PUT", f"{AGENTS}/{agent}/pause").status_code == 422
    clock.advance(minutes=31)
    assert not api.get(f"{AGENTS}/{agent}").json()["paused"]
    assert api.request("PUT", f"{AGENTS}/{agent}/resume", json={}).status_code == 422


def test_a_pause_without_an_end(api: Client, clock: ManualClock) -> None:
    agent = connected(api)
    api.request("PUT", f"{AGENTS}/{agent}/pause")
    clock.advance(minutes=50)
    row = listed(api)[agent]
    assert (row["paused"], row["paused_timeout_in_minutes"]) == (True, None)
    assert api.request("PUT", f"{AGENTS}/{agent}/resume", json={}).status_code == 204
    assert listed(api)[agent]["paused"] is False
    api.simulator.switches.agent_pause_minutes = 5
    api.request("PUT", f"{AGENTS}/{agent}/pause")
    assert listed(api)[agent]["paused_timeout_in_minutes"] == 5


def test_one_that_is_looked_at_can_be_resumed(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.add_queue(world.organization("acme"), "large", agents=60)
    paused = [key for key, row in listed(api).items() if row["paused"]]
    assert api.request("PUT", f"{AGENTS}/{paused[0]}/resume").status_code == 204
    assert [key for key, row in listed(api).items() if row["paused"]] == paused[1:]


@pytest.mark.parametrize("withdrawn", ["stop", "pause"])
def test_jobs_go_to_other_agents(api: Client, clock: ManualClock, withdrawn: str) -> None:
    left = connected(api)
    for agent in listed(api):
        if agent != left:
            api.request("PUT", f"{AGENTS}/{agent}/{withdrawn}")
    for _ in range(6):
        api.simulator.world.create_build("acme", "deploy")
    clock.advance(minutes=10)
    builds = api.get("/organizations/acme/pipelines/deploy/builds").json()
    assert {build["jobs"][0]["agent"]["id"] for build in builds} == {left}


@pytest.mark.parametrize(
    ("move", "sent", "field"),
    [
        ("pause", {"timeout_in_minutes": "long"}, "timeout_in_minutes"),
        ("pause", {"timeout_in_minutes": 0}, "timeout_in_minutes"),
        ("pause", {"note": ["a"]}, "note"),
        ("stop", {"force": "yes"}, "force"),
    ],
    ids=str,
)
def test_what_is_not_understood(api: Client, move: str, sent: dict[str, Any], field: str) -> None:
    agent = connected(api)
    refused = api.request("PUT", f"{AGENTS}/{agent}/{move}", json=sent)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": field, "code": "invalid"}]


@pytest.mark.parametrize("move", ["stop", "pause", "resume"])
def test_no_agent_and_no_scope(api: Client, simulator: Simulator, move: str) -> None:
    answer = api.request("PUT", f"{AGENTS}/0198f0c2-1111-7000-8000-000000000042/{move}")
    assert (answer.status_code, answer.json()) == (404, {"message": "No agent found"})
    reader = simulator.add_token(scopes=("read_agents",))
    refused = api.request("PUT", f"{AGENTS}/{connected(api)}/{move}", reader)
    assert refused.status_code == 403
    assert "write_agents" in refused.json()["message"]
