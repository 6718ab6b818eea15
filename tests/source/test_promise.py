"""The promise: after any run the tables equal what the API says, plus what it has forgotten."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_simulator.world.state import is_blocking
from buildkite_source.states import is_moving
from tests.oracle import stale

from .conftest import PRESENT, Loader, WorldClock
from .mishaps import EVERY_MISHAP, Copies, with_copies
from .test_blocked import PASSED, STEPS

# PROMISE_SEEDS=50 runs as many worlds as there is time for; without it, most are slow.
SEEDS = range(int(os.environ.get("PROMISE_SEEDS", "3")))
SLOW = () if "PROMISE_SEEDS" in os.environ else pytest.mark.slow
WAYS = ("cleared", "kept", "never_moves")
WORLDS = [
    pytest.param(
        (seed, way),
        id=f"seed{seed}-{way}",
        # The way "kept" is that of test_blocked, "never_moves" one of test_load.
        marks=() if (seed, way) == (0, "cleared") else SLOW,
    )
    for seed in SEEDS
    for way in WAYS
]

OTHER_SWITCHES = {
    "finished_from_matches_reopened": (True, False),
    "blocked_has_finished_at": (True, False),
    "skipped_has_finished_at": (True, False),
    "reopened_state": ("running", "scheduled"),
    "started_at_moves": (True, False),
    "state_blocked_matches_blocked": (True, False),
    "state_passed_matches_blocked": (True, False),
    "waiter_fields": ("bare", "full"),
    "limited_shown_as_scheduled": (True, False),
    "link_relations": ("all", "next_only"),
}


@pytest.fixture
def small_world(request: pytest.FixtureRequest, workspace: Path) -> Iterator[Loader]:
    seed, finished_at = request.param
    config = WorldConfig(seed=seed, pipelines=4, days=1, builds_per_day=10, end=PRESENT)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        rng = Random(seed)
        for switch, values in OTHER_SWITCHES.items():
            setattr(simulator.switches, switch, rng.choice(values))
        simulator.switches.finished_at = finished_at
        world = simulator.world
        world.add_pipeline(world.organizations[0], "gates", STEPS)
        for _ in range(3):
            world.create_build(world.organizations[0], "gates", outcomes=PASSED)
        world.clock.advance(timedelta(minutes=10))
        yield Loader(simulator, workspace, WorldClock(world.clock))


def outdated(loader: Loader) -> list[Any]:
    """Return where the tables differ from the world, renames and forgotten rows aside."""
    return stale(loader.tables(), loader.truth())


def stale_builds(loader: Loader) -> set[str]:
    """Return the ids of builds that differ, or whose jobs do."""
    jobs = loader.truth()["jobs"]
    return {
        jobs[entry[1]]["build_id"] if entry[0] == "jobs" else entry[1]
        for entry in outdated(loader)
        if entry[0] in ("builds", "jobs")
    }


def looks_unchanged(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether no filter of the API can find that a build changed between two loads.

    A settled build that ran again and came to an end shows by its `finished_at` alone. It does
    not when that stayed as it was, or when the build was skipped in the end and has none.
    """
    settled = not any(is_moving(build["state"], build["blocked"]) for build in (was, now))
    return settled and now["finished_at"] in (was["finished_at"], None)


def move_world(loader: Loader, rng: Random) -> list[str]:
    """Let hours pass, people act, and some of what they began come to an end."""
    world = loader.simulator.world
    loader.clock.world.advance(timedelta(minutes=rng.randint(1, 400)))
    moves = world.random_moves(rng, 10)
    now = world.catch_up()
    # What is let go may run and stand at the next gate before anybody looks.
    gates = [
        job
        for build in world.organizations[0].builds
        for job in build.attempts()
        if is_blocking(job, now) and rng.random() < 0.6
    ]
    moves += [f"unblocked {world.unblock(gate).id}" for gate in gates]
    loader.clock.world.advance(timedelta(seconds=rng.randint(1, 900)))
    return moves


