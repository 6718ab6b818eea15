from collections.abc import Iterator

import duckdb
import pytest

from tests.destinations.conftest import postgres
from tests.destinations.server import PostgresServer

from .warehouse import Warehouse
from .world import World

__all__ = ["postgres"]


@pytest.fixture(scope="session")
def in_duckdb() -> Iterator[Warehouse]:
    with duckdb.connect() as connection:
        yield Warehouse(connection, "duckdb")


@pytest.fixture(scope="session")
def in_postgres(postgres: PostgresServer) -> Iterator[Warehouse]:
    connection = postgres.connect()
    connection.autocommit = True
    yield Warehouse(connection, "postgres")
    connection.close()


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """An empty dataset with all views; made once, emptied for each test."""
    found: Warehouse = request.getfixturevalue(f"in_{request.param}")
    found.clear()
    found.zone("UTC")
    return found


@pytest.fixture
def world(warehouse: Warehouse) -> World:
    return World(warehouse)
