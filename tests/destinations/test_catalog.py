"""Everything else an organization holds: the same rows in PostgreSQL as in DuckDB."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.source.conftest import Loader
from tests.source.test_catalog import NAMES, TABLES

from .conftest import Load
from .server import PostgresServer

# Rows of these tell of the moment they were read.
_OF_THE_MOMENT = ("rate_limits", "agent_observations")
_VOLATILE = ("fetched_at", "first_seen_at", "last_seen_at", "_dlt_load_id", "_dlt_id")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with contextlib.suppress(ValueError):
            return json.dumps(json.loads(value), sort_keys=True)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    # PostgreSQL stores empty text as null, by way of CSV.
    return None if value == "" else value


def _rows(postgres: PostgresServer, dataset: str, table: str) -> list[dict[str, Any]]:
    connection = postgres.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"select * from {dataset}.{table}")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        connection.close()


def _comparable(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(
        str({name: _plain(row[name]) for name in sorted(row) if name not in _VOLATILE})
        for row in rows
    )


@pytest.mark.slow
def test_all_of_it_is_the_same_in_postgresql(
    loader: Loader, load_postgres: Load, dataset: str, postgres: PostgresServer
) -> None:
    pipeline = loader.pipeline()
    pipeline.run(loader.source(catalog=None, since="900d").with_resources(*NAMES))
    for _ in range(2):
        load_postgres(resources=NAMES, catalog=None, since="900d")
    for table in TABLES:
        if table.name in _OF_THE_MOMENT:
            continue
        want = loader.rows(table.name, "1")
        got = _rows(postgres, dataset, table.name)
        assert _comparable(got) == _comparable(want), table.name
