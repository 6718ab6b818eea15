"""SQLite, as Python has it: all views but those that need regular expressions."""

import sqlite3
from collections.abc import Iterator

import pytest

from buildkite_source.tables import Kind

from .engine import Engine, assert_equal
from .rows import every_row

# As SQLAlchemy names what dlt stores.
_TYPES = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "BIGINT",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.JSON: "JSON",
    Kind.NUMBER: "FLOAT",
    Kind.BINARY: "BLOB",
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    connection = sqlite3.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS ci")
    yield Engine(
        "sqlite",
        connection.execute,
        lambda sql: connection.execute(sql).fetchall(),
        _TYPES,
        escaped="\\",
        off=2e-3,
    )
    connection.close()


def test_views_answer_as_in_duckdb_but_for_regular_expressions(engine: Engine) -> None:
    rows = every_row(1)
    engine.fill(rows)
    views, refused = engine.views()
    told = {why for why in refused.values() if not why.startswith("it reads")}
    assert told == {"no such function: REGEXP_REPLACE"}
    assert len(views) == 25
    assert_equal(engine, rows, views)
