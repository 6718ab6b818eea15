"""Suites, runs, failed executions, quarantined and flaky tests."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, invalid, json_response
from buildkite_simulator.api.test_filters import branch_term
from buildkite_simulator.render.test_engine import (
    failed_execution_fields,
    flake_fields,
    run_fields,
    suite_fields,
    test_fields,
)
from buildkite_simulator.world.periods import DEFAULT_FLAKY_PERIOD, PERIODS
from buildkite_simulator.world.runs import Run
from buildkite_simulator.world.suite_tests import TestState
from buildkite_simulator.world.suites import Suite, suites_of
from buildkite_simulator.world.summaries import flakes


def list_suites(call: Call) -> Response:
    """`GET …/suites`."""
    _refuse_api_token(call)
    organization = call.organization
    context = call.renderer.context
    return call.page(
        suites_of(organization), lambda suite: suite_fields(suite, organization, context)
    )


def get_suite(call: Call) -> Response:
    """`GET …/suites/{suite}`."""
    suite = suite_of(call)
    _refuse_api_token(call)
    return json_response(suite_fields(suite, call.organization, call.renderer.context))


def list_runs(call: Call) -> Response:
    """`GET …/suites/{suite}/runs`, of one build if asked so."""
    suite, build_id = suite_of(call), call.query.one("build_id")
    runs = call.world.runs(call.organization, suite, call.at)
    if build_id:
        runs = [run for run in runs if run.build.id == build_id]
    if call.switches.run_order == "oldest_first":
        runs = runs[::-1]
    return call.page(runs, lambda run: run_fields(run, call.at, call.renderer.context))


def get_run(call: Call) -> Response:
    """`GET …/runs/{run}`."""
    return json_response(run_fields(_run_of(call), call.at, call.renderer.context))


def list_failed_executions(call: Call) -> Response:
    """`GET …/runs/{run}/failed_executions`."""
    run = _run_of(call)
    expanded = call.query.flag("include_failure_expanded")
    return call.page(
        run.failures(call.at),
        lambda execution: failed_execution_fields(execution, run, expanded=expanded),
    )


def list_muted_tests(call: Call) -> Response:
    """`GET …/tests/muted`."""
    return _quarantined(call, "muted")


def list_skipped_tests(call: Call) -> Response:
    """`GET …/tests/skipped`."""
    return _quarantined(call, "skipped")


def list_flaky_tests(call: Call) -> Response:
    """`GET …/flaky-tests`, deprecated: tests that failed and passed on one commit."""
    suite, organization = suite_of(call), call.organization
    period = call.query.one("period") or DEFAULT_FLAKY_PERIOD
    if period not in PERIODS:
        raise invalid("period")
    wanted = (call.query.one("search") or "").lower()
    runs = call.world.runs(organization, suite, call.at)
    found = flakes(runs, call.at - PERIODS[period], call.at, branch_term(call.query))
    matching = [
        flake for flake in found if wanted in f"{flake.test.scope} {flake.test.name}".lower()
    ]
    return call.page(matching, lambda flake: flake_fields(flake, suite, organization, call.at))


def suite_of(call: Call) -> Suite:
    """Return the suite of the path."""
    return call.world.suite(call.organization, call.path["suite"])


def _run_of(call: Call) -> Run:
    return call.world.run(call.organization, suite_of(call), call.path["run"], call.at)


def _quarantined(call: Call, state: TestState) -> Response:
    suite, organization = suite_of(call), call.organization
    tests = call.world.suite_tests(organization, suite, call.at)
    context = call.renderer.context
    return call.unclear_page(
        [test for test in tests if test.state(call.at) == state],
        lambda test: test_fields(test, suite, organization, context),
    )


def _refuse_api_token(call: Call) -> None:
    """No simulated user may see the tokens of suites."""
    if call.query.flag("show_api_token"):
        raise ApiError(403, "Forbidden")
