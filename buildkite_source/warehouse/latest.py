"""The rows that count where a destination only appends: of each primary key the latest."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlt import Schema
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.utils import resolve_merge_strategy
from dlt.common.schema.typing import TTableSchema
from dlt.common.schema.utils import get_columns_names_with_prop
from sqlglot import exp

from .queries import tables_of


@dataclass(frozen=True, slots=True)
class Key:
    """What tells the rows of a table apart.

    Attributes:
        primary: Columns of the primary key.
        newest: Column by which the latest row of a key is known.
    """

    primary: tuple[str, ...]
    newest: str


def appended(schema: Schema, capabilities: DestinationCapabilitiesContext) -> dict[str, Key]:
    """Return the tables that were to be merged and are added to, as files cannot be merged into.

    Args:
        schema: What was loaded.
        capabilities: Of the destination.
    """
    strategies = capabilities.supported_merge_strategies or ()
    # Of most destinations every table can be merged.
    if "delete-insert" in strategies:
        return {}
    return {
        name: key
        for name, table in schema.tables.items()
        if table.get("write_disposition") == "merge"
        and (not strategies or resolve_merge_strategy(schema.tables, table, capabilities) is None)
        and (key := _key(table))
    }


def latest(query: exp.Expr, keys: Mapping[str, Key]) -> exp.Expr:
    """Return a query that sees of each primary key the row that was fetched last.

    Args:
        query: On tables without their dataset; it is changed.
        keys: Tables that are added to; all others are left as they are.
    """
    for table in tables_of(query):
        if key := keys.get(table.name):
            rank = exp.Window(
                this=exp.RowNumber(),
                partition_by=[exp.column(name) for name in key.primary],
                order=exp.Order(expressions=[exp.Ordered(this=exp.column(key.newest), desc=True)]),
            )
            rows = exp.select("*").from_(exp.to_table(table.name)).qualify(rank.eq(1))
            table.replace(rows.subquery(table.alias or table.name, copy=False))
    return query


def _key(table: TTableSchema) -> Key | None:
    primary = get_columns_names_with_prop(table, "primary_key", include_incomplete=True)
    newest = get_columns_names_with_prop(table, "dedup_sort", include_incomplete=True)
    return Key(tuple(primary), newest[0]) if primary and newest else None
