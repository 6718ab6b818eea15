"""What was read of exports and what rows are newer: asked of the destination, batch by batch.

The memory lies in tables, not in dlt's state: it may be millions of folders, of which a load holds
those that it is about to compare. What a load has left half done counts as not read, for a memory
may arrive before the rows that it speaks of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import dlt

from buildkite_source.tables import BUILD_EXPORTS, BUILDS, EXPORT_DAYS, JOBS, Table
from buildkite_source.warehouse.stored import (
    has_column,
    is_empty,
    only_appends,
    rows_among,
    rows_of,
    stored_tables,
)

# Which logs are wanted, in the order of how many they are.
LOGS = ("none", "failed", "all")


@dataclass(frozen=True, slots=True)
class ReadDay:
    """A date whose folders were all read.

    Attributes:
        newest_on: The newest date there was then.
        logs: Which logs were read.
    """

    newest_on: str
    logs: str


def read_days() -> dict[tuple[str, str], ReadDay]:
    """Return the dates that were read whole, by organization and date."""
    if not _remembers(EXPORT_DAYS):
        return {}
    sql = "SELECT d.organization_id, d.exported_on, d.newest_on, d.logs FROM export_days AS d"
    return {(owner, on): ReadDay(newest, logs) for owner, on, newest, logs in rows_of(_whole(sql))}


def read_folders(first: str, last: str) -> dict[str, tuple[str, str]]:
    """Return fingerprint and logs of the folders that were read, from one key to another."""
    if not _remembers(BUILD_EXPORTS):
        return {}
    low, high = (key.replace("'", "''") for key in (first, last))
    sql = "SELECT d.export_key, d.fingerprint, d.logs FROM build_exports AS d"
    sql = f"{_whole(sql)} WHERE d.export_key >= '{low}' AND d.export_key <= '{high}'"
    return {key: (fingerprint, logs) for key, fingerprint, logs in rows_of(sql)}


def fetched_at(
    table: Table, column: str, values: Sequence[str], where: str = "true"
) -> dict[str, datetime]:
    """Return when the rows that are loaded were fetched, by their key.

    Nothing where the destination only adds rows: there the latest counts whatever comes.

    Args:
        table: A table with one column as its key.
        column: By which the rows are found.
        values: Its values.
        where: Which rows count besides, in SQL.
    """
    if not values or table.name not in stored_tables() or only_appends(table.name):
        return {}
    (key,) = table.primary_key
    sql = f"SELECT {key}, fetched_at FROM {table.name} WHERE {where}"  # noqa: S608 - names of ours
    return dict(rows_among(sql, column, values))


def covers(read: str, wanted: str) -> bool:
    """Whether logs that were read are all that are wanted."""
    return read in LOGS and LOGS.index(read) >= LOGS.index(wanted)


def _remembers(memory: Table) -> bool:
    """Whether a memory is there, and the rows that it speaks of are still there, too."""
    stored = stored_tables()
    if memory.name not in stored or not has_column(memory.name, "load_id"):
        return False
    return not any(table.name not in stored or is_empty(table.name) for table in (BUILDS, JOBS))


def _whole(sql: str) -> str:
    """Return a query that sees only what loads have brought that are whole."""
    loads = dlt.current.source_schema().loads_table_name
    return f"{sql} JOIN {loads} AS l ON l.load_id = d.load_id AND l.status = 0"
