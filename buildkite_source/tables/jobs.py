"""Jobs, one row per attempt: a retry is a new job with a new id."""

from typing import Any

import msgspec

from .model import (
    DERIVABLE_URL,
    EXTRA,
    FETCHED_AT,
    GRAPHQL_ID,
    LINEAGE,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
    url_part,
    user_columns,
    user_omissions,
)


def _queue(rules: Any) -> Any:
    """Return the queue of a JSON list of agent query rules."""
    if not rules or "queue=" not in rules:
        return None
    known = msgspec.json.decode(rules)
    asked = [rule for rule in known if isinstance(rule, str) and rule.startswith("queue=")]
    return asked[0].removeprefix("queue=") if asked else None


def _sorted(matrix: Any) -> Any:
    """Return a JSON object with its keys in order and without blanks."""
    return (
        msgspec.json.encode(msgspec.json.decode(matrix), order="sorted").decode()
        if matrix
        else None
    )


_LIVE_AGENT = "live state of the agent, not of this job"

_IDENTITY = (
    Column("id", Kind.TEXT, "id", "Job id (UUID); each attempt has its own", required=True),
    ORGANIZATION_ID,
    Column(
        "organization_slug",
        Kind.TEXT,
        "/url",
        "Organization slug",
        convert=url_part("organizations"),
        fallback="@organization_slug",
    ),
    Column(
        "pipeline_id",
        Kind.TEXT,
        "/pipeline.id",
        "Pipeline; joins pipelines.id",
        fallback="@pipeline_id",
    ),
    Column(
        "pipeline_slug",
        Kind.TEXT,
        "/url",
        "Pipeline slug then",
        convert=url_part("pipelines"),
        fallback="@pipeline_slug",
    ),
    Column("build_id", Kind.TEXT, "/id", "Build; joins builds.id"),
    Column("build_number", Kind.INTEGER, "/number", "Number of the build within its pipeline"),
    Column("type", Kind.TEXT, "type", "script, waiter, manual or trigger"),
    Column("name", Kind.TEXT, "name", "Name of a script or trigger job, emoji as :code:"),
    Column("label", Kind.TEXT, "label", "Label of a manual job"),
    Column("step_key", Kind.TEXT, "step_key", "Key of the step; stable across builds"),
    Column("group_key", Kind.TEXT, "group_key", "Key of the group step around it"),
    Column("step_id", Kind.TEXT, "step.id", "Step; new in every build"),
    Column("step_signature", Kind.JSON, "step.signature", "Signature of a signed step"),
)

_OUTCOME = (
    Column("state", Kind.TEXT, "state", "State of this attempt, such as passed or timed_out"),
    Column("soft_failed", Kind.BOOLEAN, "soft_failed", "Failed in a way the step allows"),
    Column("exit_status", Kind.INTEGER, "exit_status", "Exit status; -1 = the agent was lost"),
    Column("signal", Kind.TEXT, "signal", "Signal that ended the process, such as SIGTERM"),
    Column("signal_reason", Kind.TEXT, "signal_reason", "Why the signal was sent"),
    Column("broken_reason", Kind.TEXT, "broken_reason", "Why the job never ran"),
    Column(
        "promised_exit_status",
        Kind.INTEGER,
        "promised_exit_status",
        "Exit status announced while still running",
    ),
    Column(
        "promised_exit_status_at",
        Kind.TIMESTAMP,
        "promised_exit_status_at",
        "When it was announced",
    ),
    Column("created_at", Kind.TIMESTAMP, "created_at", "When the job was created"),
    Column("scheduled_at", Kind.TIMESTAMP, "scheduled_at", "When it was scheduled"),
    Column("runnable_at", Kind.TIMESTAMP, "runnable_at", "From when an agent could take it"),
    Column("started_at", Kind.TIMESTAMP, "started_at", "When the agent reported the start"),
    Column("finished_at", Kind.TIMESTAMP, "finished_at", "When it ended"),
    Column("expired_at", Kind.TIMESTAMP, "expired_at", "When it expired without an agent"),
    Column(
        "concurrency_wait_time_ms",
        Kind.INTEGER,
        "concurrency_wait_time_ms",
        "Wait for its concurrency group, milliseconds; 0 = passed without waiting",
    ),
)

_RETRIES = (
    Column("retried", Kind.BOOLEAN, "retried", "A later attempt replaced this one"),
    Column("retried_in_job_id", Kind.TEXT, "retried_in_job_id", "The next attempt"),
    Column("retries_count", Kind.INTEGER, "retries_count", "Earlier attempts"),
    Column("retry_type", Kind.TEXT, "retry_type", "automatic or manual, on the replaced attempt"),
    Column("retry_source_job_id", Kind.TEXT, "retry_source.job_id", "The attempt before this one"),
    Column(
        "retry_source_type",
        Kind.TEXT,
        "retry_source.retry_type",
        "How this attempt came about: automatic or manual",
    ),
    *user_columns("retried_by", "Who retried it"),
)

