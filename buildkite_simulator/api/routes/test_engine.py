"""What builds tested and published: Test Engine and Package Registries, at their own addresses."""

from buildkite_simulator.api import packages, test_engine, tests
from buildkite_simulator.api.routes.endpoint import Endpoint, Handler

_ANALYTICS = "/v2/analytics/organizations/{organization}"
_SUITES = _ANALYTICS + "/suites"
_SUITE = _SUITES + "/{suite}"
_RUN = _SUITE + "/runs/{run}"
_REGISTRIES = "/v2/packages/organizations/{organization}/registries"
_REGISTRY = _REGISTRIES + "/{registry}"

_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", _SUITES, "read_suites", test_engine.list_suites),
    ("GET", _SUITE, "read_suites", test_engine.get_suite),
    ("GET", _SUITE + "/runs", "read_suites", test_engine.list_runs),
    ("GET", _RUN, "read_suites", test_engine.get_run),
    ("GET", _RUN + "/failed_executions", "read_suites", test_engine.list_failed_executions),
    ("GET", _SUITE + "/flaky-tests", "read_suites", test_engine.list_flaky_tests),
    ("GET", _SUITE + "/tests", "read_suites", tests.list_tests),
    ("GET", _SUITE + "/tests/muted", "read_suites", test_engine.list_muted_tests),
    ("GET", _SUITE + "/tests/skipped", "read_suites", test_engine.list_skipped_tests),
    ("POST", _SUITE + "/tests/find", "read_suites", tests.find_test),
    ("GET", _SUITE + "/tests/{test}", "read_suites", tests.get_test),
    ("GET", _ANALYTICS + "/builds/{build}/tests", "read_suites", tests.list_build_tests),
    ("GET", _REGISTRIES, "read_registries", packages.list_registries),
    ("GET", _REGISTRY, "read_registries", packages.get_registry),
    ("GET", _REGISTRY + "/tokens", "read_registries", packages.list_tokens),
    ("GET", _REGISTRY + "/tokens/{token}", "read_registries", packages.get_token),
    ("GET", _REGISTRY + "/packages", "read_packages", packages.list_packages),
    ("GET", _REGISTRY + "/packages/{package}", "read_packages", packages.get_package),
)

ENDPOINTS = tuple(Endpoint(*row) for row in _TABLE)
