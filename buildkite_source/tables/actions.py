"""What was asked of Buildkite through actions, and what became of it: their ledger."""

from .model import Column, Kind, Table

_DOCUMENTATION = "https://buildkite.com/docs/apis/rest-api/builds"

ACTIONS = Table(
    name="actions",
    description="One row per key of an action: what was asked for, and what became of it; see "
    "docs/actions.md",
    documentation=_DOCUMENTATION,
    columns=(
        Column("key", Kind.TEXT, "key", "Whoever asks chooses it; done once only", required=True),
        Column("action", Kind.TEXT, "action", "Kind of the action, such as rebuild"),
        Column("organization_slug", Kind.TEXT, "organization_slug", "Target: organization slug"),
        Column("pipeline_slug", Kind.TEXT, "pipeline_slug", "Target: pipeline slug"),
        Column("build_number", Kind.INTEGER, "build_number", "Target: number within the pipeline"),
        Column("job_id", Kind.TEXT, "job_id", "Target: job; joins jobs.id"),
        Column("agent_id", Kind.TEXT, "agent_id", "Target: agent; joins agents.id"),
        Column(
            "fields",
            Kind.JSON,
            "fields",
            "What is sent with it; of env the names only, of steps nothing but the length",
        ),
        Column("reason", Kind.TEXT, "reason", "Why it was asked for"),
        Column("requested_by", Kind.TEXT, "requested_by", "Who asked for it, if that was said"),
        Column(
            "requested_at",
            Kind.TIMESTAMP,
            "requested_at",
            "When it was asked for; by the API's clock, once that has told the time",
        ),
        Column("dry", Kind.BOOLEAN, "dry", "It was only looked at"),
        Column(
            "status",
            Kind.TEXT,
            "status",
            "dry, refused (never sent), sent (not answered yet), done, failed (the API refused), "
            "or unknown (sent, and no answer came)",
        ),
        Column("answered_at", Kind.TIMESTAMP, "answered_at", "When the API answered"),
        Column("http_status", Kind.INTEGER, "http_status", "Status of the answer"),
        Column("answer_id", Kind.TEXT, "answer_id", "Id of the build, job or other in the answer"),
        Column("answer_number", Kind.INTEGER, "answer_number", "Number of the build in the answer"),
        Column("answer_url", Kind.TEXT, "answer_url", "Its page"),
        Column("error", Kind.TEXT, "error", "Why it was refused, failed or is unknown"),
        Column(
            "fetched_at",
            Kind.TIMESTAMP,
            "fetched_at",
            "When this was written, by our clock; of a key the latest row counts",
        ),
    ),
    primary_key=("key",),
)
