"""Snowflake, as fakesnow plays it over DuckDB.

uv run --with fakesnow --with 'snowflake-connector-python<4' pytest -m slow tests/engines. It shows
that the SQL is Snowflake's, and that its meaning is what fakesnow takes it for.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from buildkite_source.tables import Kind

from .engine import DATASET, Engine, assert_equal
from .rows import every_row

pytestmark = pytest.mark.slow

# As dlt's destination has them.
_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "NUMBER(19, 0)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIMESTAMP: "TIMESTAMP_TZ",
    Kind.JSON: "VARIANT",
    Kind.NUMBER: "FLOAT",
    Kind.BINARY: "BINARY",
}


def test_all_views_answer_as_in_duckdb() -> None:
    fakesnow = pytest.importorskip("fakesnow", reason="uv run --with fakesnow")
    connector = pytest.importorskip("snowflake.connector")
    with fakesnow.patch():
        cursor = connector.connect(database="db", schema=DATASET).cursor()

        def fetch(sql: str) -> Sequence[Any]:
            cursor.execute(sql)
            found: Sequence[Any] = cursor.fetchall()
            return found

        engine = Engine("snowflake", cursor.execute, fetch, _TYPES, quote="", zone="+00:00")
        rows = every_row(1)
        engine.fill(rows)
        views, refused = engine.views()
        assert refused == {}
        assert_equal(engine, rows, views)
