"""The fields of the REST reference, by dotted path and type, and random objects made of them.

Copied from Buildkite's documentation (Organizations, Pipelines, Builds, Jobs, Agents API), the
Go client's structs and recorded answers: not from the tables under test.
"""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

Fields = dict[str, str]


def fields(prefix: str = "", **names_by_type: str) -> Fields:
    return {
        f"{prefix}{name}": kind for kind, names in names_by_type.items() for name in names.split()
    }


def user(prefix: str) -> Fields:
    return fields(f"{prefix}.", string="id graphql_id name email avatar_url", time="created_at")


ORGANIZATION = fields(
    string="id graphql_id url web_url name slug pipelines_url agents_url emojis_url",
    time="created_at",
)

PIPELINE = {
    **fields(
        string="id graphql_id url web_url name slug description repository cluster_id "
        "pipeline_template_uuid branch_configuration default_branch clone_mirror_url "
        "skip_queued_branch_builds_filter cancel_running_branch_builds_filter builds_url "
        "badge_url visibility configuration color emoji provider.id provider.webhook_url",
        boolean="skip_queued_branch_builds cancel_running_branch_builds allow_rebuilds",
        integer="scheduled_builds_count running_builds_count scheduled_jobs_count "
        "running_jobs_count waiting_jobs_count default_command_step_timeout "
        "maximum_command_step_timeout",
        time="created_at archived_at",
        json="provider.settings env tags steps",
    ),
    **user("created_by"),
}

AGENT = fields(
    string="id graphql_id url web_url name connection_state hostname ip_address user_agent "
    "version os_id arch queue paused_note",
    boolean="paused",
    integer="priority paused_timeout_in_minutes",
    time="created_at connected_at disconnected_at lost_at stopped_at last_job_finished_at "
    "paused_at",
    json="meta_data creator job paused_by",
)

BUILD = {
    **fields(
        string="id graphql_id url web_url state blocked_state cancel_reason message commit branch "
        "tag source author.username author.name author.email pull_request.id pull_request.base "
        "pull_request.repository merge_queue.base_branch rebuilt_from.id rebuilt_from.url "
        "triggered_from.build_id triggered_from.build_pipeline_slug",
        boolean="blocked",
        integer="number rebuilt_from.number triggered_from.build_number retried_jobs_count",
        time="created_at scheduled_at started_at failing_at finished_at",
        json="env meta_data test_engine.runs job_state_counts",
    ),
    **user("creator"),
    **{f"pipeline.{path}": kind for path, kind in PIPELINE.items()},
}

JOB_IDENTITY = fields(string="id graphql_id type")
SCRIPT = {
    **JOB_IDENTITY,
    **fields(
        string="name step_key group_key state build_url web_url log_url raw_log_url artifacts_url "
        "artifact_url command signal signal_reason broken_reason artifact_paths "
        "retried_in_job_id retry_source.job_id retry_source.retry_type retry_type cluster_id "
        "cluster_url cluster_queue_id cluster_queue_url script_path logs_url step.id",
        boolean="soft_failed retried",
        integer="priority.number exit_status promised_exit_status concurrency_wait_time_ms "
        "retries_count parallel_group_index parallel_group_total",
        time="promised_exit_status_at created_at scheduled_at runnable_at started_at finished_at "
        "expired_at",
        json="step.signature agent_query_rules matrix",
    ),
    **{f"agent.{path}": kind for path, kind in AGENT.items()},
    **user("retried_by"),
}
WAITER = {**JOB_IDENTITY, **fields(string="name label step_key group_key state step.id")}
MANUAL = {
    **JOB_IDENTITY,
    **fields(
        string="label step_key group_key state web_url unblock_url step.id",
        boolean="unblockable",
        time="unblocked_at created_at",
    ),
    **user("unblocked_by"),
}
TRIGGER = {
    **JOB_IDENTITY,
    **fields(
        string="name label step_key group_key state build_url web_url step.id triggered_build.id "
        "triggered_build.url triggered_build.web_url",
        boolean="async",
        integer="triggered_build.number",
        time="created_at scheduled_at runnable_at started_at finished_at",
    ),
}
JOB_TYPES = {"script": SCRIPT, "waiter": WAITER, "manual": MANUAL, "trigger": TRIGGER}
JOB = SCRIPT | WAITER | MANUAL | TRIGGER

