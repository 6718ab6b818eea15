"""Tables kept as Delta or Iceberg, read by DuckDB as the Parquet files that they are made of.

dlt has DuckDB read them by its extensions `delta` and `iceberg`, which DuckDB downloads when they
are first needed. What wrote the tables is installed, and knows which of their files count now.
"""

from collections.abc import Sequence
from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.destination.utils import prepare_load_table
from dlt.common.libs.pyarrow import pyarrow as pa  # type: ignore[attr-defined]
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from sqlglot import exp, parse_one

from .queries import tables_of

# What the files alone do not tell, and dlt's loads do not make: other programs may.
_NOT_IN_FILES = {"deletionVectors", "columnMapping"}


def show_open_tables(connection: Any, sql: str) -> None:
    """Have DuckDB see the Delta and Iceberg tables that a query reads, as they are now.

    dlt makes a view only of tables that have none yet. So those are left to it, and to the
    extensions, whose rows are not simply those of files.

    Args:
        connection: dlt's SQL client of a destination, entered; nothing is done for any that does
            not keep tables in files.
        sql: A query on tables by their names in the destination, in DuckDB's dialect.

    Raises:
        DatabaseUndefinedRelation: There is no such table.
    """
    client: Any = getattr(connection, "remote_client", None)
    if not hasattr(client, "load_open_table"):
        return
    for name in sorted({table.name for table in tables_of(parse_one(sql, dialect="duckdb"))}):
        table_format = _format(client, name)
        if not table_format:
            continue
        try:
            table = client.load_open_table(table_format, name)
        except DestinationUndefinedEntity as error:
            raise DatabaseUndefinedRelation(error) from error
        files = _READERS[table_format](table)
        if files is not None:
            _show(connection, name, files or pa.schema(_schema(table)))


def _format(client: Any, name: str) -> str | None:
    """Return the format of a table, if dlt knows the table and it is none of its own."""
    tables = client.schema.tables
    if name not in tables or client.is_dlt_table(name):
        return None
    table = prepare_load_table(tables, tables[name], client.capabilities)
    found: str | None = table.get("table_format")
    return found if found in _READERS else None


def _show(connection: Any, name: str, rows: Sequence[str] | pa.Schema) -> None:
    """Make a view of files, or of a table that has none yet, in the place of dlt's view."""
    native = connection.native_connection
    if isinstance(rows, pa.Schema):
        # Seen by this connection alone, so each makes it.
        source = exp.to_identifier(f"{name} without rows", quoted=True).sql("duckdb")
        native.register(f"{name} without rows", rows.empty_table())
    else:
        names = exp.Array(expressions=[exp.Literal.string(file) for file in rows])
        source = f"read_parquet({names.sql('duckdb')}, union_by_name = true)"
    path = connection.make_qualified_table_name(name)
    native.execute(f"CREATE OR REPLACE VIEW {path} AS SELECT * FROM {source}")  # noqa: S608


def _schema(table: Any) -> Any:
    schema = table.schema()
    return schema.to_arrow() if hasattr(schema, "to_arrow") else schema.as_arrow()


def _files_of_delta(table: Any) -> list[str] | None:
    """Return the files of a Delta table that count now; None if they are not all there is."""
    features = table.protocol().reader_features or ()
    return None if _NOT_IN_FILES.intersection(features) else table.file_uris()


def _files_of_iceberg(table: Any) -> list[str] | None:
    """Return the files of an Iceberg table that count now; None if they are not all there is.

    pyiceberg, by which dlt writes, writes files anew when rows of theirs change.
    """
    tasks = list(table.scan().plan_files())
    if any(task.delete_files for task in tasks):
        return None
    return [task.file.file_path.removeprefix("file://") for task in tasks]


_READERS = {"delta": _files_of_delta, "iceberg": _files_of_iceberg}
