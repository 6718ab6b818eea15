"""Local Buildkite REST and GraphQL APIs over a seeded CI world that moves."""

from buildkite_simulator.api.faults import Fault
from buildkite_simulator.api.limits import RateLimits
from buildkite_simulator.api.recording import RecordedRequest
from buildkite_simulator.clock import Clock, ManualClock, RealClock
from buildkite_simulator.make import make_world
from buildkite_simulator.server import Simulator
from buildkite_simulator.switches import Switches
from buildkite_simulator.whole_world import WholeWorld as World
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.hostile import (
    HOSTILE_BODIES,
    HOSTILE_NAMES,
    HOSTILE_PATHS,
    HOSTILE_TEST_NAMES,
)
from buildkite_simulator.world.model import Step
from buildkite_simulator.world.store import RefusedError

__all__ = [
    "HOSTILE_BODIES",
    "HOSTILE_NAMES",
    "HOSTILE_PATHS",
    "HOSTILE_TEST_NAMES",
    "Clock",
    "Fault",
    "ManualClock",
    "RateLimits",
    "RealClock",
    "RecordedRequest",
    "RefusedError",
    "Simulator",
    "Step",
    "Switches",
    "World",
    "WorldConfig",
    "make_world",
]