TEXTS = st.sampled_from(
    [
        "",
        "web",
        "passed",
        ":rocket: Deploy",
        "Ärger 🚀 日本",
        'a "quoted" \\ path',
        "two\nlines\tand a tab",
        "<b>&amp;</b>",
        "it's; DROP TABLE builds --",
        "null",
        "true",
        "17",
        "2026-08-01T04:00:00Z",
        "\u2028\ufdd0\x7f",
        "long " * 60,
    ]
)
SLUGS = st.sampled_from(["acme", "web", "a-1", "organizations", "builds", "jobs", "v2"])
INTEGERS = st.sampled_from([0, 1, -1, 17, 255, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
NUMBERS = st.sampled_from([0, 17, 0.0, 0.1, 2.5, -1.25, 1e300, 2**53])
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))
OPEN_JSON = st.sampled_from(
    [
        {},
        [],
        {"TOKEN": "x", "b": {"c": [1, None, 2.5]}},
        ["queue=default", "os=linux"],
        [{"command": 'echo "hi"', "env": {"A": None}}],
        "text",
        17,
        False,
        {"": "", "ä": "ö", "buildkite:git:commit": "author\n"},
    ]
)


def iso_form(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


def whole_second_form(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


def utc_form(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


ISO_TIMES = st.builds(
    lambda form, moment: form(moment), st.sampled_from([iso_form, whole_second_form]), MOMENTS
)
BOTH_TIMES = ISO_TIMES | MOMENTS.map(utc_form)


def read_time(text: str) -> datetime:
    """The obvious way to read both documented forms."""
    for form in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise AssertionError(f"no documented form: {text}")


def objects(
    documented: Fields, *, times: st.SearchStrategy[str] = ISO_TIMES, **fixed: Any
) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of the documented fields, each with a value, null or missing, but for `fixed`."""
    values = {
        "string": TEXTS,
        "integer": INTEGERS,
        "number": NUMBERS,
        "boolean": st.booleans(),
        "time": times,
        "json": OPEN_JSON,
    }
    leaves: dict[str, Any] = {}
    nested: dict[str, Fields] = {}
    for path, kind in documented.items():
        key, _, rest = path.partition(".")
        if rest:
            nested.setdefault(key, {})[rest] = kind
        else:
            leaves[key] = st.none() | values[kind]
    for key, inner in nested.items():
        leaves[key] = st.none() | objects(inner, times=times)
    optional = {key: value for key, value in leaves.items() if key not in fixed}
    return st.fixed_dictionaries(fixed, optional=optional)


IDS = st.uuids().map(str)


def organizations(**kwargs: Any) -> st.SearchStrategy[dict[str, Any]]:
    return objects(ORGANIZATION, id=IDS, **kwargs)


PIPELINE_URLS = st.builds(
    "https://api.buildkite.com/v2/organizations/{}/pipelines/{}".format, SLUGS, SLUGS
)
BUILD_URLS = st.builds("{}/builds/{}".format, PIPELINE_URLS, st.integers(1, 10**6))


def pipelines(**kwargs: Any) -> st.SearchStrategy[dict[str, Any]]:
    return objects(PIPELINE, id=IDS, url=PIPELINE_URLS, **kwargs)


def jobs(**kwargs: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        objects(documented, id=IDS, type=st.just(kind), **kwargs)
        for kind, documented in JOB_TYPES.items()
    )


def builds(**kwargs: Any) -> st.SearchStrategy[dict[str, Any]]:
    rows = st.none() | st.lists(jobs(**kwargs), max_size=3)
    return objects(BUILD, id=IDS, url=BUILD_URLS, jobs=rows, **kwargs)


FETCHED = datetime(2026, 8, 1, 4, 0, 0, 5, tzinfo=UTC)
