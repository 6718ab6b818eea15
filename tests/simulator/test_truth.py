from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest

from buildkite_simulator import ManualClock, Simulator, Switches, World, WorldConfig, make_world
from buildkite_simulator.render.context import Context
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.render.truth import truth_of

from .conftest import Client

SETTINGS: list[dict[str, Any]] = [
    {},
    {"finished_at": "kept", "waiter_fields": "full", "gate_times": True},
    {"finished_at": "never_moves", "blocked_has_finished_at": False, "job_agent": "brief"},
    {"link_relations": "next_only", "pipeline_dates": "spaced", "recorded_only_fields": False},
    {"limited_shown_as_scheduled": True, "started_at_moves": False, "author_present": False},
]


@pytest.fixture
def moving(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(WorldConfig.tiny().but(days=1), clock=clock) as simulator:
        yield simulator


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows}


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_walk_through_the_api_finds_the_truth(
    moving: Simulator, clock: ManualClock, settings: dict[str, Any]
) -> None:
    api, rng = Client(moving), Random(5)
    for name, value in settings.items():
        setattr(moving.switches, name, value)
    for _ in range(3):
        moving.world.random_moves(rng, 6)
        clock.advance(minutes=rng.choice([0, 1, 30, 700]))
        truth = moving.world.truth("lumen-freight")
        path = "/organizations/lumen-freight"
        builds = api.walk(f"{path}/builds", per_page=100, include_retried_jobs="true")
        jobs = [job | {"build_id": row["id"]} for row in builds for job in row.pop("jobs")]
        assert by_id(builds) == by_id(truth["builds"])
        assert [row["id"] for row in builds] == [row["id"] for row in truth["builds"]]
        assert by_id(jobs) == by_id(truth["jobs"])
        assert len(jobs) == len(truth["jobs"])
        assert api.walk(f"{path}/pipelines", per_page=2) == truth["pipelines"]
        assert api.walk("/organizations") == truth["organizations"]


def test_remembered_bytes_are_never_stale(moving: Simulator, clock: ManualClock) -> None:
    world, rng = moving.world, Random(11)
    for _ in range(25):
        world.random_moves(rng, 3)
        clock.advance(seconds=rng.choice([0, 1, 5, 60, 4_000]))
        at = world.catch_up()
        world.renderer.check_settings()
        fresh = Renderer(world, world.renderer.context)
        for build in world.builds()[:60]:
            remembered = world.renderer.build(build, at, with_retried=True)
            build.view = build.events = None
            assert remembered == fresh.build(build, at, with_retried=True)


def make(seed: int) -> World:
    return make_world(WorldConfig.tiny(seed), ManualClock())


def test_the_same_seed_makes_the_same_bytes() -> None:
    def told(world: World) -> bytes:
        world.random_moves(Random(3), 10)
        return orjson.dumps(world.truth())

    assert told(make(1)) == told(make(1))
    assert told(make(1)) != told(make(2))


def test_the_world_keeps_moving() -> None:
    clock = ManualClock()
    world = make_world(WorldConfig.tiny(), clock)
    count = len(world.builds())
    clock.advance(days=2)
    grown = len(world.builds())
    assert grown > count + 5
    still = make_world(WorldConfig.tiny().but(keeps_moving=False), clock)
    before = still.truth()["builds"]
    clock.advance(days=30)
    after = still.truth()["builds"]
    known = {build["id"] for build in before}
    assert {row["source"] for row in after if row["id"] not in known} <= {"trigger_job", "ui"}
    assert not any(row["state"] in ("running", "scheduled") for row in after)


def test_moving_in_small_steps_or_one_leap_ends_the_same() -> None:
    small, large = ManualClock(), ManualClock()
    walked = make_world(WorldConfig.tiny(4), small)
    leapt = make_world(WorldConfig.tiny(4), large)
    for _ in range(8):
        small.advance(minutes=180)
        walked.truth()
    large.advance(days=1)
    assert orjson.dumps(walked.truth()) == orjson.dumps(leapt.truth())


def test_truth_stands_alone() -> None:
    world = make(1)
    context = Context("https://api.buildkite.com/v2", Switches())
    assert world.truth() == truth_of(world, Renderer(world, context), world.organizations)
