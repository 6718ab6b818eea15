"""Draws what will become of jobs: results, waits and durations."""

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from random import Random

from buildkite_simulator.instants import DAY, MINUTE, SECOND
from buildkite_simulator.world.model import Build, Chain, Fate, Step
from buildkite_simulator.world.rhythm import busyness

Outcomes = Mapping[str, str | Sequence[str]]
OUTCOMES = (
    "passed",
    "failed",
    "timed_out",
    "expired",
    "agent_lost",
    "promised",
    "stuck",
    "skipped",
    "broken",
)
_ACCEPTING = 1_500
_AGENT_LOSS = 0.002
_TIMEOUT = 0.008
_NEVER_TAKEN = 0.04

_EXIT_STATUSES = (1, 1, 1, 1, 2, 127, 137, 255)
_BRANCH_MISMATCH = Fate("broken", exit_status=None, broken_reason="branch_mismatch")
_ENDINGS = {
    "timed_out": Fate("timed_out", exit_status=None, signal="SIGTERM", signal_reason="cancel"),
    "expired": Fate("expired", exit_status=None),
    "agent_lost": Fate("failed", exit_status=-1, signal_reason="agent_stop"),
    "skipped": Fate("skipped", exit_status=None),
    "broken": Fate("broken", exit_status=None, broken_reason="conditional_failed"),
}


def make_chains(build: Build, rng: Random, outcomes: Outcomes) -> list[Chain]:
    """Make the chains of a new build, with the fates of their attempts."""
    chains: list[Chain] = []
    gate = "waiting"
    for position, step in enumerate(build.pipeline.steps):
        for index, matrix in _copies(step):
            chain = Chain(build, step, position, index=index, matrix=matrix)
            chain.gate = "blocked" if gate == "blocked" else "waiting"
            wanted = outcomes.get(step.key or "")
            chain.fates = (
                _wanted(step, build, rng, wanted) if wanted else draw_fates(step, build, rng)
            )
            chains.append(chain)
        if step.type in ("waiter", "manual"):
            gate = "blocked" if step.type == "manual" else "waiting"
    return chains


def draw_fates(step: Step, build: Build, rng: Random, retry_type: str | None = None) -> list[Fate]:
    """Draw the fates of an attempt and of the automatic retries that follow it."""
    if step.type in ("waiter", "manual", "trigger"):
        broken = step.branches and not fnmatchcase(build.branch, step.branches)
        return [_BRANCH_MISMATCH if broken else Fate(run=0, wait=0, exit_status=None)]
    if step.branches and not fnmatchcase(build.branch, step.branches):
        return [_BRANCH_MISMATCH]
    if step.skip:
        return [Fate("skipped", exit_status=None)]
    fates: list[Fate] = []
    flake = step.flake
    while True:
        outcome = _outcome(step, build, rng, flake)
        fates.append(fate(outcome, step, build, rng, "automatic" if fates else retry_type))
        retries = {"failed": step.retries, "promised": step.retries, "agent_lost": 2}
        if len(fates) > retries.get(outcome, 0):
            return fates
        flake *= 0.35


def fate(outcome: str, step: Step, build: Build, rng: Random, retry_type: str | None) -> Fate:
    """Make the fate of one attempt that is to have a given outcome."""
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}, not {outcome!r}")
    queue = build.pipeline.organization.queues[step.queue]
    load = 1 + queue.busy_factor * busyness(build.created)
    wait = int(queue.wait_seconds * load * math.exp(rng.gauss(0, 0.6)) * SECOND)
    run = max(SECOND, int(step.minutes * MINUTE * _drift(build) * math.exp(rng.gauss(0, 0.22))))
    concurrency = 0
    if step.concurrency_group and rng.random() < 0.35:
        concurrency = int(rng.expovariate(1 / 4) * MINUTE)
    ending = _ENDINGS.get(outcome, Fate())
    if outcome == "failed":
        run = max(SECOND, int(run * rng.uniform(0.3, 1.0)))
        ending = Fate("failed", exit_status=rng.choice(_EXIT_STATUSES))
    elif outcome == "timed_out":
        run = (step.timeout_minutes or 10) * MINUTE
    elif outcome == "promised":
        ending = Fate("failed", exit_status=1, promised_after=run // 3)
    return ending._replace(
        wait=wait + _ACCEPTING,
        run=None if outcome == "stuck" else run,
        concurrency=concurrency,
        retry_type=retry_type,
    )


def _wanted(step: Step, build: Build, rng: Random, wanted: str | Sequence[str]) -> list[Fate]:
    results = [wanted] if isinstance(wanted, str) else list(wanted)
    return [
        fate(result, step, build, rng, "automatic" if position else None)
        for position, result in enumerate(results)
    ]


def _outcome(step: Step, build: Build, rng: Random, flake: float) -> str:
    roll = rng.random()
    if roll < _AGENT_LOSS:
        return "agent_lost"
    if step.queue == "gpu" and rng.random() < _NEVER_TAKEN:
        return "expired"
    if step.timeout_minutes and roll > 1 - _TIMEOUT:
        return "timed_out"
    if step.key in build.breaks:
        return "promised" if step.group and roll < 0.3 else "failed"
    return "failed" if rng.random() < flake else "passed"


def _drift(build: Build) -> float:
    """Pipelines get slower over the months; by how much differs."""
    age = max(0, build.created - build.pipeline.created) / DAY
    return 1 + (int(build.pipeline.id[-4:], 16) % 5) * 0.0004 * min(age, 400)


def _copies(step: Step) -> list[tuple[int | None, Mapping[str, str] | None]]:
    if step.matrix:
        return [(None, dimensions) for dimensions in step.matrix]
    if step.parallelism:
        return [(index, None) for index in range(step.parallelism)]
    return [(None, None)]
