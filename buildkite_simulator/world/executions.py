"""Executions: what each test did in each job, made from the job alone whenever somebody asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from buildkite_simulator.instants import time_ordered_uuid
from buildkite_simulator.world.model import Job
from buildkite_simulator.world.suite_tests import SuiteTest, shard_of
from buildkite_simulator.world.suites import Suite

Result = Literal["passed", "failed", "skipped", "pending", "unknown"]
_MUTED_FAILURE = 0.5
_UNTAGGED = 4
_REASONS = (
    "AssertionError: expected {} to equal {}",
    'TimeoutError: waited {} ms for selector ".total" <{}>',
    'Expected status {}, got {}\n\nResponse body: "größer"',
)


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of one test in one job; `created` is when the job uploaded it."""

    job: Job
    test: SuiteTest
    result: Result
    seconds: float
    created: int

    @property
    def id(self) -> str:
        """Its UUID."""
        return time_ordered_uuid(self.created, self.job.id, self.test.id)

    @property
    def failure_reason(self) -> str:
        """The first lines of what went wrong."""
        rng = Random(f"{self.job.id}/{self.test.id}")
        return rng.choice(_REASONS).format(rng.randint(1, 99), rng.randint(100, 599))

    @property
    def failure_expanded(self) -> list[dict[str, list[str]]]:
        """All that is known of what went wrong."""
        trace = [f"at {self.test.location}", "at node:internal/process/task_queues:105:5"]
        return [{"expanded": self.failure_reason.split("\n"), "backtrace": trace}]


def uploaded_at(job: Job) -> int | None:
    """Return when a job uploads its executions; one that is lost or stopped never does."""
    ended = job.result in ("passed", "failed") and job.fate.exit_status != -1
    return job.finished if ended and job.started is not None else None


def executions_of(job: Job, suite: Suite) -> list[Execution]:
    """Return the executions of a job that has run its course, in the order of the tests."""
    uploaded = uploaded_at(job)
    if uploaded is None:
        return []
    tests = shard_of(job, suite)
    failing = _failing(job, tests, uploaded) if job.result == "failed" else frozenset()
    rng = Random(f"{job.id}/executions")
    executions = []
    for test in tests:
        pace, roll = rng.uniform(0.6, 1.5), rng.random()
        result = _result(test, uploaded, failing, roll, fails=job.result == "failed")
        seconds = 0.0 if result in ("skipped", "pending") else test.seconds * pace
        executions.append(Execution(job, test, result, round(seconds, 6), uploaded))
    return executions


def tags_of(job: Job, suite: Suite) -> Mapping[str, str]:
    """Return the tags on a job's executions; some pipelines send none."""
    build = job.build
    if int(build.pipeline.id[-1], 16) % _UNTAGGED == 0:
        return {}
    queue = build.pipeline.organization.queues[job.chain.step.queue]
    tags = {"test.framework.name": suite.framework, "host.os": queue.os, "scm.branch": build.branch}
    return tags | {f"matrix.{key}": value for key, value in (job.chain.matrix or {}).items()}


def _result(
    test: SuiteTest, at: int, failing: frozenset[str], roll: float, *, fails: bool
) -> Result:
    state = test.state(at)
    if state == "skipped":
        return "skipped"
    if test.is_pending:
        return "pending"
    # The agent's own test runner ignores what muted tests do: they fail no job, but join in.
    muted_failure = state == "muted" and fails and roll < _MUTED_FAILURE
    return "failed" if test.id in failing or muted_failure else "passed"


def _failing(job: Job, tests: Sequence[SuiteTest], at: int) -> frozenset[str]:
    """Choose what fails a job: broken code the same in every attempt, otherwise flaky tests."""
    able = [test for test in tests if test.state(at) == "enabled" and not test.is_pending]
    if not able:
        return frozenset()
    build = job.build
    broken = job.chain.step.key in build.breaks
    cause = f"{build.pipeline.id}/{build.commit}/{job.chain.index}" if broken else job.id
    rng = Random(f"{cause}/failing")
    flaky = [test for test in able if test.is_flaky]
    suspects = able if broken or not flaky else flaky
    count = min(len(suspects), rng.choice((1, 1, 2, 3)))
    return frozenset(test.id for test in rng.sample(suspects, count))
