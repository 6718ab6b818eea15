"""A world in which it is known what is flaky and what is broken."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig
from buildkite_simulator.world.model import Build
from tests.beginnings import serve
from tests.cli.conftest import cli
from tests.cli.running import Cli
from tests.source.conftest import PRESENT

from .planting import HOSTILE, in_every_state, plant

__all__ = ["cli"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(PRESENT - timedelta(hours=6))


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """`acme/web` with a flaky step, a flaky hostile one and a sound one; `acme/ship` deploys."""
    with serve(WorldConfig.empty(), clock) as running:
        steps = (
            Step(key="unit", label="Unit tests", minutes=1, retries=1),
            Step(label=HOSTILE, minutes=1, retries=1),
            Step(key="lint", label="Lint", minutes=1),
        )
        running.world.add_pipeline("acme", "web", steps)
        running.world.add_pipeline("acme", "ship", steps, tags=["deploy"])
        plant(running.world, clock)
        yield running


@pytest.fixture
def made(cli: Cli, clock: ManualClock) -> dict[str, Build]:
    """A failed build for each reason to retry it, or not to; all of them loaded, with views."""
    found = in_every_state(cli.simulator.world, clock)
    cli.begin("flakes", lambda: cli.loads("--quiet", "--since", "30d"))
    return found
