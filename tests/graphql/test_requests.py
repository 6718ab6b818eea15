"""How many requests and points the annotations of many builds cost."""

from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import MovingClock, OpenClient, OpenSimulator, read, refusals


def finished_builds(simulator: Simulator, clock: ManualClock, count: int) -> list[Any]:
    """Finished builds; a tenth failed their tests, a tenth their lint, which annotates its job."""
    outcomes = {0: {"test": ["failed", "failed"]}, 1: {"lint": ["failed"]}}
    builds = []
    for number in range(count):
        how = outcomes.get(number % 10, {})
        builds.append(simulator.world.create_build("acme", "web", outcomes=how))
        simulator.world.annotate(builds[-1], "x", context="note", style="info")
        clock.advance(seconds=1)
    clock.advance(hours=2)
    return builds


def test_five_hundred_builds_take_at_most_twenty_requests(
    open_simulator: OpenSimulator, open_client: OpenClient, world_clock: ManualClock
) -> None:
    simulator = open_simulator()
    builds = finished_builds(simulator, world_clock, 500)
    client = open_client(simulator)
    told = read(client, builds)
    assert all(isinstance(rows, list) and rows for rows in told.values())
    scopes = {row["scope"] for rows in told.values() for row in rows}
    assert scopes == {"build", "job"}
    assert len(simulator.graphql_requests) <= 20
    assert len(simulator.graphql_requests) == client.stats.requests
    assert simulator.requests == []
    assert refusals(simulator) == []


LIMITS = {
    "user": {"graphql_user": 300},
    "organization": {"graphql_organization": 400},
    "both": {"graphql_user": 700, "graphql_organization": 600},
    "less than a build may cost": {"graphql_user": 20},
}


@pytest.mark.parametrize(
    ("name", "by_requested"),
    [
        # Refused by what it costs, not by what it asks for: one limit is enough, and a tight one.
        pytest.param(
            name,
            by_requested,
            marks=pytest.mark.slow if not by_requested and name in ("user", "both") else (),
        )
        for name in LIMITS
        for by_requested in (False, True)
        # With less than one query may cost, only what it does cost can be kept to.
        if not (by_requested and name == "less than a build may cost")
    ],
)
def test_small_limits_are_never_met(
    open_simulator: OpenSimulator,
    open_client: OpenClient,
    world_clock: ManualClock,
    clock: MovingClock,
    name: str,
    by_requested: bool,
) -> None:
    tight = name == "less than a build may cost"
    simulator = open_simulator(**LIMITS[name])
    simulator.switches.graphql_refuses_by_requested = by_requested
    builds = finished_builds(simulator, world_clock, 5 if tight else 120)
    world_clock.advance(seconds=123.456)
    client = open_client(simulator, share=0.8)
    told = read(client, builds)
    assert all(isinstance(rows, list) for rows in told.values())
    assert refusals(simulator) == []
    assert client.budget.stats.limited == 0
    assert clock.slept
    assert max(clock.slept) <= 302


def test_the_reserve_is_left_to_others(
    open_simulator: OpenSimulator, open_client: OpenClient, world_clock: ManualClock
) -> None:
    simulator = open_simulator(graphql_user=1_000)
    builds = finished_builds(simulator, world_clock, 200)
    least = []

    def watch(request: Any) -> None:
        least.append(simulator.api.points.usage("graphql_user", "default", at()).remaining)

    def at() -> int:
        return int(world_clock.now().timestamp() * 1000)

    simulator.before_response(watch)
    read(open_client(simulator, share=0.5), builds)
    assert min(least) >= 500
    assert refusals(simulator) == []


def test_another_client_uses_up_the_window(
    open_simulator: OpenSimulator, open_client: OpenClient, world_clock: ManualClock
) -> None:
    simulator = open_simulator(graphql_user=1_000)
    builds = finished_builds(simulator, world_clock, 100)

    def spend(request: Any) -> None:
        if len(simulator.graphql_requests) == 2:
            now = int(world_clock.now().timestamp() * 1000)
            simulator.api.points.charge("default", "acme", 2_000, now)

    simulator.before_response(spend)
    client = open_client(simulator)
    told = read(client, builds)
    assert all(isinstance(rows, list) for rows in told.values())
    assert refusals(simulator) == [429]
    assert client.budget.stats.limited == 1
