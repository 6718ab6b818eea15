"""ClickHouse, as the library chdb: uv run --with chdb pytest -m slow tests/engines."""

import json
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.tables import Kind

from .engine import DATASET, Engine, assert_equal
from .rows import every_row

pytestmark = pytest.mark.slow

# As dlt's destination has them.
_TYPES = {
    Kind.TEXT: "String",
    Kind.INTEGER: "Int64",
    Kind.BOOLEAN: "Bool",
    Kind.TIMESTAMP: "DateTime64(6, 'UTC')",
    Kind.JSON: "String",
    Kind.NUMBER: "Float64",
    Kind.BINARY: "String",
}


def test_all_views_answer_as_in_duckdb(tmp_path: Path) -> None:
    chdb = pytest.importorskip("chdb.session", reason="uv run --with chdb")
    session = chdb.Session(str(tmp_path / "clickhouse"))

    def fetch(sql: str) -> list[Any]:
        found = json.loads(session.query(sql, "JSONCompact").bytes())
        # Whole numbers come as text, as JSON's may be too small.
        wholes = [("Int" in column["type"]) for column in found["meta"]]
        return [
            [int(value) if whole and value is not None else value for value, whole in pairs]
            for pairs in (zip(row, wholes, strict=True) for row in found["data"])
        ]

    session.query(f"CREATE DATABASE {DATASET}")
    engine = Engine(
        "clickhouse",
        session.query,
        fetch,
        _TYPES,
        nullable="Nullable({})",
        after=" ENGINE = MergeTree ORDER BY tuple()",
    )
    rows = every_row(1)
    engine.fill(rows)
    views, refused = engine.views()
    assert refused == {}
    assert_equal(engine, rows, views)
    session.close()
