"""Lays out a build in time: from fates to the moments at which everything happens.

A build's jobs run in segments divided by waiters and block steps. Everything follows from the
fates and from the moves made so far, so laying out again changes nothing that has begun.
"""

from buildkite_simulator.instants import DAY, HOUR, MINUTE, NEVER, time_ordered_uuid
from buildkite_simulator.world.agents import agent_for
from buildkite_simulator.world.model import Build, Chain, Fate, Job
from buildkite_simulator.world.stages import CREATING, is_hard_failure, note_stages

RETRY_DELAY = 320
TRIGGER_DELAY = 600
EXPIRY = 30 * DAY
UNSTARTED = frozenset({"broken", "skipped"})


def lay_out(build: Build, at: int) -> None:
    """Fill in every time that follows from what had begun at `at`, and forget the rest."""
    if build.ended is None:
        _forget_after(build, at)
        _place_segments(build)
    note_stages(build, at)
    build.version += 1
    build.view = None


def add_attempt(chain: Chain, created: int, fate: Fate) -> Job:
    """Append an attempt to a chain, linked to the one it retries."""
    build = chain.build
    previous = chain.attempts[-1] if chain.attempts else None
    job = Job(
        id=time_ordered_uuid(created, build.id, build.jobs_made),
        sequence=build.jobs_made,
        chain=chain,
        fate=fate,
        created=created,
        retry_type=fate.retry_type if previous else None,
        previous=previous,
        result=fate.result,
    )
    build.jobs_made += 1
    if previous:
        previous.next = job
    chain.attempts.append(job)
    return job


def is_gate(chain: Chain) -> bool:
    """Tell whether a chain is a waiter or a block step."""
    return chain.step.type in ("waiter", "manual")


def _forget_after(build: Build, at: int) -> None:
    for chain in build.chains:
        while chain.attempts and chain.attempts[-1].created > at:
            dropped = chain.attempts.pop()
            if dropped.previous:
                dropped.previous.next = None
        for job in chain.attempts:
            job.doomed = None
            if job.ready is not None and job.ready > at:
                job.ready = job.runnable = job.started = job.finished = job.agent = None


def _place_segments(build: Build) -> None:
    ready: int | None = build.created + CREATING
    created: int | None = build.created
    doomed: int | None = None
    ends: list[int | None] = []
    failed = False
    for position, chain in enumerate(build.chains):
        if is_gate(chain):
            settled = None if None in ends else max([end for end in ends if end] or [0])
            if settled is None or ready is None:
                ready = None
            elif failed and doomed is None:
                doomed, ready = max(settled, ready), None
            else:
                ready = max(settled, ready)
            ready = _place_gate(chain, created, ready, doomed)
            ends, failed = [], False
            continue
        end, hard = _place_chain(chain, created, ready, doomed)
        ends.append(end)
        failed = failed or hard
        if position == 0 and build.pipeline.uploads:
            created = ready = None if hard else end
            if hard:
                doomed = end


def _place_gate(
    chain: Chain, created: int | None, ready: int | None, doomed: int | None
) -> int | None:
    """Place a waiter or block step; return when what follows may run."""
    if not chain.attempts:
        if created is None:
            return None
        add_attempt(chain, created, chain.fates[0])
    job = chain.attempts[0]
    if job.ready is None:
        job.ready, job.doomed = ready, doomed
    if chain.step.type == "waiter":
        job.finished = job.ready
        return job.ready
    return job.unblocked


def _place_chain(
    chain: Chain, created: int | None, ready: int | None, doomed: int | None
) -> tuple[int | None, bool]:
    """Place all attempts of a script or trigger chain; return its end and whether it failed."""
    if not chain.attempts:
        if created is None:
            return None, False
        add_attempt(chain, created, chain.fates[0])
    first = chain.attempts[0]
    if first.result in UNSTARTED:
        first.finished = first.created if first.result == "skipped" else None
        return first.created, False
    if first.ready is None and ready is None:
        first.doomed = doomed
        return None, False
    for job in chain.attempts:
        if job.ready is None:
            _begin(job, max(job.created, ready or 0) if job is first else job.created)
    last = chain.attempts[-1]
    while last.finished is not None and is_hard_failure(last):
        position = len(chain.attempts)
        if position == len(chain.fates) or chain.fates[position].retry_type != "automatic":
            break
        last = add_attempt(chain, last.finished + RETRY_DELAY, chain.fates[position])
        _begin(last, last.created)
    return last.finished, last.finished is not None and is_hard_failure(last)


def _begin(job: Job, ready: int) -> None:
    fate, step = job.fate, job.chain.step
    job.ready = ready
    job.runnable = ready + fate.concurrency
    if step.type == "trigger":
        job.started = ready + TRIGGER_DELAY
        job.finished = job.started if step.is_async else None
        return
    if fate.result == "expired":
        due = job.runnable + EXPIRY - 5 * MINUTE
        job.finished = due + (-due) % HOUR + 5 * MINUTE
        return
    job.started = job.runnable + fate.wait
    job.finished = None if fate.run is None else job.started + fate.run
    organization = job.build.pipeline.organization
    queue = organization.queues[step.queue]
    job.agent = agent_for(organization, queue, job.started, int(job.id[-8:], 16))


def end_of(job: Job) -> int:
    """Return when an attempt settles, `NEVER` when it is not going to."""
    return NEVER if job.finished is None else job.finished
