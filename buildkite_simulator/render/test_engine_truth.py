"""Test Engine and Package Registries as their lists would say them now, and of which parents."""

from collections.abc import Callable, Iterable, Iterator

from buildkite_simulator.render.context import Context, Row
from buildkite_simulator.render.packages import (
    listed_package_fields,
    registry_fields,
    registry_token_fields,
)
from buildkite_simulator.render.test_engine import (
    failed_execution_fields,
    flake_fields,
    run_fields,
    suite_fields,
    summary_fields,
    test_fields,
)
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.packages import Registry, packages_of, registries_of, tokens_of
from buildkite_simulator.world.periods import DEFAULT_FLAKY_PERIOD, PERIODS
from buildkite_simulator.world.suite_tests import TestState
from buildkite_simulator.world.suites import Suite, suites_of
from buildkite_simulator.world.summaries import Selection, flakes, summaries
from buildkite_simulator.world.test_engine import TestEngine

Lister = Callable[[TestEngine, Context, Organization, int], Iterable[Row]]
_SuiteRows = Callable[[TestEngine, Context, Organization, Suite, int], Iterable[Row]]
_RegistryRows = Callable[[TestEngine, Context, Organization, Registry, int], Iterable[Row]]


def _of_suites(rows: _SuiteRows) -> Lister:
    def listed(
        world: TestEngine, context: Context, organization: Organization, at: int
    ) -> Iterator[Row]:
        for suite in suites_of(organization):
            parents = {"suite_id": suite.id, "suite_slug": suite.slug}
            for row in rows(world, context, organization, suite, at):
                yield parents | row

    return listed


def _of_registries(rows: _RegistryRows) -> Lister:
    def listed(
        world: TestEngine, context: Context, organization: Organization, at: int
    ) -> Iterator[Row]:
        for registry in registries_of(organization):
            parents = {"registry_id": registry.id, "registry_slug": registry.slug}
            for row in rows(world, context, organization, registry, at):
                yield parents | row

    return listed


def _suites(_: TestEngine, context: Context, organization: Organization, __: int) -> Iterable[Row]:
    return [suite_fields(suite, organization, context) for suite in suites_of(organization)]


def _runs(
    world: TestEngine, context: Context, organization: Organization, suite: Suite, at: int
) -> Iterable[Row]:
    return [run_fields(run, at, context) for run in world.runs(organization, suite, at)]


def _failed_executions(
    world: TestEngine, _: Context, organization: Organization, suite: Suite, at: int
) -> Iterable[Row]:
    return [
        failed_execution_fields(execution, run)
        for run in world.runs(organization, suite, at)
        for execution in run.failures(at)
    ]


def _tests(
    world: TestEngine, context: Context, organization: Organization, suite: Suite, at: int
) -> Iterable[Row]:
    since = at - PERIODS[context.switches.test_period]
    executions = world.executions(world.builds(organization), [suite], since, at + 1, at)
    found = summaries(executions, Selection(), at)
    return [summary_fields(summary, organization, context) for summary in found]


def _quarantined(state: TestState) -> _SuiteRows:
    def rows(
        world: TestEngine, context: Context, organization: Organization, suite: Suite, at: int
    ) -> Iterable[Row]:
        return [
            test_fields(test, suite, organization, context)
            for test in world.suite_tests(organization, suite, at)
            if test.state(at) == state
        ]

    return rows


def _flaky_tests(
    world: TestEngine, _: Context, organization: Organization, suite: Suite, at: int
) -> Iterable[Row]:
    runs = world.runs(organization, suite, at)
    since = at - PERIODS[DEFAULT_FLAKY_PERIOD]
    return [flake_fields(flake, suite, organization, at) for flake in flakes(runs, since, at)]


def _registries(
    _: TestEngine, context: Context, organization: Organization, at: int
) -> Iterable[Row]:
    return [
        registry_fields(each, organization, at, context) for each in registries_of(organization)
    ]


def _registry_tokens(
    _: TestEngine, context: Context, organization: Organization, registry: Registry, __: int
) -> Iterable[Row]:
    return [
        registry_token_fields(token, registry, organization, context)
        for token in tokens_of(registry, organization)
    ]


def _packages(
    world: TestEngine, context: Context, organization: Organization, registry: Registry, at: int
) -> Iterable[Row]:
    return [
        listed_package_fields(package, registry, organization, context)
        for package in packages_of(registry, world.builds(organization), at)
    ]


TEST_ENGINE_LISTS: dict[str, Lister] = {
    "suites": _suites,
    "test_runs": _of_suites(_runs),
    "failed_executions": _of_suites(_failed_executions),
    "tests": _of_suites(_tests),
    "muted_tests": _of_suites(_quarantined("muted")),
    "skipped_tests": _of_suites(_quarantined("skipped")),
    "flaky_tests": _of_suites(_flaky_tests),
    "registries": _registries,
    "registry_tokens": _of_registries(_registry_tokens),
    "packages": _of_registries(_packages),
}
