"""A dataset with all tables and metric views, in DuckDB or PostgreSQL, to put rows in and look."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from buildkite_source.metrics import Given, every_view, statement
from buildkite_source.tables import EVERY_TABLE, Kind

START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
PRICES = {"gpu": 3.0}
GIVEN = Given(PRICES, ["ship"])
_TYPES = {
    Kind.TEXT: {"duckdb": "VARCHAR", "postgres": "VARCHAR"},
    Kind.INTEGER: {"duckdb": "BIGINT", "postgres": "BIGINT"},
    Kind.BOOLEAN: {"duckdb": "BOOLEAN", "postgres": "BOOLEAN"},
    Kind.TIMESTAMP: {"duckdb": "TIMESTAMPTZ", "postgres": "TIMESTAMPTZ"},
    Kind.JSON: {"duckdb": "JSON", "postgres": "JSONB"},
    Kind.NUMBER: {"duckdb": "DOUBLE", "postgres": "DOUBLE PRECISION"},
    Kind.BINARY: {"duckdb": "BLOB", "postgres": "BYTEA"},
}

Row = dict[str, Any]


def at(minutes: float) -> datetime:
    """Return a time by its minutes from the start."""
    return START + timedelta(minutes=minutes)


class Warehouse:
    """Tables as dlt makes them, and the views.

    Args:
        connection: Of DuckDB or psycopg2.
        dialect: duckdb or postgres.
        given: What users set.
    """

    dataset = "ci"

    def __init__(self, connection: Any, dialect: str, given: Given = GIVEN) -> None:
        self._cursor = connection.cursor()
        self._dialect = dialect
        self._cursor.execute(f"CREATE SCHEMA {self.dataset}")
        for table in EVERY_TABLE:
            columns = ", ".join(
                f'"{column.name}" {_TYPES[column.kind][dialect]}' for column in table.columns
            )
            self._cursor.execute(f"CREATE TABLE {self.dataset}.{table.name} ({columns})")
        for view in every_view():
            query = statement(view, dialect, lambda name: (self.dataset, name), given)
            self._cursor.execute(f"CREATE VIEW {self.dataset}.{view.name} AS {query}")

    def clear(self) -> None:
        for table in EVERY_TABLE:
            self._cursor.execute(f"DELETE FROM {self.dataset}.{table.name}")

    def zone(self, name: str) -> None:
        self._cursor.execute(f"SET TimeZone = '{name}'")

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Insert rows, all at once: DuckDB takes its time for every statement."""
        keys = list(dict.fromkeys(key for row in rows for key in row))
        mark = "?" if self._dialect == "duckdb" else "%s"
        names = ", ".join(f'"{key}"' for key in keys)
        marks = ", ".join([f"({', '.join([mark] * len(keys))})"] * len(rows))
        self._cursor.execute(
            f"INSERT INTO {self.dataset}.{table} ({names}) VALUES {marks}",
            [row.get(key) for row in rows for key in keys],
        )

    def fill(self, tables: dict[str, list[Row]]) -> None:
        for table, rows in tables.items():
            self.insert(table, rows)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql)
        return list(self._cursor.fetchall())

    def view(self, name: str, columns: Sequence[str], where: str = "TRUE") -> list[tuple[Any, ...]]:
        """Return these columns of a view, ordered by them."""
        names = ", ".join(columns)
        places = ", ".join(str(number) for number in range(1, len(columns) + 1))
        return self.query(
            f"SELECT {names} FROM {self.dataset}.{name} WHERE {where} ORDER BY {places}"
        )

    def one(self, name: str, *columns: str, where: str = "TRUE") -> Any:
        """Return the only row of a view; of one column, its value."""
        (row,) = self.view(name, columns, where)
        return row[0] if len(columns) == 1 else row
