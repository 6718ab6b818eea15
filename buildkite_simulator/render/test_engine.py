"""Suites, runs, failed executions and tests as JSON."""

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.world.executions import Execution, tags_of
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.runs import Run
from buildkite_simulator.world.suite_tests import SuiteTest
from buildkite_simulator.world.suites import Suite
from buildkite_simulator.world.summaries import Flake, Summary
from buildkite_simulator.world.teams import teams_holding


def suite_fields(suite: Suite, organization: Organization, context: Context) -> Row:
    """Render a suite, without its API token."""
    return {
        "id": suite.id,
        "graphql_id": graphql_id("Suite", suite.id),
        "organization_id": suite.organization_id,
        "slug": suite.slug,
        "name": suite.name,
        "url": suite_url(suite, organization, context),
        "web_url": _web_url(suite, organization),
        "default_branch": suite.default_branch,
        "application_name": suite.application_name,
        "color": suite.color,
        "emoji": suite.emoji,
        "oidc_policy": None,
    }


def suite_url(suite: Suite, organization: Organization, context: Context) -> str:
    """Return a suite's API URL."""
    return f"{context.base_url}/analytics/organizations/{organization.slug}/suites/{suite.slug}"


def run_fields(run: Run, at: int, context: Context) -> Row:
    """Render a run as it is at an instant."""
    organization = run.build.pipeline.organization
    fields: Row = {
        "id": run.id,
        "branch": run.build.branch,
        "commit_sha": run.build.commit,
        "state": run.state(at),
        "result": run.result(at),
        "url": f"{suite_url(run.suite, organization, context)}/runs/{run.id}",
        "web_url": f"{_web_url(run.suite, organization)}/runs/{run.id}",
        "created_at": iso(run.created),
    }
    if context.switches.run_build_id:
        fields["build_id"] = run.build.id
    return fields


def run_reference(run: Run) -> Row:
    """Render a run as a build refers to it."""
    return {"id": run.id, "suite": {"id": run.suite.id, "slug": run.suite.slug}}


def failed_execution_fields(execution: Execution, run: Run, *, expanded: bool = False) -> Row:
    """Render a failed execution; its URLs are pages, not API addresses."""
    build, test = run.build, execution.test
    suite_page = _web_url(run.suite, build.pipeline.organization)
    test_page = f"{suite_page}/tests/{test.id}"
    fields: Row = {
        "execution_id": execution.id,
        "run_id": run.id,
        "test_id": test.id,
        "run_name": run.id,
        "commit_sha": build.commit,
        "created_at": iso(execution.created),
        "branch": build.branch,
        "failure_reason": execution.failure_reason,
        "duration": execution.seconds,
        "location": test.location,
        "test_name": f"{test.scope} {test.name}",
        "run_url": f"{suite_page}/runs/{run.id}",
        "test_url": test_page,
        "test_execution_url": f"{test_page}?execution_id={execution.id}",
        "tags": tags_of(execution.job, run.suite),
    }
    if expanded:
        fields["failure_expanded"] = execution.failure_expanded
    return fields


def test_fields(test: SuiteTest, suite: Suite, organization: Organization, context: Context) -> Row:
    """Render a test in the legacy form, without metrics."""
    return {
        "id": test.id,
        "url": f"{suite_url(suite, organization, context)}/tests/{test.id}",
        "web_url": f"{_web_url(suite, organization)}/tests/{test.id}",
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
        "labels": list(test.labels),
    }


def summary_fields(summary: Summary, organization: Organization, context: Context) -> Row:
    """Render a test with its metrics."""
    counts = {result: count for result, count in summary.counts.items() if count}
    ran = bool(counts)
    return {
        **test_fields(summary.test, summary.suite, organization, context),
        "reliability": _rounded(summary.reliability),
        "duration_avg": _rounded(summary.average),
        "duration_sum": _rounded(summary.total if ran else None),
        "duration_min": summary.shortest,
        "duration_max": summary.longest,
        "executions_count": summary.counts.total(),
        "executions_count_by_result": {"passed": 0, "failed": 0, **counts},
    }


def flake_fields(flake: Flake, suite: Suite, organization: Organization, at: int) -> Row:
    """Render a test as the deprecated list of flaky tests does; it is of its suite's teams."""
    test, latest = flake.test, iso(flake.latest)
    return {
        "id": test.id,
        "web_url": f"{_web_url(suite, organization)}/tests/{test.id}",
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
        "instances": flake.instances,
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": None,
        "ownership_team_ids": [team.id for team in teams_holding(suite.id, organization, at)],
    }


def _web_url(suite: Suite, organization: Organization) -> str:
    return f"{WEB}/organizations/{organization.slug}/analytics/suites/{suite.slug}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