_STEP = (
    Column("command", Kind.TEXT, "command", "Command of a script job"),
    Column("priority", Kind.INTEGER, "priority.number", "Priority; higher runs first"),
    Column("agent_query_rules", Kind.JSON, "agent_query_rules", "Agent tags asked for"),
    Column("queue", Kind.TEXT, "agent_query_rules", "Queue asked for by the rules", convert=_queue),
    Column("artifact_paths", Kind.TEXT, "artifact_paths", "Paths uploaded after the command"),
    Column(
        "parallel_group_index",
        Kind.INTEGER,
        "parallel_group_index",
        "Place among the parallel jobs of its step",
    ),
    Column(
        "parallel_group_total", Kind.INTEGER, "parallel_group_total", "Parallel jobs of its step"
    ),
    Column("matrix", Kind.JSON, "matrix", "Value of each matrix dimension"),
    Column(
        "matrix_text",
        Kind.TEXT,
        "matrix",
        "The same as text, alike on every destination",
        convert=_sorted,
    ),
    Column("cluster_id", Kind.TEXT, "cluster_id", "Cluster"),
    Column("cluster_queue_id", Kind.TEXT, "cluster_queue_id", "Queue of the cluster"),
)

_AGENT = (
    Column("agent_id", Kind.TEXT, "agent.id", "Agent that ran it"),
    Column("agent_name", Kind.TEXT, "agent.name", "Agent: name"),
    Column("agent_hostname", Kind.TEXT, "agent.hostname", "Agent: host"),
    Column("agent_ip_address", Kind.TEXT, "agent.ip_address", "Agent: IP address", personal=True),
    Column("agent_version", Kind.TEXT, "agent.version", "Agent: version"),
    Column("agent_user_agent", Kind.TEXT, "agent.user_agent", "Agent: software and platform"),
    Column("agent_os_id", Kind.TEXT, "agent.os_id", "Agent: operating system"),
    Column("agent_arch", Kind.TEXT, "agent.arch", "Agent: processor architecture"),
    Column("agent_queue", Kind.TEXT, "agent.queue", "Agent: queue"),
    Column("agent_meta_data", Kind.JSON, "agent.meta_data", "Agent: tags as key=value"),
    Column("agent_created_at", Kind.TIMESTAMP, "agent.created_at", "Agent: when registered"),
    Column("agent_connected_at", Kind.TIMESTAMP, "agent.connected_at", "Agent: when connected"),
)

_MANUAL_AND_TRIGGER = (
    Column("unblockable", Kind.BOOLEAN, "unblockable", "Manual job: can be unblocked now"),
    Column("unblocked_at", Kind.TIMESTAMP, "unblocked_at", "Manual job: when it was unblocked"),
    *user_columns("unblocked_by", "Who unblocked it"),
    Column("is_async", Kind.BOOLEAN, "async", "Trigger job: does not wait for its build"),
    Column(
        "triggered_build_id", Kind.TEXT, "triggered_build.id", "Trigger job: the build it started"
    ),
    Column("triggered_build_number", Kind.INTEGER, "triggered_build.number", "Its number"),
    Column("triggered_build_url", Kind.TEXT, "triggered_build.url", "Its API URL"),
    Column("triggered_build_web_url", Kind.TEXT, "triggered_build.web_url", "Its page"),
)

JOBS = Table(
    name="jobs",
    description="One row per attempt of a job of any type",
    documentation="https://buildkite.com/docs/apis/rest-api/jobs",
    columns=(
        *_IDENTITY,
        *_OUTCOME,
        *_RETRIES,
        *_STEP,
        *_AGENT,
        *_MANUAL_AND_TRIGGER,
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *LINEAGE,
        FETCHED_AT,
        EXTRA,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "build_url": "derivable: the url of its build",
        "log_url": DERIVABLE_URL,
        "raw_log_url": DERIVABLE_URL,
        "logs_url": "legacy form of log_url",
        "artifacts_url": DERIVABLE_URL,
        "artifact_url": "the documentation's name of artifacts_url",
        "script_path": "legacy form of command",
        "unblock_url": DERIVABLE_URL,
        "cluster_url": DERIVABLE_URL,
        "cluster_queue_url": DERIVABLE_URL,
        "env": "environment of the job: may hold credentials",
        "agent.graphql_id": GRAPHQL_ID,
        "agent.url": DERIVABLE_URL,
        "agent.web_url": DERIVABLE_URL,
        "agent.connection_state": _LIVE_AGENT,
        "agent.creator": _LIVE_AGENT,
        "agent.job": _LIVE_AGENT,
        "agent.priority": _LIVE_AGENT,
        "agent.disconnected_at": _LIVE_AGENT,
        "agent.lost_at": _LIVE_AGENT,
        "agent.stopped_at": _LIVE_AGENT,
        "agent.last_job_finished_at": _LIVE_AGENT,
        "agent.paused": _LIVE_AGENT,
        "agent.paused_at": _LIVE_AGENT,
        "agent.paused_by": _LIVE_AGENT,
        "agent.paused_note": _LIVE_AGENT,
        "agent.paused_timeout_in_minutes": _LIVE_AGENT,
        **user_omissions("retried_by"),
        **user_omissions("unblocked_by"),
    },
    rows="jobs",
)
