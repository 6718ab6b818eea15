"""One definition per table, and everything made from it: Arrow, hints, documentation."""

from .arrow import Shaper, arrow_schema
from .builds import BUILDS
from .details import ANNOTATIONS, ARTIFACTS, BUILD_COLUMNS, FETCHED_DETAILS
from .documentation import comment_statements, markdown
from .hints import resource_hints, table_schema
from .job_env import JOB_ENV
from .job_logs import JOB_LOG_LINES, JOB_LOGS
from .jobs import JOBS
from .model import Column, Kind, Table
from .organizations import ORGANIZATIONS
from .pipelines import PIPELINES
from .slices import MISSING_BUILDS, SLICES

# Loaded by a plain run: lists only.
TABLES: tuple[Table, ...] = (ORGANIZATIONS, PIPELINES, BUILDS, JOBS, SLICES, MISSING_BUILDS)
# Loaded when asked for: they cost a request or more for each build or job.
DETAILS: tuple[Table, ...] = (ANNOTATIONS, ARTIFACTS, FETCHED_DETAILS, JOB_ENV)
LOGS: tuple[Table, ...] = (JOB_LOGS, JOB_LOG_LINES)
EVERY_TABLE = TABLES + DETAILS + LOGS

__all__ = [
    "ANNOTATIONS",
    "ARTIFACTS",
    "BUILDS",
    "BUILD_COLUMNS",
    "DETAILS",
    "EVERY_TABLE",
    "FETCHED_DETAILS",
    "JOBS",
    "JOB_ENV",
    "JOB_LOGS",
    "JOB_LOG_LINES",
    "LOGS",
    "MISSING_BUILDS",
    "ORGANIZATIONS",
    "PIPELINES",
    "SLICES",
    "TABLES",
    "Column",
    "Kind",
    "Shaper",
    "Table",
    "arrow_schema",
    "comment_statements",
    "markdown",
    "resource_hints",
    "table_schema",
]
