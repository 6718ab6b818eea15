"""What was asked for, and what could not be used: the log of the source's own work."""

from .model import FETCHED_AT, ORGANIZATION_ID, Column, Kind, Table

_PASSES = "https://buildkite.com/docs/apis/rest-api/builds"

SLICES = Table(
    name="slices",
    description="One row per query of a build list: which pass, which window, what it found",
    documentation=_PASSES,
    columns=(
        Column("id", Kind.TEXT, "id", "List, pass, window and run", required=True),
        ORGANIZATION_ID,
        Column("list", Kind.TEXT, "list", "Organization slug, or organization and pipeline"),
        Column(
            "pass",
            Kind.TEXT,
            "pass",
            "new, open, finished, lost, recheck, standing, history, hinted",
        ),
        Column("created_from", Kind.TIMESTAMP, "created_from", "Start of the creation window"),
        Column("created_to", Kind.TIMESTAMP, "created_to", "End of it, exclusive"),
        Column("read_from", Kind.TIMESTAMP, "read_from", "How far back it was really read"),
        Column("filters", Kind.TEXT, "filters", "Further filters"),
        Column("pages", Kind.INTEGER, "pages", "Pages read"),
        Column("builds", Kind.INTEGER, "builds", "Builds on them"),
        Column("complete", Kind.BOOLEAN, "complete", "Read to its end"),
        Column("run_at", Kind.TIMESTAMP, "run_at", "Start of the run, by the API's clock"),
        FETCHED_AT,
    ),
)

MISSING_BUILDS = Table(
    name="missing_builds",
    description="One row per build that had not settled when last seen and that the API no longer "
    "returns; its row in builds stays, and builds.fetched_at says when it was last seen",
    documentation=_PASSES,
    columns=(
        Column("id", Kind.TEXT, "id", "Build; joins builds.id", required=True),
        ORGANIZATION_ID,
        Column("created_at", Kind.TIMESTAMP, "created_at", "When the build was created"),
        Column("noticed_at", Kind.TIMESTAMP, "noticed_at", "When the API first did not return it"),
        FETCHED_AT,
    ),
)

REJECTED = Table(
    name="rejected",
    description="One row per object of the API that lacks what its table cannot be without, such "
    "as its id; it is in no other table",
    documentation=_PASSES,
    columns=(
        Column("id", Kind.TEXT, "id", "Hash of the table's name and the object", required=True),
        Column("table_name", Kind.TEXT, "table_name", "Table it was meant for"),
        Column("reason", Kind.TEXT, "reason", "What it lacks"),
        Column("list", Kind.TEXT, "list", "Where it was sent: an API URL, as far as is known"),
        Column("number", Kind.INTEGER, "number", "Its number, or that of its build"),
        # What is left of it may be anything, and anybody's.
        Column("raw", Kind.JSON, "raw", "The object without credentials", personal=True),
        FETCHED_AT,
    ),
)
