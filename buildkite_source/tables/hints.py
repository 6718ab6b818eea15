"""Table definitions as dlt sees them."""

from typing import Any

from .model import Column, Kind, Table


def table_schema(table: Table) -> dict[str, Any]:
    """Return dlt's schema of a table with all its columns, independent of data."""
    return {
        "name": table.name,
        "description": table.description,
        "columns": {column.name: column_schema(column) for column in table.columns},
    }


def column_schema(column: Column) -> dict[str, Any]:
    """Return dlt's schema of a column.

    `fetched_at` decides which of two versions of a row in one load is kept: the later one.
    """
    schema: dict[str, Any] = {
        "name": column.name,
        "data_type": column.kind.value,
        "nullable": not column.required,
        "description": column.description,
    }
    if column.personal:
        schema["x-personal"] = True
    if column.name == "fetched_at":
        schema["dedup_sort"] = "desc"
    return schema


def resource_hints(table: Table) -> dict[str, Any]:
    """Return the arguments of `dlt.transformer` for a table: merged by its key, or added to.

    How it is merged is left to what the destination can do: dlt takes the first strategy that it
    names, `delete-insert` of databases and `upsert` of Delta and Iceberg; plain files are added to.

    dlt validates the hints of a resource again for every page, so they hold only what Arrow
    and the schema cannot tell: Arrow has no JSON type.
    """
    writing: dict[str, Any] = {
        "primary_key": list(table.primary_key),
        "write_disposition": "merge",
    }
    if table.append:
        writing = {"write_disposition": "append"}
    return {
        "name": table.name,
        **writing,
        "columns": {
            column.name: {"data_type": "json"}
            for column in table.columns
            if column.kind is Kind.JSON
        },
    }
