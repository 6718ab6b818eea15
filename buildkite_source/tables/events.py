"""Events as Buildkite sent them: what happened to builds, jobs and agents, and when."""

from collections.abc import Iterator, Sequence

from .model import FETCHED_AT, Column, Kind, Table

_DOCUMENTATION = "https://buildkite.com/docs/apis/webhooks/pipelines"
_STATE = "As sent, which may be later than the event; EventBridge has words of its own"
# Times that payloads may have, of each kind of object; null where they were not sent.
BUILD_TIMES = ("created_at", "scheduled_at", "started_at", "failing_at", "finished_at")
JOB_TIMES = (
    "created_at",
    "scheduled_at",
    "runnable_at",
    "started_at",
    "finished_at",
    "unblocked_at",
    "promised_exit_status_at",
)
AGENT_TIMES = ("created_at", "connected_at", "disconnected_at", "lost_at")


def _times(kind: str, names: Sequence[str]) -> Iterator[Column]:
    for name in names:
        column = f"{kind}_{name}"
        yield Column(column, Kind.TIMESTAMP, column, f"The {kind}'s {name}, as sent")


EVENTS = Table(
    name="events",
    description="One row per event that was received, by webhook or EventBridge; see "
    "docs/events.md",
    documentation=_DOCUMENTATION,
    columns=(
        Column("id", Kind.TEXT, "id", "Hash of name, ids, states and times", required=True),
        Column("event", Kind.TEXT, "event", "Name, as webhooks have it, such as build.finished"),
        Column("sent_by", Kind.TEXT, "sent_by", "webhook or eventbridge"),
        Column("object_id", Kind.TEXT, "object_id", "Id of what it is about"),
        Column("occurred_at", Kind.TIMESTAMP, "occurred_at", "When it happened, if that was sent"),
        Column("received_at", Kind.TIMESTAMP, "received_at", "When it arrived, by our clock"),
        Column(
            "organization_id", Kind.TEXT, "organization_id", "Organization; EventBridge sends it"
        ),
        Column("organization_slug", Kind.TEXT, "organization_slug", "Organization slug, if sent"),
        Column("pipeline_id", Kind.TEXT, "pipeline_id", "Pipeline; joins pipelines.id"),
        Column("pipeline_slug", Kind.TEXT, "pipeline_slug", "Pipeline slug then"),
        Column("build_id", Kind.TEXT, "build_id", "Build; joins builds.id"),
        Column("build_number", Kind.INTEGER, "build_number", "Number within the pipeline"),
        Column("build_state", Kind.TEXT, "build_state", f"State of the build. {_STATE}"),
        Column("build_blocked", Kind.BOOLEAN, "build_blocked", "It waits on a block step"),
        *_times("build", BUILD_TIMES),
        Column("job_id", Kind.TEXT, "job_id", "Job; joins jobs.id"),
        Column("job_type", Kind.TEXT, "job_type", "Type of the job"),
        Column("job_step_key", Kind.TEXT, "job_step_key", "Key of its step"),
        Column("job_state", Kind.TEXT, "job_state", f"State of the job. {_STATE}"),
        Column("job_exit_status", Kind.INTEGER, "job_exit_status", "Exit status"),
        *_times("job", JOB_TIMES),
        Column("agent_id", Kind.TEXT, "agent_id", "Agent, of events of agents; joins agents.id"),
        Column("agent_name", Kind.TEXT, "agent_name", "Its name"),
        Column(
            "agent_connection_state",
            Kind.TEXT,
            "agent_connection_state",
            "Its connection state, as sent",
        ),
        *_times("agent", AGENT_TIMES),
        FETCHED_AT,
    ),
)
