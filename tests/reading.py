"""Loaded tables as rows by table and id, whatever holds them, for `oracle.differences`."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import psycopg2.extras
import pyarrow.parquet as pq

from buildkite_source.tables import Table
from tests.oracle import MIRRORS, comparable

Rows = dict[str, dict[str, dict[str, Any]]]


_alone = threading.Lock()


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file, to be read alone; times in UTC."""
    # Attached: to begin a DuckDB for a file takes as long as to read all of a small one.
    with _alone, _reader().cursor() as cursor:
        cursor.execute(f"ATTACH '{database}' AS \"{database.stem}\" (READ_ONLY)")
        try:
            cursor.execute(f"USE \"{database.stem}\"; SET TimeZone='UTC'")
            yield cursor
        finally:
            cursor.execute(f'USE memory; DETACH "{database.stem}"')


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return what a DuckDB file answers; times in UTC."""
    with reading(database) as connection:
        return connection.execute(sql).fetchall()


def from_duckdb(database: Path, dataset: str) -> Rows:
    """Return the tables of a DuckDB file."""
    with reading(database) as connection:
        return {
            table.name: _by_id(
                table, connection.sql(f"FROM {dataset}.{table.name}").to_arrow_table().to_pylist()
            )
            for table in MIRRORS
        }


def from_postgres(connection: Any, dataset: str) -> Rows:
    """Return the tables of a PostgreSQL schema."""
    psycopg2.extras.register_default_jsonb(connection, loads=lambda text: text)
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        rows: Rows = {}
        for table in MIRRORS:
            cursor.execute(f"SELECT * FROM {dataset}.{table.name}")
            rows[table.name] = _by_id(table, cursor.fetchall())
        return rows


def from_parquet(folder: Path) -> Rows:
    """Return the tables of a folder of Parquet files: of each id the row fetched last."""
    return {
        table.name: _by_id(
            table, sorted(parquet_rows(folder, table), key=lambda row: row["fetched_at"])
        )
        for table in MIRRORS
    }


def parquet_rows(folder: Path, table: Table) -> list[dict[str, Any]]:
    """Return every row of a table's Parquet files."""
    return [
        row
        for file in sorted((folder / table.name).glob("*.parquet"))
        for row in pq.ParquetFile(file).read().to_pylist()
    ]


def _by_id(table: Table, rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: comparable(table, row) for row in rows}
