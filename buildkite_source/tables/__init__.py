"""One definition per table, and everything made from it: Arrow, hints, documentation."""

from .arrow import Shaper, arrow_schema
from .builds import BUILDS
from .documentation import comment_statements, markdown
from .hints import resource_hints, table_schema
from .jobs import JOBS
from .model import Column, Kind, Table
from .organizations import ORGANIZATIONS
from .pipelines import PIPELINES
from .slices import MISSING_BUILDS, SLICES

TABLES: tuple[Table, ...] = (ORGANIZATIONS, PIPELINES, BUILDS, JOBS, SLICES, MISSING_BUILDS)

__all__ = [
    "BUILDS",
    "JOBS",
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
