"""Details into PostgreSQL: what is wanted is read from there as well."""

from typing import Any

import pytest

from tests.source.conftest import Loader
from tests.source.details import detail_requests, rows_asked_for
from tests.source.test_job_logs import log_requests

from .conftest import Load
from .server import PostgresServer

_NAMES = ("annotations", "artifacts", "job_logs", "job_log_lines")
_FETCHED = "select count(*), count(distinct build_id) from {dataset}.fetched_details"


def _count(postgres: PostgresServer, query: str) -> tuple[Any, ...]:
    connection = postgres.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row: tuple[Any, ...] = cursor.fetchone()
            return row
    finally:
        connection.close()


@pytest.mark.slow
def test_details_are_wanted_by_what_the_database_holds(
    loader: Loader,
    load_postgres: Load,
    dataset: str,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_postgres()
    load_postgres(resources=_NAMES, max_age="400d", max_requests=250)
    asked = detail_requests(loader.simulator) + log_requests(loader.simulator)
    assert asked
    load_postgres(resources=_NAMES, max_age="400d")
    rows, builds = _count(postgres, _FETCHED.format(dataset=dataset))
    assert rows == 2 * builds > 50
    lines, logs = _count(
        postgres,
        f"select sum(lines), count(*) from {dataset}.job_logs",
    )
    assert _count(
        postgres,
        f"select count(*), count(distinct job_id) from {dataset}.job_log_lines",
    ) == (lines, logs)
    before = detail_requests(loader.simulator) + log_requests(loader.simulator)
    assert len(before) == len(set(before))
    numbers = rows_asked_for(monkeypatch)
    load_postgres(resources=_NAMES, max_age="400d")
    # What was fetched stays in the database.
    assert sum(numbers) < 10
    assert detail_requests(loader.simulator) + log_requests(loader.simulator) == before
