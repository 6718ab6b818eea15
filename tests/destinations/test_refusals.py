"""A destination that refuses: what it takes is said, in one paragraph without a password."""

import socket
from typing import Any

import pytest
from dlt.destinations.impl.postgres.postgres import PostgresClient

from buildkite_source.load import advice
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli
from tests.oracle import differences, expected
from tests.reading import from_postgres

from .bucket import S3Server
from .places import mariadb
from .server import PostgresServer
from .test_postgres import blank_is_null

__all__ = ["cli", "mariadb", "without_views"]

_PLANTED = "planted-B0b"
_RIGHTS = "A load makes the dataset, another whose name ends in _staging, and tables and views"
_SMALL = ("--quiet", "--resources", "organizations")


def test_a_dataset_of_another_owner(
    cli: Cli, postgres: PostgresServer, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--destination", "postgres", "--dataset", dataset)
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.url)
    cli.loads(*_SMALL, *place)
    connection = postgres.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE bob LOGIN PASSWORD '{_PLANTED}'")
    bob = postgres.url.replace(f"{postgres.user}:{postgres.password}", f"bob:{_PLANTED}")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", bob)
    cli.secrets = [postgres.password, _PLANTED]
    for command in ((), ("status",)):
        told = cli.fails(*command, *place)
        assert f"permission denied for schema {dataset}. {_RIGHTS}" in told
    with connection, connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA {dataset} TO bob")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {dataset} TO bob")
    # Whoever may read may ask, and no more.
    assert "Last runs" in cli.loads("status", *place).out
    assert f"permission denied for database postgres. {_RIGHTS}" in cli.fails(*_SMALL, *place)
    connection.close()


@pytest.mark.slow
def test_a_user_who_may_make_no_database(
    cli: Cli, mariadb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER bob@localhost IDENTIFIED BY '{_PLANTED}'")
    bob = mariadb.url.replace("root@", f"bob:{_PLANTED}@").replace("/mysql?", "/?")
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", bob)
    cli.secrets = [_PLANTED]
    told = cli.fails(*_SMALL, "--destination", "sqlalchemy")
    assert "command denied to user 'bob'@'localhost'" in told
    assert _RIGHTS in told


@pytest.mark.slow
@pytest.mark.parametrize("table_format", [(), ("--table-format", "delta")], ids=["plain", "delta"])
def test_a_bucket_that_is_refused(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, table_format: tuple[str, ...]
) -> None:
    # moto lets everybody in until so many requests were made.
    monkeypatch.setenv("INITIAL_NO_AUTH_ACTION_COUNT", "0")
    with _Closed() as server:
        for name, value in server.settings("s3://acme-ci").items():
            monkeypatch.setenv(name, value)
        cli.secrets = ["planted-S3cret"]
        told = cli.fails(*_SMALL, "--destination", "filesystem", *table_format)
    assert "The storage of the destination filesystem refuses: " in told
    assert "Check that the bucket is there, its region, and what the key is allowed to do" in told


@pytest.mark.slow
def test_a_store_that_is_not_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _Closed().settings("s3://acme-ci").items():
        monkeypatch.setenv(name, value)
    cli.secrets = ["planted-S3cret"]
    told = cli.fails(*_SMALL, "--destination", "filesystem")
    assert "The destination filesystem cannot be reached: " in told


@pytest.mark.slow
def test_a_server_that_dies_as_a_load_ends(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ("--destination", "postgres", "--dataset", "ci")
    with PostgresServer() as server:
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", server.url)
        cli.secrets = [server.password]

        def die(client: PostgresClient, load_id: str) -> None:
            server.die()
            complete(client, load_id)

        complete = PostgresClient.complete_load
        with monkeypatch.context() as patch:
            patch.setattr(PostgresClient, "complete_load", die)
            assert "could not be opened" in cli.fails(*place)
        assert "Connection refused" in cli.fails("status", *place)
        server.come_back()
        cli.loads("--quiet", *place)
        cli.loads("--quiet", *place)
        connection = server.connect()
        truth = blank_is_null(expected(cli.simulator.world.truth()))
        assert differences(from_postgres(connection, "ci"), truth) == []
        connection.close()


@pytest.mark.parametrize(
    ("name", "text", "sign"),
    [
        ("OperationalError", "(1044, \"Access denied for user 'bob'\")", _RIGHTS),
        ("OperationalError", "Code: 497. Not enough privileges.", _RIGHTS),
        ("OperationalError", "(1045, \"Access denied for user 'bob'\")", "could not be opened"),
        ("ClientError", "An error occurred (NoSuchBucket)", "Check that the bucket is there"),
    ],
)
def test_the_words_of_drivers_are_understood(name: str, text: str, sign: str) -> None:
    error = type(name, (Exception,), {})(text)
    assert sign in advice.explain(error, "sqlalchemy")


class _Closed(S3Server):
    """Lets nobody in."""

    refused = OSError

    def _ask(self) -> None:
        socket.create_connection(("127.0.0.1", self._port)).close()
