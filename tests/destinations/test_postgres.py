from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from buildkite_source.tables import TABLES, Kind
from tests.oracle import MIRRORS, differences
from tests.reading import Rows, from_postgres
from tests.source.conftest import Loader
from tests.source.seen_twice import load_while_a_build_ends, versions_of

from .conftest import Load
from .server import PostgresServer

_TYPES = {
    Kind.TEXT: "character varying",
    Kind.INTEGER: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamp with time zone",
    Kind.JSON: "jsonb",
}


@pytest.fixture
def connection(postgres: PostgresServer) -> Iterator[Any]:
    connection = postgres.connect()
    connection.autocommit = True
    yield connection
    connection.close()


def blank_is_null(rows: Rows) -> Rows:
    """dlt copies CSV into PostgreSQL and tells it to take empty text for NULL."""
    return {
        table: {
            key: {name: None if value == "" else value for name, value in row.items()}
            for key, row in found.items()
        }
        for table, found in rows.items()
    }


def test_every_table_equals_the_world_and_loading_again_keeps_it_so(
    loader: Loader, load_postgres: Load, dataset: str, connection: Any
) -> None:
    load_postgres()
    assert differences(from_postgres(connection, dataset), blank_is_null(loader.truth())) == []
    before = _counts(connection, dataset)
    assert before["builds"] > 30
    wanted = {
        (table.name, column.name): _TYPES[column.kind]
        for table in TABLES
        for column in table.without_secrets().columns
    }
    assert _types(connection, dataset).items() >= wanted.items()

    load_postgres()
    assert _counts(connection, dataset) == before

    loader.clock.world.advance(timedelta(hours=5))
    load_postgres()
    after = _counts(connection, dataset)
    assert after["builds"] > before["builds"]
    assert after["pipelines"] == before["pipelines"]
    assert set(from_postgres(connection, dataset)["builds"]) == set(loader.truth()["builds"])


@pytest.mark.slow
def test_of_two_versions_in_one_load_the_newest_is_kept(
    loader: Loader, load_postgres: Load, dataset: str, connection: Any
) -> None:
    build = load_while_a_build_ends(loader, load_postgres)
    got = versions_of(build, from_postgres(connection, dataset))
    want = versions_of(build, blank_is_null(loader.truth()))
    assert want["builds"][build.id]["state"] == "passed"
    assert differences(got, want) == []


def _types(connection: Any, dataset: str) -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s",
            [dataset],
        )
        return {(table, column): kind for table, column, kind in cursor.fetchall()}


def _counts(connection: Any, dataset: str) -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for table in MIRRORS:
            cursor.execute(f"SELECT count(*), count(DISTINCT id) FROM {dataset}.{table.name}")
            total, distinct = cursor.fetchone()
            assert total == distinct
            counts[table.name] = total
    return counts
