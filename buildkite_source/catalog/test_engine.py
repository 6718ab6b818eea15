"""Test Engine: suites, their runs, and tests with their metrics."""

from buildkite_source.tables import MUTED_TESTS, SKIPPED_TESTS, SUITES, TEST_RUNS, TESTS

from .model import Endpoint

_A = "analytics/organizations/{organization_slug}/suites"
_S = f"{_A}/{{suite_slug}}"
# Without it tests have neither metrics nor most parameters
# (https://buildkite.com/docs/apis/rest-api/test-engine/tests).
_VERSION = {"Buildkite-Version": "2026-08-01"}
_RUN_DAYS = 7
_PERIOD = "7days"

TEST_ENGINE = (
    Endpoint(SUITES, _A, "read_suites", noun="suite", group="test-engine"),
    # A run may go back to running when more results are uploaded.
    Endpoint(
        TEST_RUNS,
        f"{_S}/runs",
        "read_suites",
        parent="suites",
        group="test-engine",
        newest="created_at",
        late_days=_RUN_DAYS,
    ),
    Endpoint(
        TESTS,
        f"{_S}/tests",
        "read_suites",
        parent="suites",
        group="test-engine",
        params={"period": _PERIOD},
        constants={"metrics_period": _PERIOD},
        headers=_VERSION,
    ),
    Endpoint(
        MUTED_TESTS,
        f"{_S}/tests/muted",
        "read_suites",
        parent="suites",
        group="test-engine",
    ),
    Endpoint(
        SKIPPED_TESTS,
        f"{_S}/tests/skipped",
        "read_suites",
        parent="suites",
        group="test-engine",
    ),
)
