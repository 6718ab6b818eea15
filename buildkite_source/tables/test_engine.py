"""Test Engine: suites, their runs, what failed in them, and their tests."""

from .context import HAPPENED, ORGANIZATION, SEEN, SUITE, SUITE_ID, key
from .model import DERIVABLE_URL, GRAPHQL_ID, Column, Kind, Table

_API = "https://buildkite.com/docs/apis/rest-api/test-engine"

SUITES = Table(
    name="suites",
    description="One row per test suite",
    documentation=f"{_API}/suites",
    columns=(
        Column("id", Kind.TEXT, "id", "Suite id (UUID)", required=True),
        *ORGANIZATION,
        Column("slug", Kind.TEXT, "slug", "Name in URLs; changes when renamed"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("default_branch", Kind.TEXT, "default_branch", "Branch that counts as main"),
        Column("application_name", Kind.TEXT, "application_name", "Application it tests"),
        Column("emoji", Kind.TEXT, "emoji", "Emoji shown beside the name"),
        Column("color", Kind.TEXT, "color", "Colour shown beside the name"),
        Column("oidc_policy", Kind.TEXT, "oidc_policy", "Who may upload without a token"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "organization_id": "same as the organization_id column",
        "url": DERIVABLE_URL,
        "api_token": "a credential, only sent when asked for: kept nowhere",
    },
)

TEST_RUNS = Table(
    name="test_runs",
    description="One row per run of a suite, as it was when last fetched",
    documentation=f"{_API}/runs",
    columns=(
        Column("id", Kind.TEXT, "id", "Run id (UUID)", required=True),
        *SUITE,
        Column("build_id", Kind.TEXT, "build_id", "Build it belongs to; joins builds.id"),
        Column("branch", Kind.TEXT, "branch", "Branch"),
        Column("commit_sha", Kind.TEXT, "commit_sha", "Commit SHA"),
        Column("state", Kind.TEXT, "state", "running or finished; uploads make it run again"),
        Column("result", Kind.TEXT, "result", "pending, passed, failed or stale"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *HAPPENED,
    ),
    omitted={"url": DERIVABLE_URL},
)

FAILED_EXECUTIONS = Table(
    name="failed_executions",
    description="One row per execution of a test that failed in a run",
    documentation=f"{_API}/runs",
    columns=(
        Column("execution_id", Kind.TEXT, "execution_id", "Execution id (UUID)", required=True),
        *SUITE,
        Column("run_id", Kind.TEXT, "run_id", "Run; joins test_runs.id"),
        Column("test_id", Kind.TEXT, "test_id", "Test; joins tests.id"),
        Column("run_name", Kind.TEXT, "run_name", "Name of the run"),
        Column("test_name", Kind.TEXT, "test_name", "Name of the test"),
        Column("location", Kind.TEXT, "location", "File and line of the test"),
        Column("branch", Kind.TEXT, "branch", "Branch"),
        Column("commit_sha", Kind.TEXT, "commit_sha", "Commit SHA"),
        Column("duration", Kind.NUMBER, "duration", "How long it took, seconds"),
        Column("failure_reason", Kind.TEXT, "failure_reason", "Why it failed, one line"),
        Column(
            "failure_expanded",
            Kind.JSON,
            "failure_expanded",
            "Why it failed, an array of objects with backtrace and expanded lines",
        ),
        Column("tags", Kind.JSON, "tags", "Tags, text by dotted key"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was uploaded"),
        Column("test_execution_url", Kind.TEXT, "test_execution_url", "Its page on Buildkite"),
        *HAPPENED,
    ),
    omitted={"run_url": DERIVABLE_URL, "test_url": DERIVABLE_URL},
    primary_key=("execution_id",),
)

_TEST = (
    Column("id", Kind.TEXT, "id", "Test id (UUID)", required=True),
    *ORGANIZATION,
    key(SUITE_ID),
    SUITE[-1],
    Column("scope", Kind.TEXT, "scope", "What the name is within, such as a class"),
    Column("name", Kind.TEXT, "name", "Name"),
    Column("location", Kind.TEXT, "location", "File and line"),
    Column("file_name", Kind.TEXT, "file_name", "File"),
    Column("labels", Kind.JSON, "labels", "Labels, an array of text"),
    Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
)


def _duration(how: str, what: str) -> Column:
    name = f"duration_{how}"
    return Column(name, Kind.NUMBER, name, f"{what} of its executions, seconds")


def _executions(result: str) -> Column:
    place = f"executions_count_by_result.{result}"
    return Column(f"executions_{result}", Kind.INTEGER, place, f"Those with result {result}")


TESTS = Table(
    name="tests",
    description="One row per test of a suite that was executed within the period asked for",
    documentation=f"{_API}/tests",
    columns=(
        *_TEST,
        Column(
            "metrics_period",
            Kind.TEXT,
            "@metrics_period",
            "Period the numbers are about; null = the API's own",
        ),
        Column("reliability", Kind.NUMBER, "reliability", "Share that passed, 0 to 1"),
        _duration("avg", "Mean duration"),
        _duration("sum", "Total duration"),
        _duration("min", "Shortest duration"),
        _duration("max", "Longest duration"),
        Column("executions_count", Kind.INTEGER, "executions_count", "Executions"),
        *map(_executions, ("passed", "failed", "skipped", "pending", "unknown")),
        *SEEN,
    ),
    omitted={"url": DERIVABLE_URL},
    primary_key=("suite_id", "id"),
)

MUTED_TESTS = Table(
    name="muted_tests",
    description="One row per test that was muted: it runs, and its failures do not count",
    documentation=f"{_API}/quarantine",
    columns=(*_TEST, *SEEN),
    omitted={"url": DERIVABLE_URL},
    primary_key=("suite_id", "id"),
)

SKIPPED_TESTS = Table(
    name="skipped_tests",
    description="One row per test that was skipped: it does not run",
    documentation=f"{_API}/quarantine",
    columns=(*_TEST, *SEEN),
    omitted={"url": DERIVABLE_URL},
    primary_key=("suite_id", "id"),
)
