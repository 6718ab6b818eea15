"""What an engine makes of all views, held against DuckDB: the same SQL files, the same rows."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb

from buildkite_source.metrics import every_view, statement
from buildkite_source.tables import EVERY_TABLE, Column, Kind
from tests.metrics.warehouse import GIVEN, Row, Warehouse

DATASET = Warehouse.dataset
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Engine:
    """An engine, asked in its own dialect.

    Attributes:
        dialect: As sqlglot names it.
        execute: Runs a statement.
        fetch: Runs a query and returns its rows.
        types: What dlt makes of each kind of column there.
        quote: What names are put in.
        zone: What ends a time in UTC.
        nullable: How a column is declared that may be NULL.
        after: What ends the statement that makes a table.
        escaped: What stands for a backslash in text.
        off: By how much figures may be off, in seconds or else.
    """

    dialect: str
    execute: Callable[[str], Any]
    fetch: Callable[[str], Iterable[Sequence[Any]]]
    types: Mapping[Kind, str]
    quote: str = '"'
    zone: str = ""
    nullable: str = "{}"
    after: str = ""
    escaped: str = "\\\\"
    off: float = 1e-5

    def fill(self, rows: Mapping[str, list[Row]]) -> None:
        """Make all tables, and insert rows."""
        for table in EVERY_TABLE:
            columns = ", ".join(
                f"{self._name(one.name)} {self._type(one)}" for one in table.columns
            )
            self.execute(f"CREATE TABLE {self.path(table.name)} ({columns}){self.after}")
        for name, found in rows.items():
            keys = list(dict.fromkeys(key for row in found for key in row))
            values = ", ".join(
                f"({', '.join(self._literal(row.get(key)) for key in keys)})" for row in found
            )
            columns = ", ".join(map(self._name, keys))
            self.execute(f"INSERT INTO {self.path(name)} ({columns}) VALUES {values}")

    def path(self, name: str) -> str:
        return f"{self._name(DATASET)}.{self._name(name)}"

    def views(self) -> tuple[list[str], dict[str, str]]:
        """Make the views; return those that answer, and what is said to the others."""
        made: list[str] = []
        refused: dict[str, str] = {}
        for view in every_view():
            if lacking := view.reads & refused.keys():
                refused[view.name] = f"it reads {min(lacking)}"
                continue
            query = statement(view, self.dialect, lambda name: (DATASET, name), GIVEN)
            try:
                self.execute(f"CREATE VIEW {self.path(view.name)} AS {query}")
                list(self.fetch(f"SELECT * FROM {self.path(view.name)}"))
            # Each engine has errors of its own.
            except Exception as error:
                refused[view.name] = " ".join(str(error).split())[:400]
            else:
                made.append(view.name)
        return made, refused

    def _name(self, name: str) -> str:
        return f"{self.quote}{name}{self.quote}"

    def _type(self, column: Column) -> str:
        found = self.types[column.kind]
        return found if column.required else self.nullable.format(found)

    def _literal(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, datetime):
            in_utc = value.astimezone(UTC).replace(tzinfo=None)
            return f"'{in_utc.isoformat(' ', 'microseconds')}{self.zone}'"
        text = value if isinstance(value, str) else json.dumps(value)
        return "'" + text.replace("'", "''").replace("\\", self.escaped) + "'"


def in_duckdb(rows: Mapping[str, list[Row]]) -> Warehouse:
    """Return a DuckDB warehouse with all views."""
    warehouse = Warehouse(duckdb.connect(), "duckdb")
    warehouse.zone("UTC")
    warehouse.fill(dict(rows))
    return warehouse


def assert_equal(engine: Engine, rows: Mapping[str, list[Row]], views: Iterable[str]) -> None:
    """Hold the rows of views against DuckDB's."""
    truth = in_duckdb(rows)
    for view in views:
        want = list(truth.query(f"SELECT * FROM {DATASET}.{view}"))
        assert want, view
        got = engine.fetch(f"SELECT * FROM {engine.path(view)}")
        assert differences(want, got, engine.off) == [], view


def differences(
    want: Iterable[Sequence[Any]], got: Iterable[Sequence[Any]], off: float
) -> list[Any]:
    """Return pairs of rows that differ, in floats by more than `off`; times to the millisecond."""
    left, right = (sorted(map(_plain_row, rows), key=_order) for rows in (want, got))
    if len(left) != len(right):
        return [(len(left), len(right))]
    equal = partial(_equal, off=off)
    return [pair for pair in zip(left, right, strict=True) if not all(map(equal, *pair))]


def _order(row: tuple[Any, ...]) -> tuple[str, list[float]]:
    """Sort by all but the numbers, which may differ a little, and then by the numbers."""
    rest = repr([None if _is_number(value) else value for value in row])
    return rest, [round(value, 2) for value in row if _is_number(value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _equal(want: Any, got: Any, off: float) -> bool:
    if isinstance(want, float) and _is_number(got):
        return math.isclose(want, got, rel_tol=1e-9, abs_tol=off)
    return bool(want == got)


def _plain_row(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(_plain, row))


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str) and _TIME.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        zoned = value.astimezone(UTC) if value.tzinfo else value
        return zoned.replace(tzinfo=None).isoformat(" ", timespec="milliseconds")
    return value
