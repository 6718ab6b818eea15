"""Tests of a suite or a build, with metrics over a window or in the legacy form."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.api.test_engine import suite_of
from buildkite_simulator.api.test_filters import (
    legacy_query,
    selection_of,
    window_of,
    with_metrics,
)
from buildkite_simulator.instants import DAY
from buildkite_simulator.render.test_engine import summary_fields, test_fields
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.state import view
from buildkite_simulator.world.suites import suites_of
from buildkite_simulator.world.summaries import Selection, Summary, summaries

_LONGEST_BUILD = DAY


def list_tests(call: Call) -> Response:
    """`GET …/suites/{suite}/tests`: those that ran in the window."""
    suite, organization, context = suite_of(call), call.organization, call.renderer.context
    metrics = with_metrics(call.headers)
    query = call.query if metrics else legacy_query(call.query, call.switches)
    selection = selection_of(query)
    since, until = window_of(query, call.switches, call.at)
    builds = call.world.builds(organization)
    executions = call.world.executions(builds, [suite], since, until, call.at)
    found = summaries(executions, selection, call.at)
    if metrics:
        return call.page(found, lambda summary: summary_fields(summary, organization, context))
    return call.page(found, lambda summary: test_fields(summary.test, suite, organization, context))


def get_test(call: Call) -> Response:
    """`GET …/suites/{suite}/tests/{test}`: known whether it ran in the window or not."""
    suite, organization, context = suite_of(call), call.organization, call.renderer.context
    metrics = with_metrics(call.headers)
    tests = call.world.suite_tests(organization, suite, call.at)
    test = next((each for each in tests if each.id == call.path["test"]), None)
    if test is None:
        raise ApiError(404, "No test found")
    query = call.query if metrics else legacy_query(call.query, call.switches)
    if not metrics:
        return json_response(test_fields(test, suite, organization, context))
    since, until = window_of(query, call.switches, call.at)
    builds = call.world.builds(organization)
    executions = call.world.executions(builds, [suite], since, until, call.at)
    own = [each for each in executions if each[1].test.id == test.id]
    found = summaries(own, Selection(), call.at)
    summary = found[0] if found else Summary(suite, test)
    return json_response(summary_fields(summary, organization, context))


def find_test(call: Call) -> Response:
    """`POST …/tests/find`: a read by scope and name."""
    suite, organization, context = suite_of(call), call.organization, call.renderer.context
    with_metrics(call.headers)
    sent = call.json_body()
    missing = [name for name in ("scope", "name") if not isinstance(sent.get(name), str)]
    if missing:
        errors = [{"field": name, "code": "missing"} for name in missing]
        raise ApiError(422, "Validation Failed", errors=errors)
    for test in call.world.suite_tests(organization, suite, call.at):
        if (test.scope, test.name) == (sent["scope"], sent["name"]):
            return json_response(test_fields(test, suite, organization, context))
    raise ApiError(404, "No test found")


def list_build_tests(call: Call) -> Response:
    """`GET …/builds/{build}/tests`: those of every suite that ran in a build, with metrics."""
    organization, context = call.organization, call.renderer.context
    build = call.world.build_by_id(organization, call.path["build"])
    selection = selection_of(call.query.without("label"))
    until = min(_end_of(build, call.at), build.created + _LONGEST_BUILD)
    suites = suites_of(organization)
    executions = call.world.executions([build], suites, build.created, until + 1, call.at)
    return call.page(
        summaries(executions, selection, call.at),
        lambda summary: summary_fields(summary, organization, context),
    )


def _end_of(build: Build, at: int) -> int:
    seen = view(build, at)
    return at if seen.is_open or not seen.closes else seen.closes[-1].closed
