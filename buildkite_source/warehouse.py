"""What the destination holds already, asked in SQL while a source is extracted."""

from typing import Any

import dlt


def stored_tables() -> set[str]:
    """Return the tables that are loaded."""
    pipeline = dlt.current.pipeline()
    if not pipeline.default_schema_name:
        return set()
    return set(pipeline.default_schema.data_table_names(seen_data_only=True))


def has_column(table: str, column: str) -> bool:
    """Whether a table is loaded and has a column; an earlier version may not have made it."""
    if table not in stored_tables():
        return False
    return column in dlt.current.pipeline().default_schema.tables[table]["columns"]


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query, in DuckDB's dialect or the destination's own."""
    rows: list[tuple[Any, ...]] = dlt.current.pipeline().dataset()(sql).fetchall()
    return rows
