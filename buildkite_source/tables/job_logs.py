"""Job logs: a row per log, and a row per line of it."""

from .details import BUILD_COLUMNS
from .model import FETCHED_AT, LINEAGE, Column, Kind, Table

_JOBS = "https://buildkite.com/docs/apis/rest-api/jobs"
JOB_ID = Column("job_id", Kind.TEXT, "job_id", "Job (attempt); joins jobs.id", required=True)

JOB_LOGS = Table(
    name="job_logs",
    description="One row per job whose log was fetched",
    documentation=_JOBS,
    columns=(
        JOB_ID,
        *BUILD_COLUMNS,
        Column("status", Kind.TEXT, "status", "loaded; absent: the API has no log of the job"),
        Column(
            "settled", Kind.BOOLEAN, "settled", "The job had ended: the log is not fetched again"
        ),
        Column("size", Kind.INTEGER, "size", "Bytes of the whole log as far as the API told"),
        Column("fetched_bytes", Kind.INTEGER, "fetched_bytes", "Bytes that were fetched"),
        Column("truncated", Kind.BOOLEAN, "truncated", "Only the end of the log was fetched"),
        Column("lines", Kind.INTEGER, "lines", "Lines fetched"),
        Column("cut_lines", Kind.INTEGER, "cut_lines", "Lines that lost their end, being too long"),
        Column("cut_bytes", Kind.INTEGER, "cut_bytes", "Bytes they lost"),
        Column("first_at", Kind.TIMESTAMP, "first_at", "First time in the log"),
        Column("last_at", Kind.TIMESTAMP, "last_at", "Last time in the log"),
        *LINEAGE,
        FETCHED_AT,
    ),
    primary_key=("job_id",),
)

# Its rows come from the log parser and not from JSON; see `buildkite_source.logs.log_schema`.
JOB_LOG_LINES = Table(
    name="job_log_lines",
    description="One row per line of a job log",
    documentation="https://buildkite.com/docs/pipelines/configure/managing-log-output",
    columns=(
        JOB_ID,
        *BUILD_COLUMNS,
        Column(
            "line_number",
            Kind.INTEGER,
            "line_number",
            "1 for the first line fetched; of a truncated log that is not its first",
            required=True,
        ),
        Column("logged_at", Kind.TIMESTAMP, "logged_at", "First time mark in the line"),
        Column("group_header", Kind.TEXT, "group_header", "Latest group header above the line"),
        Column("text", Kind.TEXT, "text", "What a terminal shows of it in the end"),
        Column("is_header", Kind.BOOLEAN, "is_header", "It is a group header, or looks like one"),
        Column("is_progress", Kind.BOOLEAN, "is_progress", "It wrote over itself, or erased"),
        Column("is_cut", Kind.BOOLEAN, "is_cut", "Its end is missing, as it was too long"),
        Column("raw", Kind.BINARY, "raw", "The line as it came, hostile; null unless asked for"),
        FETCHED_AT,
    ),
    primary_key=("job_id", "line_number"),
)
