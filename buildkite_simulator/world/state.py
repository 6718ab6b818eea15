"""What a build or job is at an instant: pure functions of its layout."""

from bisect import bisect_right
from dataclasses import dataclass

from buildkite_simulator.instants import NEVER
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.model import Build, Job, Stage
from buildkite_simulator.world.stages import (
    ACCEPTED_BEFORE,
    ASSIGNED_BEFORE,
    CREATING,
    WINDING_DOWN,
    events,
    hard_failure_known,
)

OPEN_STATES = frozenset({"creating", "scheduled", "running", "failing", "canceling"})
CANCELABLE_STATES = frozenset({"scheduled", "running", "failing"})
SETTLED_JOB_STATES = frozenset(
    {"passed", "failed", "canceled", "expired", "timed_out", "skipped", "broken"}
)


@dataclass(frozen=True, slots=True)
class View:
    """What is the case about a build from one event to the next."""

    until: int
    state: str
    blocked: bool
    reopened: bool
    first_started: int | None
    started: int | None
    closes: tuple[Stage, ...]

    @property
    def is_open(self) -> bool:
        """Whether work is going on or due."""
        return self.state in OPEN_STATES


def view(build: Build, at: int) -> View:
    """Return the view of a build at an instant, remembered until its next event."""
    known: View | None = build.view
    if known is None or at >= known.until:
        known = build.view = _look(build, at)
    return known


def state(seen: View, switches: Switches) -> str:
    """Return the `state` REST shows."""
    if seen.reopened and seen.state == "scheduled":
        return switches.reopened_state
    return seen.state


def started_at(seen: View, switches: Switches) -> int | None:
    """Return the `started_at` REST shows."""
    return seen.started if switches.started_at_moves else seen.first_started


def finished_at(build: Build, seen: View, switches: Switches) -> int | None:
    """Return the `finished_at` REST shows, which depends on what Buildkite does on reopening."""
    if build.ended in ("skipped", "not_run") and not seen.is_open:
        return build.ended_at if switches.skipped_has_finished_at else None
    finishes = [
        stage.closed
        for stage in seen.closes
        if switches.blocked_has_finished_at or not stage.at_block
    ]
    if not finishes or (seen.is_open and switches.finished_at == "cleared"):
        return None
    if seen.blocked and not switches.blocked_has_finished_at and switches.finished_at == "cleared":
        return None
    return finishes[0] if switches.finished_at == "never_moves" else finishes[-1]


def job_state(job: Job, at: int) -> str:
    """Return the state of an attempt at an instant, before REST hides any."""
    build = job.build
    if build.ended_at is not None and at >= build.ended_at:
        winding_down = build.ended == "canceled" and job.finished is not None and at < job.finished
        if winding_down:
            return "canceling"
        if job.result in ("canceled", "skipped", "broken"):
            return job.result
    if job.type in ("waiter", "manual"):
        return _gate_state(job, at)
    if job.result in ("broken", "skipped"):
        return job.result
    if job.ready is None or at < job.ready:
        doomed = job.doomed is not None and at >= job.doomed
        return f"{job.chain.gate}_failed" if doomed else job.chain.gate
    if job.runnable is not None and at < job.runnable:
        return "limited"
    if job.finished is not None and at >= job.finished:
        return job.result
    return _progress(job, at)


def is_blocking(job: Job, at: int) -> bool:
    """Tell whether a block step has been reached and waits for a person."""
    return (
        job.type == "manual"
        and job.build.ended is None
        and job.ready is not None
        and job.ready <= at
        and (job.unblocked is None or job.unblocked > at)
    )


def is_retried(job: Job, at: int) -> bool:
    """Tell whether an attempt has been superseded."""
    return job.next is not None and job.next.created <= at


def fails_build(job: Job, at: int) -> bool:
    """Tell whether an attempt is a hard failure that no retry covers."""
    known = hard_failure_known(job)
    return known is not None and known <= at and not is_retried(job, at)


def next_event(build: Build, at: int) -> int:
    """Return the first instant after `at` at which anything about a build changes."""
    moments = events(build)
    position = bisect_right(moments, at)
    return moments[position] if position < len(moments) else NEVER


def _gate_state(job: Job, at: int) -> str:
    if job.type == "manual" and job.unblocked is not None and at >= job.unblocked:
        return "unblocked"
    if job.ready is not None and at >= job.ready:
        return "passed" if job.type == "waiter" else "blocked"
    doomed = job.doomed is not None and at >= job.doomed
    waiting = "blocked" if job.type == "manual" else "waiting"
    return f"{waiting}_failed" if doomed else waiting


def _progress(job: Job, at: int) -> str:
    if job.started is None or at < job.started - ASSIGNED_BEFORE:
        return "scheduled"
    if job.type == "trigger":
        return "running" if at >= job.started else "scheduled"
    if at < job.started - ACCEPTED_BEFORE:
        return "assigned"
    if at < job.started:
        return "accepted"
    if job.result == "timed_out" and job.finished and at >= job.finished - WINDING_DOWN:
        return "timing_out"
    return "running"


def _look(build: Build, at: int) -> View:
    begun = [stage for stage in build.stages if stage.opened <= at]
    current = begun[-1] if begun else build.stages[0]
    is_open = at < current.closed
    starts = [
        stage.started
        for position, stage in enumerate(begun)
        if stage.started is not None
        and stage.started <= at
        and (position == 0 or stage.by_retry or begun[0].started is None)
    ]
    blocked = not is_open and any(is_blocking(job, at) for job in build.attempts())
    return View(
        until=next_event(build, at),
        state=_open_state(build, current, at) if is_open else _closed_state(build, at),
        blocked=blocked,
        reopened=len(begun) > 1,
        first_started=starts[0] if starts else None,
        started=starts[-1] if starts else None,
        closes=tuple(stage for stage in begun if stage.closed <= at),
    )


def _open_state(build: Build, current: Stage, at: int) -> str:
    if build.ended == "canceled" and build.ended_at is not None and at >= build.ended_at:
        return "canceling"
    if at < build.created + CREATING and at < build.stages[0].closed:
        return "creating"
    if any(fails_build(job, at) for job in build.attempts()):
        return "failing"
    if current.started is None or at < current.started:
        return "scheduled"
    return "running"


def _closed_state(build: Build, at: int) -> str:
    if build.ended and build.ended_at is not None and at >= build.ended_at:
        return build.ended
    return "failed" if any(fails_build(job, at) for job in build.attempts()) else "passed"
