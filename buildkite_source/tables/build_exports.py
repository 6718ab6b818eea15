"""What was read of build exports: the memory of incremental loads, kept beside the rows."""

from .model import FETCHED_AT, ORGANIZATION_ID, Column, Kind, Table

_EXPORTS = "https://buildkite.com/docs/pipelines/governance/build-exports"
_EXPORTED_ON = Column(
    "exported_on",
    Kind.TEXT,
    "exported_on",
    "The folder date=…; what it is a date of is not documented",
)
_LOAD_ID = Column(
    "load_id",
    Kind.TEXT,
    "load_id",
    "Load that read it; joins _dlt_loads.load_id: what a load left half done counts as not read",
)
_LOGS = Column("logs", Kind.TEXT, "logs", "Which logs were read with it: none, failed or all")

BUILD_EXPORTS = Table(
    name="build_exports",
    description="One row per build folder of the exports, as it was when last read",
    documentation=_EXPORTS,
    columns=(
        Column("export_key", Kind.TEXT, "export_key", "Folder, without the bucket", required=True),
        ORGANIZATION_ID,
        Column("pipeline_id", Kind.TEXT, "pipeline_id", "Pipeline; joins pipelines.id"),
        Column("build_id", Kind.TEXT, "build_id", "Build; joins builds.id"),
        _EXPORTED_ON,
        Column("objects", Kind.INTEGER, "objects", "Objects in the folder"),
        Column("size", Kind.INTEGER, "size", "Their bytes as stored"),
        Column(
            "fingerprint",
            Kind.TEXT,
            "fingerprint",
            "SHA-256 of their names, sizes and etags; another one is read again",
        ),
        Column("modified_at", Kind.TIMESTAMP, "modified_at", "When the newest was written"),
        _LOGS,
        _LOAD_ID,
        FETCHED_AT,
    ),
    primary_key=("export_key",),
)

EXPORT_DAYS = Table(
    name="export_days",
    description="One row per date of the exports whose folders were all read",
    documentation=_EXPORTS,
    columns=(
        Column("id", Kind.TEXT, "id", "Organization, a space and the date", required=True),
        ORGANIZATION_ID,
        _EXPORTED_ON,
        Column(
            "newest_on",
            Kind.TEXT,
            "newest_on",
            "Newest date of the organization then; far enough behind it, a date is settled",
        ),
        Column("builds", Kind.INTEGER, "builds", "Build folders there were"),
        _LOGS,
        _LOAD_ID,
        FETCHED_AT,
    ),
)
