"""The world: builds are created, retried, unblocked, canceled; pipelines come and go."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from buildkite_simulator.instants import time_ordered_uuid
from buildkite_simulator.world.consequences import Consequences
from buildkite_simulator.world.fates import Outcomes, draw_fates, fate, make_chains
from buildkite_simulator.world.layout import add_attempt
from buildkite_simulator.world.model import Build, Fate, Job, Organization, Pipeline
from buildkite_simulator.world.people import User
from buildkite_simulator.world.state import (
    CANCELABLE_STATES,
    is_blocking,
    is_retried,
    job_state,
    view,
)
from buildkite_simulator.world.store import RefusedError

RETRYABLE = ("failed", "timed_out", "canceled", "expired")
RETRY_STATES = ("canceled", "expired", "failed", "soft_failed", "timed_out")


class World(Consequences):
    """A CI world that moves by its clock and by the moves made in it.

    Every move takes `at`, an instant not before the last one; without it the move happens now.
    """

    def create_build(
        self,
        organization: str | Organization,
        pipeline: str | Pipeline,
        *,
        at: int | None = None,
        outcomes: Outcomes | None = None,
        not_run: bool = False,
        shown_after: timedelta | None = None,
        **fields: Any,
    ) -> Build:
        """Create a build.

        Args:
            organization: Its organization.
            pipeline: Its pipeline.
            at: When; now by default.
            outcomes: What becomes of the jobs of a step, by step key: an outcome, or one for
                each attempt (the later ones being automatic retries).
            not_run: Whether all steps turn out to be skipped.
            shown_after: How long after its creation no list and no single request of the API
                knows it, as with a replica that lags; then it is there, in its place by time.
            **fields: Any field of `Build`, such as `branch`, `commit`, `source`.
        """
        with self.lock:
            created = self.catch_up() if at is None else at
            owner = self.pipeline(organization, pipeline)
            build = _new_build(owner, created, self.config.seed, fields)
            if shown_after:
                build.shown_from = created + shown_after // timedelta(milliseconds=1)
                self._all_shown_from = max(self._all_shown_from, build.shown_from)
            if not_run:
                outcomes = {step.key or "": "broken" for step in owner.steps}
            rng = Random(f"{self.config.seed}/{build.id}")
            build.chains = make_chains(build, rng, outcomes or {})
            owner.next_number += 1
            owner.builds.append(build)
            owner.numbers[build.number] = build
            owner.organization.builds.append(build)
            if not_run:
                build.ended, build.ended_at = "not_run", created + 400
                build.closed_at = build.ended_at
                for chain in build.chains:
                    chain.fates = [Fate("broken", broken_reason="conditional_failed")]
                    add_attempt(chain, created, chain.fates[0])
            self._settle(build, created)
            self._supersede(build, created)
            return build

    def rebuild(self, build: Build, *, at: int | None = None, creator: User | None = None) -> Build:
        """Create a new build of a build's commit."""
        return self.create_build(
            build.pipeline.organization,
            build.pipeline,
            at=at,
            branch=build.branch,
            commit=build.commit,
            message=build.message,
            source="ui",
            author=build.author,
            creator=creator or build.creator,
            env=build.env,
            meta_data=build.meta_data,
            pull_request=build.pull_request,
            breaks=build.breaks,
            rebuilt_from=build,
        )

    def retry_job(
        self,
        job: str | Job,
        type: str = "manual",  # noqa: A002
        *,
        at: int | None = None,
        outcome: str | None = None,
        by: User | None = None,
    ) -> Job:
        """Retry an attempt: a new job takes its place, and the build runs again."""
        with self.lock:
            now = self.catch_up() if at is None else at
            old = self.job(job)
            build = old.build
            if build.ended:
                raise RefusedError(422, "Jobs of canceled builds cannot be retried")
            if old.type != "script" or job_state(old, now) not in RETRYABLE or is_retried(old, now):
                raise RefusedError(400, "Only failed, timed out or canceled jobs can be retried")
            rng = Random(f"{self.config.seed}/{old.id}/retry")
            chain = old.chain
            while chain.attempts[-1].created > now:
                chain.attempts.pop()
            if outcome:
                fates = [fate(outcome, chain.step, build, rng, type)]
            else:
                fates = draw_fates(chain.step, build, rng, type)
            chain.fates = [attempt.fate for attempt in chain.attempts] + fates
            old.retried_by = by or (build.creator if type == "manual" else None)
            new = add_attempt(chain, now, fates[0])
            self._settle_with_parents(build, now)
            return new

    def retry_failed_jobs(
        self,
        build: Build,
        states: Sequence[str] = (),
        *,
        at: int | None = None,
        after: timedelta = timedelta(0),
    ) -> list[Job]:
        """Retry every job of a build that ended in one of `states` (all kinds of failure).

        Returns:
            The jobs that are retried, `after` so much time.
        """
        with self.lock:
            now = self.catch_up() if at is None else at
            wrong = [each for each in states if each not in RETRY_STATES]
            if wrong:
                valid = ", ".join(RETRY_STATES)
                raise RefusedError(
                    400, f"Invalid states: {', '.join(wrong)}. Valid states are {valid}"
                )
            if build.ended:
                raise RefusedError(422, "Jobs of canceled builds cannot be retried")
            wanted = states or RETRY_STATES
            failed = [
                job
                for job in build.visible_jobs(now)
                if job.type == "script" and _kind(job, now) in wanted and not is_retried(job, now)
            ]
            if after:
                due = now + after // timedelta(milliseconds=1)
                self.plan(due, lambda at: self._retry_those_left(failed, at))
            else:
                self._retry_those_left(failed, now)
            return failed

    def _retry_those_left(self, jobs: Sequence[Job], at: int) -> None:
        """Retry jobs but for those that somebody has retried or canceled meanwhile."""
        for job in jobs:
            if not job.build.ended and not is_retried(job, at):
                self.retry_job(job, at=at)

    def unblock(self, job: str | Job, *, at: int | None = None, by: User | None = None) -> Job:
        """Unblock a block step that has been reached."""
        with self.lock:
            now = self.catch_up() if at is None else at
            manual = self.job(job)
            if manual.type != "manual":
                raise RefusedError(400, "This job type cannot be unblocked")
            if not is_blocking(manual, now):
                raise RefusedError(422, "This job cannot be unblocked")
            manual.unblocked = now
            manual.unblocked_by = by or manual.build.creator
            self._settle_with_parents(manual.build, now)
            return manual

    def cancel_build(
        self, build: Build, *, at: int | None = None, reason: str | None = None
    ) -> Build:
        """Cancel a build that is scheduled or running."""
        with self.lock:
            now = self.catch_up() if at is None else at
            if view(build, now).state not in CANCELABLE_STATES:
                raise RefusedError(422, "Build can't be canceled because it's already finished")
            build.cancel_reason = reason
            self._end(build, "canceled", now)
            return build

    def skip_build(self, build: Build, *, at: int | None = None) -> Build:
        """Skip a build of which no job has started."""
        with self.lock:
            now = self.catch_up() if at is None else at
            if view(build, now).state not in ("creating", "scheduled"):
                raise RefusedError(422, "Only scheduled builds can be skipped")
            self._end(build, "skipped", now)
            return build


def _kind(job: Job, at: int) -> str:
    """Return the state of a job as retrying failed jobs distinguishes them."""
    state = job_state(job, at)
    return "soft_failed" if state == "failed" and job.chain.step.soft else state


def _new_build(pipeline: Pipeline, created: int, seed: int, fields: dict[str, Any]) -> Build:
    number = pipeline.next_number
    build_id = time_ordered_uuid(created, seed, pipeline.id, number)
    fields.setdefault("branch", pipeline.default_branch)
    fields.setdefault("commit", blake2b(build_id.encode(), digest_size=20).hexdigest())
    fields.setdefault("message", f"Change number {number}")
    fields.setdefault("creator", pipeline.organization.users[0])
    return Build(id=build_id, number=number, pipeline=pipeline, created=created, **fields)