def late_and_odd(loader: Loader, rng: Random, most: int) -> Any:
    """Until it is called, let the world move before each answer, as it may while a list is read.

    Builds show up late, pipelines and builds go, and some answers take long, so that the world of
    one page is older than that of the page before.
    """
    world, left = loader.simulator.world, [most]

    def move(_: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            world.random_moves(rng, rng.randint(0, 2), late=True)
            organization = rng.choice(world.organizations)
            if rng.random() < 0.06 and len(organization.pipelines) > 3:
                # Its builds go from the pages before the next one, which shifts them all.
                world.delete_pipeline(organization, rng.choice(organization.pipelines))
            loader.clock.world.advance(timedelta(seconds=rng.randint(0, 40)))

    for _ in range(2):
        loader.simulator.faults.add(
            kind="slow",
            match="/builds?",
            delay=0.01,
            before_reading=rng.random() < 0.5,
            skip=rng.randint(0, 6),
            times=rng.randint(1, 3),
        )
    return loader.simulator.before_response(move)


def mishap(loader: Loader, rng: Random, copies: Copies) -> str:
    """Let something happen to the warehouse or to dlt's folder, or nothing."""
    name = rng.choice(["nothing", *EVERY_MISHAP])
    EVERY_MISHAP[name](loader, copies)
    return name


def refuse_first(loader: Loader) -> None:
    """A first load that fails, as it does with a token that lacks a scope."""
    token = loader.simulator.add_token(scopes=["read_organizations"])
    with pytest.raises(PipelineStepFailed):
        loader.load(token=token)


@pytest.mark.parametrize("small_world", WORLDS, indirect=True)
def test_tables_stay_true(small_world: Loader) -> None:
    rng = Random(small_world.simulator.world.config.seed)
    if rng.random() < 0.3:
        refuse_first(small_world)
    small_world.load()
    copies = with_copies(small_world, "the first load")

    # People act between two loads, and while the second one reads.
    moves = move_world(small_world, rng)
    off = late_and_odd(small_world, rng, most=20)
    small_world.load()
    off()

    moves += move_world(small_world, rng)
    moves.append(mishap(small_world, rng, copies))
    small_world.load()
    hidden = stale_builds(small_world)
    got, want = small_world.tables()["builds"], small_world.truth()["builds"]
    assert all(looks_unchanged(got[key], want[key]) for key in hidden), moves
    if hidden:
        # At most a day: the recheck reads them again.
        small_world.clock.world.advance(timedelta(hours=25))
        small_world.load()
    assert outdated(small_world)[:5] == [], moves


@pytest.fixture
def long_world(request: pytest.FixtureRequest, workspace: Path) -> Iterator[Loader]:
    # Of the seed for which there is always time, the world is half as large.
    per_day = 40 if request.param else 20
    config = WorldConfig(
        seed=request.param, pipelines=6, days=12, builds_per_day=per_day, end=PRESENT
    )
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        yield Loader(simulator, workspace, WorldClock(simulator.world.clock))


@pytest.mark.slow
@pytest.mark.parametrize("long_world", SEEDS, indirect=True)
def test_a_first_load_and_a_backfill_of_a_world_that_moves_leave_no_hole(
    long_world: Loader,
) -> None:
    """Builds that were there when a list was begun, and still are, are in the table."""
    rng = Random(long_world.simulator.world.config.seed)
    off = late_and_odd(long_world, rng, most=60)
    # A few pages a load, as the command line reads a long history, and then further back.
    long_world.load(since="5d", pages_per_load=2)
    for _ in range(4 if long_world.simulator.world.config.seed else 2):
        long_world.load(since="90d", pages_per_load=2)
    off()
    # What shows late is found by the next load, whatever page it would have been on.
    long_world.clock.world.advance(timedelta(minutes=6))
    long_world.load()
    got, want = long_world.tables(), long_world.truth()
    assert want["builds"].keys() - got["builds"].keys() == set()
    assert want["jobs"].keys() - got["jobs"].keys() == set()
    long_world.clock.world.advance(timedelta(hours=25))
    long_world.load()
    assert [entry for entry in outdated(long_world) if entry[2] != "row"][:5] == []
