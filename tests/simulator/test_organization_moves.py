"""What the clock and the moves of administrators change on the organization side."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock, RefusedError, Simulator, WorldConfig
from buildkite_simulator.world.invitations import invitations_of

from .conftest import Client

ACME = "/organizations/acme"
EVENTS = """{ organization(slug: "acme") { auditEvents(%s) {
  count pageInfo { hasNextPage endCursor }
  edges { node { uuid type occurredAt actor { uuid } subject { type uuid name } data } }
} } }"""


def events(simulator: Simulator) -> list[dict[str, Any]]:
    return simulator.world.truth("acme", include=["audit_events"])["audit_events"]


def test_pausing_a_queue(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    cluster = api.get(f"{ACME}/clusters").json()[0]
    world.pause_queue("acme", "default", "Disk full")
    (queue,) = api.get(cluster["queues_url"]).json()
    assert queue["dispatch_paused"]
    assert queue["dispatch_paused_note"] == "Disk full"
    assert queue["dispatch_paused_by"] == api.get("/user").json()
    with pytest.raises(RefusedError, match="already paused"):
        world.pause_queue("acme", "default")
    clock.advance(minutes=5)
    world.resume_queue("acme", "default")
    (queue,) = api.get(cluster["queues_url"]).json()
    assert not queue["dispatch_paused"]
    assert queue["dispatch_paused_at"] is queue["dispatch_paused_note"] is None
    with pytest.raises(RefusedError, match="not paused"):
        world.resume_queue("acme", "default")
    types = [event["type"] for event in events(api.simulator)[:2]]
    assert types == ["ClusterQueueDispatchResumedEvent", "ClusterQueueDispatchPausedEvent"]


def test_queues_rest_on_sunday_night(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    queue = world.add_queue(world.organization("acme"), "deploy", "Production")
    paused = []
    for _ in range(24 * 14):
        clock.advance(minutes=30)
        rows = world.truth(include=["cluster_queues"])["cluster_queues"]
        if [row for row in rows if row["id"] == queue.id and row["dispatch_paused"]]:
            paused.append(clock.now())
    assert paused
    assert {moment.strftime("%A") for moment in paused} == {"Sunday"}
    assert any(event["subject"]["uuid"] == queue.id for event in events(api.simulator))


def test_the_audit_log_tells_of_moves_and_never_changes(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    before = events(api.simulator)
    clock.advance(days=1)
    pipeline = world.pipeline("acme", "web")
    world.rename_pipeline("acme", "web", "shop", "Shop")
    world.archive_pipeline("acme", "shop")
    clock.advance(minutes=1)
    world.unarchive_pipeline("acme", "shop")
    world.delete_pipeline("acme", "shop")
    clock.advance(days=40)
    after = events(api.simulator)
    known = {event["uuid"]: event for event in after}
    assert len(known) == len(after) > len(before) + 5
    assert [known[event["uuid"]] for event in before] == before
    told = [row["type"] for row in after if row["subject"]["uuid"] == pipeline.id]
    assert sorted(told) == [
        "PipelineArchivedEvent",
        "PipelineCreatedEvent",
        "PipelineDeletedEvent",
        "PipelineUnarchivedEvent",
        "PipelineUpdatedEvent",
    ]
    (update,) = [row for row in after if row["type"] == "PipelineUpdatedEvent"]
    assert update["data"] == {"changes": {"slug": ["web", "shop"]}}
    assert update["subject"]["type"] == "PIPELINE"


def test_the_audit_log_survives_any_moves(clock: ManualClock) -> None:
    with Simulator(WorldConfig.tiny(), clock=clock) as simulator:
        world, rng, before = simulator.world, Random(2), []
        for _ in range(4):
            world.random_moves(rng, 15)
            clock.advance(days=rng.choice([1, 9]))
            after = world.truth(include=["audit_events"])["audit_events"]
            known = {event["uuid"]: event for event in after}
            assert len(known) == len(after)
            assert [known.get(event["uuid"]) for event in before] == before
            before = after


def test_invitations_lapse(api: Client, clock: ManualClock) -> None:
    pending = api.get(f"{ACME}/invitations").json()["items"]
    assert {row["state"] for row in pending} == {"pending"}
    clock.advance(days=31)
    later = api.get(f"{ACME}/invitations").json()["items"]
    assert not {row["id"] for row in pending} & {row["id"] for row in later}
    states = set()
    for row in pending:
        now = api.get(row["url"]).json()
        states.add(now["state"])
        assert now[f"{now['state']}_at"] is not None
    assert states <= {"revoked", "expired"}


def test_a_cursor_outlives_its_invitation(api: Client, clock: ManualClock) -> None:
    first = api.get(f"{ACME}/invitations", per_page=1).json()
    clock.advance(days=31)
    after = api.get(first["links"]["next"])
    assert after.status_code == 200
    assert after.json()["items"] == []
    before = api.get(first["links"]["next"].replace("after=", "before=").replace("=1&", "=100&"))
    assert before.json()["items"] == api.get(f"{ACME}/invitations").json()["items"]


def test_members_accepted_their_invitation(api: Client) -> None:
    world = api.simulator.world
    owner = world.organization("acme")
    user = world.add_user(owner, "Noah Kim")
    (accepted,) = [row for row in invitations_of(owner, world.catch_up()) if row.user is user]
    row = api.get(f"{ACME}/invitations/{accepted.id}").json()
    assert (row["state"], row["email"]) == ("accepted", "noah@acme.example")
    assert row["accepted_by"] == {"id": user.id, "name": "Noah Kim", "email": user.email}
    assert row["revoked_at"] is row["expired_at"] is None


def test_rows_that_the_clock_moves(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.add_queue(world.organization("acme"), "mac", "Apple", os="darwin", agents=2)
    names = ["pipeline_templates", "cluster_secrets", "cluster_tokens", "cache_volumes",
             "agent_images"]  # fmt: skip
    before = world.truth(include=names)
    clock.advance(days=50)
    after = world.truth(include=names)
    for name in names:
        assert before[name] != after[name]
    for row, later in zip(before["pipeline_templates"], after["pipeline_templates"], strict=True):
        moved = row["updated_at"] < later["updated_at"]
        assert moved == row["available"]
        assert (row["configuration"] != later["configuration"]) == moved


def test_a_schedule(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    schedule = world.add_schedule("acme", "web", hour=3, label="Nightly", env={"A": "1"})
    path = f"{ACME}/pipelines/web/schedules/{schedule.id}"
    row = api.get(path).json()
    assert (row["cronline"], row["commit"], row["env"]) == ("0 3 * * *", "HEAD", {"A": "1"})
    assert row["next_build_at"] == "2026-08-06T03:00:00.000Z"
    clock.advance(hours=13)
    assert api.get(path).json()["next_build_at"] == "2026-08-07T03:00:00.000Z"
    world.archive_pipeline("acme", "web")
    assert api.get(path).json()["next_build_at"] is None


def ask(simulator: Simulator, arguments: str) -> dict[str, Any]:
    answer = requests.post(
        simulator.graphql_url,
        json={"query": EVENTS % arguments},
        headers={"Authorization": f"Bearer {simulator.token}"},
        timeout=5,
    ).json()
    connection: dict[str, Any] = answer["data"]["organization"]["auditEvents"]
    return connection


def test_graphql_has_audit_events_by_time(simulator: Simulator, clock: ManualClock) -> None:
    since = clock.now() - timedelta(days=60)
    clock.advance(days=10)
    told = events(simulator)
    moments = f'occurredAtFrom: "{since.isoformat()}", occurredAtTo: "{told[1]["occurred_at"]}"'
    found = ask(simulator, f"first: 500, {moments}")
    expected = [
        row
        for row in told
        if f"{since:%Y-%m-%dT%H:%M:%S}" <= row["occurred_at"] < told[1]["occurred_at"]
    ]
    nodes = [edge["node"] for edge in found["edges"]]
    assert [node["uuid"] for node in nodes] == [row["uuid"] for row in expected]
    assert 0 < len(expected) < len(told) - 2
    for node, row in zip(nodes, expected, strict=True):
        assert node["occurredAt"] == row["occurred_at"]
        assert node["subject"] == row["subject"]
        assert node["type"].replace("_", "").lower() + "event" == row["type"].lower()
    first = ask(simulator, "first: 2")
    following = ask(simulator, f'first: 2, after: "{first["pageInfo"]["endCursor"]}"')
    assert [edge["node"]["uuid"] for edge in following["edges"]] == [
        row["uuid"] for row in told[2:4]
    ]


def test_graphql_has_no_audit_log_without_the_plan(simulator: Simulator) -> None:
    simulator.world.withhold("acme", "audit_events")
    assert ask(simulator, "first: 1") is None
