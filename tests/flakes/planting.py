"""Builds with planted outcomes."""

from buildkite_simulator import ManualClock, World
from buildkite_simulator.world.model import Build

HOSTILE = '</td><script>alert(1)</script> | `"@everyone` [x](javascript:alert(2)) \u202e'
FLAKED = ("failed", "passed")
FAILED = ("failed", "failed")
COMMITS = 24
FLAKY_COMMITS = 8


def plant(world: World, clock: ManualClock) -> None:
    """Let two steps flake at eight of 24 commits, and `lint` fail at five."""
    for number in range(COMMITS):
        flaked = FLAKED if number < FLAKY_COMMITS else "passed"
        for slug in ("web", "ship"):
            outcomes = {"unit": flaked, "": flaked, "lint": "failed" if number > 18 else "passed"}
            world.create_build("acme", slug, branch=f"past-{number}", outcomes=outcomes)
        clock.advance(minutes=3)
    clock.advance(minutes=60)


def fail(world: World, clock: ManualClock, branch: str, *steps: str, slug: str = "web") -> Build:
    """Let a build fail by the named steps, for good."""
    outcomes = {step: FAILED if step in steps else "passed" for step in ("unit", "", "lint")}
    build = world.create_build("acme", slug, branch=branch, outcomes=outcomes)
    clock.advance(minutes=8)
    return build


def in_every_state(world: World, clock: ManualClock) -> dict[str, Build]:
    """Make a failed build for each reason to retry it, or not to."""
    made = {
        "flaky": fail(world, clock, "flaky", "unit"),
        "hostile": fail(world, clock, "hostile", "unit", ""),
        "broken": fail(world, clock, "broken", "lint"),
        "both": fail(world, clock, "both", "unit", "lint"),
        "deploys": fail(world, clock, "deploys", "unit", slug="ship"),
        "retried": fail(world, clock, "retried", "unit"),
        "followed": fail(world, clock, "followed", "unit"),
    }
    *_, last = made["retried"].chains[0].attempts
    world.retry_job(last, outcome="failed")
    world.create_build("acme", "web", branch="followed", outcomes={"unit": "stuck"})
    clock.advance(minutes=10)
    return made
