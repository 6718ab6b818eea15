"""The command line with destinations other than a DuckDB file of its own."""

import shutil
from datetime import timedelta

import pytest

from buildkite_source.tables import BUILDS, TABLES
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli, everything_in
from tests.reading import parquet_rows

from .server import PostgresServer

__all__ = ["cli", "without_views"]


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


@pytest.mark.slow
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
        cursor.execute(f"DROP TABLE {dataset}.runs")
    assert found == wanted_comments()
    # A run that finds no journal begins one.
    for command in ("sync", "backfill"):
        cli.loads("--quiet", command, "--destination", "postgres", "--dataset", dataset)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT command, error FROM {dataset}.runs ORDER BY started_at")
        assert cursor.fetchall() == [("sync", None), ("backfill", None)]
    connection.close()


@pytest.mark.slow
@pytest.mark.with_views
def test_readers_write_nothing_into_postgres(
    cli: Cli, postgres: PostgresServer, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.url)
    cli.secrets = [postgres.password]
    place = ("--destination", "postgres", "--dataset", dataset)
    schemas = relations(postgres)
    assert "Nothing is loaded yet" in cli.loads("status", *place).out
    assert "Nothing is loaded yet" in cli.fails("report", *place)
    assert relations(postgres) == schemas
    assert not (cli.folder / "dlt").exists()

    cli.loads("--quiet", *place)
    loaded = relations(postgres)
    shutil.rmtree(cli.folder / "dlt")
    assert "changes followed up to" in cli.loads("status", *place).out
    assert "# CI of" in cli.loads("report", *place).out
    assert relations(postgres) == loaded
    assert not (cli.folder / "dlt").exists()


def relations(postgres: PostgresServer) -> set[tuple[str, str | None, int]]:
    """Return every schema and what is in it, with the rows ever written to each table."""
    connection = postgres.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT n.nspname, c.relname, coalesce(pg_stat_get_tuples_inserted(c.oid) "
            "+ pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid), 0) "
            "FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid "
            "WHERE n.nspname !~ '^pg_|^information_schema$'"
        )
        found = set(cursor.fetchall())
    connection.close()
    return found


def test_readers_write_nothing_into_a_bucket(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = cli.folder / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    place = ("--destination", "filesystem")
    assert "Nothing is loaded yet" in cli.loads("status", *place).out
    assert not bucket.exists()
    assert not (cli.folder / "dlt").exists()
    cli.loads("--quiet", *place, "--resources", "builds")
    before = everything_in(cli.folder)
    assert "changes followed up to" in cli.loads("status", *place).out
    assert everything_in(cli.folder) == before


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


@pytest.mark.slow
def test_two_places_do_not_share_what_they_cover(cli: Cli) -> None:
    for dataset in ("first", "second"):
        cli.loads("--quiet", "--resources", "builds", "--dataset", dataset)
        cli.simulator.world.clock.advance(timedelta(hours=5))
    cli.loads("--quiet", "--resources", "builds", "--dataset", "first")
    assert cli.count("builds", "first") == len(cli.simulator.world.truth()["builds"])
