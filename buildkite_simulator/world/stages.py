"""Derives from a laid-out build when it is open, when it starts failing, when anything changes."""

from buildkite_simulator.instants import NEVER
from buildkite_simulator.world.model import Build, Job, Stage

ASSIGNED_BEFORE = 1_200
ACCEPTED_BEFORE = 400
WINDING_DOWN = 1_500
CREATING = 250
HARD_FAILURES = frozenset({"failed", "timed_out", "expired"})


def note_stages(build: Build, at: int) -> None:
    """Compute when a build is open and since when it is failing."""
    build.stages = _stages(build)
    if build.failing_at is None or build.failing_at > at:
        build.failing_at = _first_failing(build)
    build.events = None


def events(build: Build) -> list[int]:
    """Return the instants at which anything about a build changes."""
    if build.events is None:
        build.events = sorted(_events(build))
    return build.events


def is_hard_failure(job: Job) -> bool:
    """Tell whether the outcome of an attempt fails its build."""
    return job.result in HARD_FAILURES and not (job.result == "failed" and job.chain.step.soft)


def hard_failure_known(job: Job) -> int | None:
    """Return when it is known that an attempt fails its build, or None.

    An automatic retry covers a failure from the start; a manual one only once it exists.
    """
    if (
        not is_hard_failure(job)
        or job.finished is None
        or (job.next and job.next.retry_type == "automatic")
    ):
        return None
    if job.started is not None and job.fate.promised_after is not None:
        return min(job.finished, job.started + job.fate.promised_after)
    return job.finished


def _stages(build: Build) -> list[Stage]:
    merged: list[list[int]] = []
    for opened, closed in sorted(_open_intervals(build)):
        if merged and opened <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], closed)
        else:
            merged.append([opened, closed])
    if build.closed_at is not None and build.ended_at is not None:
        merged = [stage for stage in merged if stage[0] <= build.ended_at]
        merged[-1][1] = build.closed_at
    return [_stage(build, opened, closed) for opened, closed in merged]


def _open_intervals(build: Build) -> list[tuple[int, int]]:
    intervals = [(build.created, build.created + CREATING)]
    for job in build.attempts():
        if job.type in ("waiter", "manual") or job.ready is None:
            continue
        automatic = job.previous and job.retry_type == "automatic"
        opened = job.previous.finished if automatic and job.previous else job.ready
        closed = NEVER if job.finished is None else job.finished
        intervals.append((job.ready if opened is None else opened, closed))
    return intervals


def _stage(build: Build, opened: int, closed: int) -> Stage:
    starts = [
        job.started
        for job in build.attempts()
        if job.started is not None and opened <= job.started <= closed
    ]
    reopened_by = [job for job in build.attempts() if job.ready == opened and job.previous]
    blocked = any(
        job.type == "manual"
        and job.ready is not None
        and job.ready <= closed
        and (job.unblocked is None or job.unblocked > closed)
        for job in build.attempts()
    )
    return Stage(opened, closed, min(starts, default=None), bool(reopened_by), blocked)


def _first_failing(build: Build) -> int | None:
    known = sorted(filter(None, map(hard_failure_known, build.attempts())))
    for moment in known:
        if any(stage.opened <= moment < stage.closed for stage in build.stages):
            return moment
    return None


def _events(build: Build) -> set[int]:
    moments: set[int | None] = {build.created, build.created + CREATING, build.failing_at}
    moments.update((build.ended_at, build.closed_at))
    for stage in build.stages:
        moments.update((stage.opened, stage.closed, stage.started))
    for job in build.attempts():
        moments.update((job.created, job.ready, job.runnable, job.started, job.finished))
        moments.update((job.doomed, job.unblocked, hard_failure_known(job)))
        if job.started is not None:
            moments.update((job.started - ASSIGNED_BEFORE, job.started - ACCEPTED_BEFORE))
            if job.fate.promised_after is not None:
                moments.add(job.started + job.fate.promised_after)
        if job.finished is not None and job.result == "timed_out":
            moments.add(job.finished - WINDING_DOWN)
        if job.agent:
            agent = job.agent
            moments.update((agent.connected, agent.stopping, agent.disconnected))
        if job.child:
            moments.add(job.child.created)
    return {moment for moment in moments if moment is not None and moment < NEVER}
