"""MariaDB, from the packages of a distribution: apt-get install mariadb-server."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from buildkite_source.tables import Kind
from tests.destinations.places import mariadb

from .engine import DATASET, Engine, assert_equal
from .rows import every_row

__all__ = ["mariadb"]

pytestmark = pytest.mark.slow

# As loads make them, see `load/sqlalchemy_tables.py`.
_TYPES = {
    Kind.TEXT: "LONGTEXT",
    Kind.INTEGER: "BIGINT",
    Kind.BOOLEAN: "BOOL",
    Kind.TIMESTAMP: "DATETIME(6)",
    Kind.JSON: "JSON",
    Kind.NUMBER: "DOUBLE",
    Kind.BINARY: "LONGBLOB",
}


@pytest.fixture
def connection(mariadb: Any) -> Iterator[Any]:
    made = mariadb.connect()
    yield made
    made.close()


def test_all_views_answer_as_in_duckdb(connection: Any) -> None:
    cursor = connection.cursor()

    def fetch(sql: str) -> Sequence[Any]:
        cursor.execute(sql)
        found: Sequence[Any] = cursor.fetchall()
        return found

    cursor.execute(f"CREATE DATABASE {DATASET} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    engine = Engine("mysql", cursor.execute, fetch, _TYPES, quote="`")
    rows = every_row(1)
    engine.fill(rows)
    views, refused = engine.views()
    assert refused == {}
    assert_equal(engine, rows, views)
