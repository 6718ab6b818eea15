"""The tables that the models read, with what is known of them beyond their columns."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlt.common.schema.typing import TColumnSchema

from buildkite_source.load.choice import Choice
from buildkite_source.load.journal import RUNS, WAITING
from buildkite_source.load.journal_columns import RUN_COLUMNS, WAITING_COLUMNS
from buildkite_source.tables import EVERY_TABLE, FETCHED_AT, FETCHED_DETAILS, Table

_LOADS = {
    "load_id": "Load; joins _dlt_load_id of the tables",
    "schema_name": "dlt schema it was of",
    "status": "0 = complete",
    "inserted_at": "When it was complete, by the destination's clock",
    "schema_version_hash": "Version of the dlt schema",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One table of the dataset.

    Attributes:
        name: Its name.
        description: What one row is.
        columns: Their descriptions, by name.
        key: Columns that no two rows share; none where rows are only added.
        required: Columns that are never NULL.
        loaded_at: Column that tells how new a row is; "" where none does.
        fresh_where: Rows of which the newest tells how fresh the data is, as a condition that any
            SQL has; "" where the table does not tell.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    loaded_at: str = ""
    fresh_where: str = ""


def sources_of(choice: Choice, *, include_secrets: bool) -> list[Source]:
    """Return the tables that loads of a choice make, dlt's and the journal's among them.

    Args:
        choice: Tables that are loaded.
        include_secrets: Columns that may hold credentials are loaded, too.
    """
    names = {*choice.lists, *choice.details}
    if choice.details:
        names.add(FETCHED_DETAILS.name)
    tables = [
        table if include_secrets else table.without_secrets()
        for table in EVERY_TABLE
        if table.name in names
    ]
    found = [*map(_source, tables), _runs()]
    if choice.details:
        waiting = "log or other detail that was asked for and waits for a run to come"
        found.append(Source(WAITING, f"One row per {waiting}", _described(WAITING_COLUMNS)))
    return [*found, _loads()]


def _source(table: Table) -> Source:
    columns = {column.name: column.description for column in table.columns}
    return Source(
        table.name,
        table.description,
        columns,
        key=() if table.append else table.primary_key,
        required=tuple(column.name for column in table.columns if column.required),
        loaded_at=FETCHED_AT.name if FETCHED_AT.name in columns else "",
    )


def _runs() -> Source:
    return Source(
        RUNS,
        "One row per run of the command line or of load()",
        _described(RUN_COLUMNS),
        loaded_at="started_at",
        # No other command follows changes. The newest build may be days old where all is well.
        fresh_where="command = 'sync' AND error IS NULL",
    )


def _described(columns: Mapping[str, TColumnSchema]) -> dict[str, str]:
    return {name: schema["description"] or "" for name, schema in columns.items()}


def _loads() -> Source:
    return Source(
        "_dlt_loads",
        "One row per load of dlt",
        _LOADS,
        key=("load_id",),
        required=("load_id", "inserted_at"),
        loaded_at="inserted_at",
        fresh_where="status = 0",
    )
