"""Uploads of steps to builds while they ran."""

from .context import HAPPENED
from .details import BUILD_COLUMNS
from .model import DERIVABLE_URL, GRAPHQL_ID, LINEAGE, Column, Kind, Table

# The definition is only sent for a single upload: it is fetched when secrets are asked for.
STEP_UPLOADS = Table(
    name="step_uploads",
    description="One row per upload of steps to a build; the API forgets them after about 30 days",
    documentation="https://buildkite.com/docs/apis/rest-api/step-uploads",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Upload id (UUID)", required=True),
        *BUILD_COLUMNS,
        Column("source_job_id", Kind.TEXT, "source_job_id", "Job that uploaded; joins jobs.id"),
        Column("source", Kind.TEXT, "source", "Where it came from, such as job"),
        Column("state", Kind.TEXT, "state", "Such as applied or rejected"),
        Column(
            "replace_existing_steps",
            Kind.BOOLEAN,
            "replace_existing_steps",
            "Takes the place of the steps not begun",
        ),
        Column(
            "created_jobs_count",
            Kind.INTEGER,
            "created_jobs_count",
            "Jobs it added; null until applied",
        ),
        Column("rejection_type", Kind.TEXT, "rejection_type", "Why it was rejected: kind"),
        Column("message", Kind.TEXT, "message", "Why it was rejected"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was uploaded"),
        Column("processed_at", Kind.TIMESTAMP, "processed_at", "When it was applied or rejected"),
        Column(
            "definition_bytes",
            Kind.INTEGER,
            "definition_bytes",
            "Bytes of the definition",
            secret=True,
        ),
        Column(
            "definition_yaml", Kind.TEXT, "definition_yaml", "Steps with their env", secret=True
        ),
        Column(
            "definition_yaml_omitted",
            Kind.BOOLEAN,
            "definition_yaml_omitted",
            "The definition was left out of the answer",
            secret=True,
        ),
        *LINEAGE,
        *HAPPENED,
    ),
    omitted={"graphql_id": GRAPHQL_ID, "url": DERIVABLE_URL},
    primary_key=("uuid",),
)
