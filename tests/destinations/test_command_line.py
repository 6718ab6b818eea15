"""The command line with destinations other than a DuckDB file of its own."""

from datetime import timedelta

import pytest

from buildkite_source.tables import BUILDS, TABLES
from tests.cli.conftest import cli
from tests.cli.running import Cli
from tests.reading import parquet_rows

from .server import PostgresServer

__all__ = ["cli"]


def wanted_comments() -> dict[tuple[str, str], str]:
    """Return descriptions by table and column; "" stands for the table itself."""
    return {
        (table.name, column): text
        for table in TABLES
        for column, text in [
            ("", table.description),
            *((column.name, column.description) for column in table.without_secrets().columns),
        ]
    }


def test_postgres_and_its_comments(
    cli: Cli, postgres: PostgresServer, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.url)
    cli.secrets = [postgres.password]
    outcome = cli.loads("--destination", "postgres", "--dataset", dataset)
    assert f"dataset {dataset} in postgresql://loader:***@127.0.0.1" in outcome.out
    connection = postgres.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, coalesce(a.attname, ''), d.description FROM pg_description d "
            "JOIN pg_class c ON c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid "
            "AND d.objsubid > 0 WHERE n.nspname = %s AND c.relkind = 'r'",
            [dataset],
        )
        found = {(table, column): text for table, column, text in cursor.fetchall()}
    connection.close()
    assert found == wanted_comments()


def test_postgres_that_refuses_the_password(
    cli: Cli, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "wrong-Pa55word"
    monkeypatch.setenv(
        "DESTINATION__POSTGRES__CREDENTIALS", postgres.url.replace(postgres.password, wrong)
    )
    cli.secrets = [wrong]
    text = cli.fails("--destination", "postgres")
    assert 'password authentication failed for user "loader"' in text


def test_files_say_which_row_counts(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = cli.folder / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    arguments = ["--destination", "filesystem", "--resources", "builds"]
    outcome = cli.loads(*arguments)
    assert "This destination only appends" in outcome.out
    assert f"Data: dataset buildkite_data in {bucket.as_uri()}" in outcome.out
    truth = {build["id"] for build in cli.simulator.world.truth()["builds"]}
    rows = parquet_rows(bucket / "buildkite_data", BUILDS)
    assert {row["id"] for row in rows} == truth
    assert len(rows) == len(truth)


def test_two_places_do_not_share_what_they_cover(cli: Cli) -> None:
    for dataset in ("first", "second"):
        cli.loads("--quiet", "--resources", "builds", "--dataset", dataset)
        cli.simulator.world.clock.advance(timedelta(hours=5))
    cli.loads("--quiet", "--resources", "builds", "--dataset", "first")
    assert cli.count("builds", "first") == len(cli.simulator.world.truth()["builds"])
