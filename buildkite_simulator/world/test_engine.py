"""Test Engine: suites, runs, executions and tests, derived from the builds when asked for."""

from collections.abc import Iterable, Iterator, Sequence

from buildkite_simulator.clock import Clock
from buildkite_simulator.instants import uuid_instant
from buildkite_simulator.world.attachments import Attachments
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.executions import Execution, Result, uploaded_at
from buildkite_simulator.world.hostile import HOSTILE_TEST_NAMES
from buildkite_simulator.world.model import Build, Job, Organization
from buildkite_simulator.world.runs import Run, run_of
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.suite_tests import SuiteTest, planted_test, tests_of
from buildkite_simulator.world.suites import Suite, suites_of


class TestEngine(Attachments):
    """Derives everything from builds and jobs; keeps only planted executions."""

    def __init__(self, config: WorldConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self._planted_executions: dict[str, tuple[Execution, ...]] = {}

    def suite(self, organization: str | Organization, slug: str) -> Suite:
        """Return a suite of an organization by slug."""
        for suite in suites_of(self.organization(organization)):
            if suite.slug == slug:
                return suite
        raise RefusedError(404, "No suite found")

    def runs(self, organization: Organization, suite: Suite, at: int) -> list[Run]:
        """Return a suite's runs, newest first."""
        found = [self._run_of(build, suite, at) for build in self.builds(organization)]
        return sorted(filter(None, found), key=lambda run: (-run.created, run.build.id))

    def run(self, organization: Organization, suite: Suite, identity: str, at: int) -> Run:
        """Return a run of a suite by id."""
        for build in self._builds_of(organization, identity):
            run = self._run_of(build, suite, at)
            if run is not None and run.id == identity:
                return run
        raise RefusedError(404, "No run found")

    def runs_of_build(self, build: Build, at: int) -> list[Run]:
        """Return a build's runs, one a suite its jobs have begun to report to."""
        suites = suites_of(build.pipeline.organization)
        return list(filter(None, (self._run_of(build, suite, at) for suite in suites)))

    def build_by_id(self, organization: Organization, identity: str) -> Build:
        """Return a build of an organization by UUID."""
        for build in self._builds_of(organization, identity):
            if build.id == identity:
                return build
        raise RefusedError(404, "No build found")

    def executions(
        self,
        builds: Iterable[Build],
        suites: Sequence[Suite],
        since: int,
        until: int,
        at: int,
    ) -> Iterator[tuple[Suite, Execution]]:
        """Yield what builds uploaded to suites in `[since, until)`, as far as it has happened."""
        for build in builds:
            # Only what was planted arrives after a build has stopped for the last time.
            if build.stages[-1].closed < since and build.id not in self._planted_executions:
                continue
            for suite in suites:
                run = self._run_of(build, suite, at)
                if run is not None:
                    for execution in run.executions(min(at, until - 1), since):
                        yield suite, execution

    def suite_tests(self, organization: Organization, suite: Suite, at: int) -> list[SuiteTest]:
        """Return every test known to a suite: those of all pipelines that ever reported to it."""
        known: dict[str, SuiteTest] = {}
        for pipeline in self.organization(organization).pipelines:
            tests = tests_of(suite, pipeline)
            if tests and any(_has_reported(build, suite, at) for build in pipeline.builds):
                known |= {test.id: test for test in tests}
        for executions in self._planted_executions.values():
            for each in executions:
                arrived = each.created <= at and each.job.build.shown_from <= at
                if each.test.suite_id == suite.id and arrived:
                    known[each.test.id] = each.test
        return list(known.values())

    def plant_execution(
        self, job: str | Job, name: str, *, result: Result = "failed", at: int | None = None
    ) -> Execution:
        """Let a job that has begun upload an execution of a test of this name."""
        with self.lock:
            now = self.catch_up() if at is None else at
            found = self.job(job)
            build = found.build
            suite = next(
                (run.suite for run in self.runs_of_build(build, now) if found in run.attempts), None
            )
            if suite is None:
                raise RefusedError(422, "Only jobs that have begun to test can report executions")
            test = planted_test(suite, build.pipeline, name)
            execution = Execution(found, test, result, 0.5, now)
            planted = self._planted_executions.get(build.id, ())
            self._planted_executions[build.id] = (*planted, execution)
            return execution

    def plant_hostile_tests(self, job: str | Job, *, at: int | None = None) -> None:
        """Let a job that has begun upload a failure of a test of every hostile name."""
        for name in HOSTILE_TEST_NAMES:
            self.plant_execution(job, name, at=at)

    def _run_of(self, build: Build, suite: Suite, at: int) -> Run | None:
        return run_of(build, suite, at, self._planted_executions.get(build.id, ()))

    def _builds_of(self, organization: Organization, identity: str) -> list[Build]:
        """Return the builds created at the instant in a UUID."""
        created = uuid_instant(identity)
        if created is None:
            return []
        return self.builds(organization, since=created, until=created + 1)


def _has_reported(build: Build, suite: Suite, at: int) -> bool:
    if build.shown_from > at:
        return False
    moments = [uploaded_at(job) for job in build.attempts() if job.chain.step.key in suite.steps]
    return any(moment is not None and moment <= at for moment in moments)
