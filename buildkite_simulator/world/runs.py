"""Runs: what the jobs of one build reported to one suite, and how that stands at an instant."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from buildkite_simulator.instants import HOUR, SECOND, time_ordered_uuid
from buildkite_simulator.world.executions import Execution, executions_of, uploaded_at
from buildkite_simulator.world.model import Build, Job
from buildkite_simulator.world.suite_tests import SuiteTest
from buildkite_simulator.world.suites import Suite

RunState = Literal["running", "finished"]
RunResult = Literal["pending", "passed", "failed", "stale"]
_PROCESSING = 20 * SECOND
_STALE_AFTER = 4 * HOUR


@dataclass(frozen=True, slots=True)
class Run:
    """A run with the attempts begun so far; it exists from the start of the first of them."""

    suite: Suite
    build: Build
    attempts: tuple[Job, ...]
    planted: tuple[Execution, ...] = ()

    @property
    def id(self) -> str:
        """Its UUID: it tells when its build was created, which finds the build again."""
        return time_ordered_uuid(self.build.created, self.build.id, "run", self.suite.id)

    @property
    def created(self) -> int:
        """When the first job began."""
        return min(job.started or 0 for job in self.attempts)

    def executions(self, at: int, since: int = 0) -> Iterator[Execution]:
        """Yield what was uploaded from `since` up to an instant, in that order."""
        arrived = [(uploaded_at(job), job) for job in self.attempts]
        uploads = [(moment, job) for moment, job in arrived if moment and since <= moment <= at]
        for _, job in sorted(uploads, key=lambda upload: (upload[0], upload[1].id)):
            yield from executions_of(job, self.suite)
        yield from (each for each in self.planted if since <= each.created <= at)

    def failures(self, at: int) -> list[Execution]:
        """Return the failed executions up to an instant."""
        return [each for each in self.executions(at) if each.result == "failed"]

    def state(self, at: int) -> RunState:
        """Return whether uploads are awaited or being processed."""
        quiet = at - self._last_news(at)
        if quiet >= _STALE_AFTER:
            return "finished"
        awaited = any(job.finished is None or job.finished > at for job in self.attempts)
        return "running" if awaited or not self._uploads(at) or quiet < _PROCESSING else "finished"

    def result(self, at: int) -> RunResult:
        """Return what the uploads so far amount to: one failure is for good."""
        if not self._uploads(at):
            return "stale" if at - self._last_news(at) >= _STALE_AFTER else "pending"
        return "failed" if self.failures(at) else "passed"

    def flaky_instances(self, at: int) -> Iterator[tuple[SuiteTest, int]]:
        """Yield each test that failed and then passed in a retry of its job, and when it passed."""
        for _, attempts in groupby(self.attempts, key=lambda job: id(job.chain)):
            jobs = list(attempts)
            if len(jobs) < 2:
                continue
            failed: set[str] = set()
            for job in jobs:
                uploaded = uploaded_at(job)
                if uploaded is None or uploaded > at:
                    continue
                for each in executions_of(job, self.suite):
                    if each.result == "failed":
                        failed.add(each.test.id)
                    elif each.result == "passed" and each.test.id in failed:
                        failed.remove(each.test.id)
                        yield each.test, uploaded

    def _uploads(self, at: int) -> list[int]:
        moments = [uploaded_at(job) for job in self.attempts]
        moments += [each.created for each in self.planted]
        return [moment for moment in moments if moment is not None and moment <= at]

    def _last_news(self, at: int) -> int:
        return max([job.started or 0 for job in self.attempts] + self._uploads(at))


def run_of(build: Build, suite: Suite, at: int, planted: tuple[Execution, ...] = ()) -> Run | None:
    """Return a build's run in a suite, once one of its jobs has begun."""
    begun = tuple(
        job
        for chain in build.chains
        if chain.step.key in suite.steps and chain.step.type == "script"
        for job in chain.attempts
        if job.started is not None and job.started <= at
    )
    if not begun:
        return None
    known = tuple(each for each in planted if each.test.suite_id == suite.id and each.created <= at)
    return Run(suite, build, begun, known)
