"""Environment variables of jobs, as far as they are allowed by name."""

from .details import BUILD_COLUMNS
from .job_logs import JOB_ID
from .model import FETCHED_AT, Column, Kind, Table

JOB_ENV = Table(
    name="job_env",
    description="One row per job whose environment was fetched",
    documentation="https://buildkite.com/docs/apis/rest-api/jobs",
    columns=(
        JOB_ID,
        *BUILD_COLUMNS,
        Column("status", Kind.TEXT, "status", "loaded; absent: the API has no such job any more"),
        Column(
            "env",
            Kind.JSON,
            "env",
            "Values of the allowed variables that the job had",
            mentions_people=True,
        ),
        Column(
            "allowed",
            Kind.TEXT,
            "allowed",
            "Names that were allowed then; a job of another list is fetched again",
        ),
        FETCHED_AT,
    ),
    primary_key=("job_id",),
)
