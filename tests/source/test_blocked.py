"""Builds that stand at a block step: followed without asking for each of them again and again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig

from .conftest import PRESENT, Loader, WorldClock
from .details import detail_requests, load_details

STEPS = (
    Step(key="test", label="Test", command="make test", minutes=1),
    Step("manual", key="staging-gate", label="Deploy to staging?"),
    Step(key="staging", label="Staging", command="make staging", minutes=1),
    Step("manual", key="production-gate", label="Deploy to production?"),
    Step(key="production", label="Production", command="make production", minutes=1),
)
PASSED = {"test": "passed", "staging": "passed", "production": "passed"}
HOUR = timedelta(hours=1)


@pytest.fixture
def blocked_world(workspace: Path) -> Iterator[Loader]:
    config = WorldConfig(seed=5, pipelines=1, days=1, builds_per_day=0, end=PRESENT)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        simulator.world.add_pipeline(simulator.world.organizations[0], "shop", STEPS)
        yield Loader(simulator, workspace, WorldClock(simulator.world.clock))


def stand(loader: Loader, count: int, apart: timedelta = timedelta(minutes=10)) -> list[Any]:
    """Create builds that stand blocked at the first gate by now."""
    clock, world = loader.clock.world, loader.simulator.world
    builds = []
    for _ in range(count):
        builds.append(world.create_build(world.organizations[0], "shop", outcomes=PASSED))
        clock.advance(apart)
    return builds


def unblock(loader: Loader, build: Any) -> None:
    """Let a person unblock the build, and it run until it ends or stands blocked again."""
    gate = next(job for job in build.attempts() if job.type == "manual" and job.unblocked is None)
    loader.simulator.world.unblock(gate)
    loader.clock.world.advance(timedelta(minutes=5))


def assert_same(loader: Loader, builds: list[Any]) -> None:
    """Whether the tables hold these builds and their jobs as the world has them."""
    got, want, ids = loader.tables(), loader.truth(), {build.id for build in builds}
    for table, column in (("builds", "id"), ("jobs", "build_id")):
        rows = {key: row for key, row in want[table].items() if row[column] in ids}
        assert {key: got[table].get(key) for key in rows} == rows


def requests_of_a_load(loader: Loader, **arguments: Any) -> list[str]:
    loader.simulator.requests.clear()
    loader.load(**arguments)
    return [request.path for request in loader.simulator.requests if "/builds" in request.path]


# Each pair of what the API may do is there.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("finished_at", "has_finished_at", "filter_works"),
    [
        ("cleared", True, True),
        ("cleared", False, False),
        ("kept", True, False),
        ("kept", False, True),
        ("never_moves", True, True),
        ("never_moves", False, False),
    ],
)
def test_a_build_that_is_unblocked_is_followed(
    blocked_world: Loader, finished_at: Any, has_finished_at: bool, filter_works: bool
) -> None:
    loader = blocked_world
    switches = loader.simulator.switches
    switches.finished_at = finished_at
    switches.blocked_has_finished_at = has_finished_at
    switches.state_blocked_matches_blocked = filter_works
    deployed, moved_on, _ = builds = stand(loader, 3)
    loader.load()
    rows = loader.tables()["builds"]
    assert {rows[build.id]["blocked"] for build in builds} == {True}
    # One is seen while it runs, and comes to its end; another stands again when it is seen.
    loader.simulator.world.unblock(next(job for job in deployed.attempts() if job.type == "manual"))
    loader.clock.world.advance(timedelta(seconds=30))
    loader.load(recheck_days=0)
    unblock(loader, moved_on)
    loader.load(recheck_days=0)
    unblock(loader, deployed)
    # No filter shows what ran and stands again with the same `finished_at`: that takes a day.
    loader.clock.world.advance(25 * HOUR)
    loader.load(recheck_days=0)
    assert_same(loader, builds)


@pytest.mark.slow
def test_a_blocked_build_that_the_api_forgets_is_asked_for_once(blocked_world: Loader) -> None:
    loader = blocked_world
    world = loader.simulator.world
    builds = stand(loader, 3)
    loader.load()
    world.delete_pipeline(world.organizations[0], "shop")
    loader.clock.world.advance(25 * HOUR)
    asked = requests_of_a_load(loader)
    missing = {row["id"] for row in loader.rows("missing_builds")}
    assert missing == {build.id for build in builds}, asked
    loader.clock.world.advance(25 * HOUR)
    assert len(requests_of_a_load(loader)) == 4


@pytest.mark.slow
def test_what_stands_costs_nothing_until_the_next_day(blocked_world: Loader) -> None:
    loader = blocked_world
    builds = stand(loader, 150, apart=timedelta(minutes=2))
    loader.load()
    loader.clock.world.advance(HOUR)
    loader.load()
    loader.clock.world.advance(HOUR)
    assert len(requests_of_a_load(loader)) == 3
    loader.clock.world.advance(25 * HOUR)
    # Two pages of those that stand.
    assert len(requests_of_a_load(loader, recheck_days=0)) == 5
    assert_same(loader, builds)


@pytest.mark.slow
def test_details_are_those_of_a_settled_build_and_come_again_when_it_goes_on(
    blocked_world: Loader,
) -> None:
    loader = blocked_world
    (build,) = stand(loader, 1)
    loader.load()
    load_details(loader)
    asked = [path for path in detail_requests(loader.simulator) if "/pipelines/shop/" in path]
    assert len(asked) == 2
    loader.simulator.requests.clear()
    unblock(loader, build)
    unblock(loader, build)
    loader.load()
    load_details(loader)
    asked = [path for path in detail_requests(loader.simulator) if "/pipelines/shop/" in path]
    assert len(asked) == 2
    loader.simulator.requests.clear()
    load_details(loader)
    assert detail_requests(loader.simulator) == []
