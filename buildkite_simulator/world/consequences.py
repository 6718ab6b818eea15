"""What follows from a move: parents wait on, triggered builds start, older builds give way."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from buildkite_simulator.clock import Clock
from buildkite_simulator.instants import NEVER, SECOND
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.layout import end_of
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline
from buildkite_simulator.world.state import (
    CANCELABLE_STATES,
    SETTLED_JOB_STATES,
    fails_build,
    job_state,
    view,
)
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.test_engine import TestEngine

Ending = Literal["canceled", "skipped"]
_WINDING_DOWN = 1_500


class Consequences(TestEngine):
    """Carries moves through to all the builds they touch."""

    def __init__(self, config: WorldConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self._trigger_watchers: list[Callable[[Build, int], None]] = []

    @abstractmethod
    def create_build(
        self,
        organization: str | Organization,
        pipeline: str | Pipeline,
        *,
        at: int | None = None,
        **fields: Any,
    ) -> Build:
        """Create a build."""

    def on_trigger(self, watcher: Callable[[Build, int], None]) -> None:
        """Call `watcher` with every build that a trigger step starts."""
        self._trigger_watchers.append(watcher)

    def _settle_with_parents(self, build: Build, at: int) -> None:
        """Lay a build out anew, and the builds whose trigger steps wait for it."""
        self._settle(build, at)
        parent_job = build.triggered_by
        if parent_job is None:
            return
        if not parent_job.chain.step.is_async and end_of(parent_job) > at:
            parent_job.finished, passed = _outcome(build)
            parent_job.result = "passed" if passed else "failed"
        self._settle_with_parents(parent_job.build, at)

    def _settle(self, build: Build, at: int) -> None:
        super()._settle(build, at)
        for chain in build.chains:
            if chain.step.type == "trigger" and chain.attempts:
                job = chain.attempts[0]
                if job.child is None and job.started is not None and job.started > at:
                    self.plan(job.started, partial(self._trigger, job))

    def _trigger(self, job: Job, at: int) -> None:
        """Start the build that a trigger step asks for."""
        parent = job.build
        if job.child is not None or job.started != at or parent.ended:
            return
        try:
            target = self.pipeline(parent.pipeline.organization, job.chain.step.trigger or "")
        except RefusedError:
            job.finished, job.result = at + 2 * SECOND, "failed"
            self._settle_with_parents(parent, at)
            return
        job.child = self.create_build(
            target.organization,
            target,
            at=at,
            branch=parent.branch,
            commit=parent.commit,
            message=parent.message,
            source="trigger_job",
            author=parent.author,
            creator=parent.creator,
            triggered_by=job,
        )
        self._settle_with_parents(job.child, at)
        for watcher in self._trigger_watchers:
            watcher(job.child, at)

    def _supersede(self, build: Build, at: int) -> None:
        """Skip or cancel older builds of the branch, where the pipeline says so."""
        pipeline = build.pipeline
        if build.source != "webhook" or build.branch == pipeline.default_branch:
            return
        for older in pipeline.builds[-8:-1]:
            if older.branch != build.branch or older.ended:
                continue
            state = view(older, at).state
            if pipeline.skip_queued and state in ("creating", "scheduled"):
                self._end(older, "skipped", at)
            elif pipeline.cancel_running and state in CANCELABLE_STATES:
                older.cancel_reason = f"Build #{build.number} was created for {build.branch}"
                self._end(older, "canceled", at)

    def _end(self, build: Build, kind: Ending, at: int) -> None:
        """Stop all work on a build."""
        build.closed_at = at
        for chain in build.chains:
            while chain.attempts and chain.attempts[-1].created > at:
                chain.attempts.pop()
            if chain.attempts:
                chain.attempts[-1].next = None
            for job in chain.attempts:
                _stop(job, kind, at)
                build.closed_at = max(build.closed_at, job.finished or 0)
        build.ended, build.ended_at = kind, at
        self._settle_with_parents(build, at)


def _stop(job: Job, kind: Ending, at: int) -> None:
    if job_state(job, at) in SETTLED_JOB_STATES or job.unblocked is not None:
        return
    job.result, job.doomed = kind, None
    if job.started is not None and job.started <= at:
        job.finished = min(at + _WINDING_DOWN, end_of(job))
        return
    job.started, job.agent, job.finished = None, None, at
    if job.ready is not None and job.ready > at:
        job.ready = job.runnable = None


def _outcome(build: Build) -> tuple[int | None, bool]:
    """Return when a triggered build comes to its end, as planned, and whether it passes."""
    for stage in build.stages:
        if not stage.at_block and stage.closed < NEVER:
            failed = any(fails_build(job, stage.closed) for job in build.attempts())
            return stage.closed, not failed and build.ended in (None, "not_run")
    return None, False
