"""What runs load and say, from the arguments on."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from threading import Event, Thread

import dlt
import duckdb
import pytest
import requests

from buildkite_simulator import Simulator
from buildkite_source.load.guards import one_at_a_time
from buildkite_source.tables import TABLES
from tests.oracle import differences, expected
from tests.reading import from_duckdb, query

from .running import Cli, words


def paths(simulator: Simulator) -> list[str]:
    return [request.path for request in simulator.requests]


@pytest.mark.with_views
def test_a_first_run_a_second_run_and_the_status(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing is loaded yet" in cli.loads("status").out
    assert cli.simulator.requests == []

    outcome = cli.loads()
    truth = expected(cli.simulator.world.truth())
    assert differences(from_duckdb(cli.database, "buildkite_data"), truth) == []
    _check_report(outcome.out, {table: len(rows) for table, rows in truth.items()}, cli)
    _check_lines(outcome.err.splitlines(), len(truth["jobs"]))
    assert _comments(cli) >= _descriptions()
    frame = dlt.pipeline("buildkite_pipeline").dataset().builds.df()
    assert set(frame["id"]) == set(truth["builds"])

    assert cli.loads("--quiet").text == ""
    assert differences(from_duckdb(cli.database, "buildkite_data"), truth) == []

    cli.simulator.reset_requests()
    monkeypatch.delenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN")
    status = cli.loads("status")
    assert f"Data: dataset buildkite_data in {cli.database}" in status.out
    assert f"{len(truth['builds']):,} builds" in status.out
    assert re.search(r"sync: \d+ builds in \d+ s, 3 requests", status.out)
    assert status.err == ""
    assert cli.simulator.requests == []


def _check_report(report: str, counts: dict[str, int], cli: Cli) -> None:
    for table, count in counts.items():
        assert re.search(rf"^  {table} +{count:,} rows$", report, re.MULTILINE)
    assert "Requests: 3, of which 0 were retries; waited 0 s for the budget" in report
    assert "Left out, as it may hold credentials" in report
    assert "builds.env" in report
    assert f"Data: dataset buildkite_data in {cli.database}\n" in report
    assert report.endswith("Next: dlt pipeline buildkite_pipeline info\n")


def _check_lines(lines: list[str], jobs: int) -> None:
    """Plain lines, as this is no terminal: each list with its pages, the budget, the rows."""
    assert lines[0] == "fetching …"
    builds = r"\S+/builds: page 1 of 1; 3 requests, \d+ left this minute.*"
    assert any(re.fullmatch(builds, line) for line in lines)
    assert any(re.fullmatch(rf"fetched: 3 requests, .* {jobs} jobs\b.*", line) for line in lines)
    assert lines[-2:] == ["preparing …", "loading …"]
    assert len(lines) == len(set(lines))


def _comments(cli: Cli) -> set[tuple[str, str, str]]:
    return set(
        query(
            cli.database,
            "SELECT table_name, '', comment FROM duckdb_tables() "
            "WHERE schema_name = 'buildkite_data' UNION ALL "
            "SELECT table_name, column_name, comment FROM duckdb_columns() "
            "WHERE schema_name = 'buildkite_data'",
        )
    )


def _descriptions() -> set[tuple[str, str, str]]:
    return {(table.name, "", table.description) for table in TABLES} | {
        (table.name, column.name, column.description)
        for table in TABLES
        for column in table.without_secrets().columns
    }


def test_arguments_narrow_what_is_asked_for(cli: Cli) -> None:
    organization = cli.simulator.world.organizations[0]
    one, two = (pipeline.slug for pipeline in organization.pipelines[:2])
    outcome = cli.loads(
        *("--organization", organization.slug, "--pipeline", one, "--pipeline", two),
        *("--since", "2d", "--resources", "builds", "--dataset", "ci"),
    )
    lists = [request for request in cli.simulator.requests if request.path.endswith("/builds")]
    assert {request.path.split("/")[-2] for request in lists} == {one, two}
    for request in lists:
        assert request.params["created_from"] == "2026-09-14T14:00:00Z"
    assert cli.count("builds", "ci") > 0
    # Only what was asked for is reported.
    assert "dataset ci in" in outcome.out
    assert " jobs " not in outcome.out.split("Requests:")[0]


def test_the_environment_and_secrets_toml_set_the_same(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN")
    settings = cli.folder / ".dlt"
    settings.mkdir()
    (settings / "secrets.toml").write_text(
        f'[sources.buildkite_source]\naccess_token = " {cli.simulator.token}\\n"\n'
    )
    (settings / "config.toml").write_text('[sources.buildkite_source]\nsince = "1d"\n')
    dlt.current.run_context().reload()
    cli.loads("--resources", "builds")
    builds = next(r for r in cli.simulator.requests if r.path.endswith("/builds"))
    assert builds.params["created_from"] == "2026-09-15T14:00:00Z"
    assert cli.count("builds") > 0


@pytest.mark.slow
def test_a_deleted_file_is_loaded_anew(cli: Cli) -> None:
    cli.loads("--quiet", "--resources", "builds")
    before = cli.count("builds")
    cli.database.unlink()
    assert "Nothing is loaded yet" in cli.loads("status").out
    cli.loads("--quiet", "--resources", "builds")
    assert f"{before:,} builds" in cli.loads("status").out
    assert cli.count("builds") == before


def test_a_backfill_reads_a_span_again_when_it_is_told_to(cli: Cli) -> None:
    cli.has_loaded()
    before = cli.count("builds")
    with duckdb.connect(str(cli.database)) as connection:
        connection.execute(
            "DELETE FROM buildkite_data.builds WHERE created_at > "
            "(SELECT max(created_at) - INTERVAL 20 HOUR FROM buildkite_data.builds)"
        )
    cli.loads("--quiet", "backfill", "--since", "60d")
    assert 0 < cli.count("builds") < before
    cli.loads("--quiet", "backfill", "--since", "60d", "--again")
    assert cli.count("builds") == before
    assert "--again goes with backfill" in words(cli("--again").err)


@pytest.mark.slow
def test_a_database_restored_from_an_older_copy_is_filled_and_it_is_told(cli: Cli) -> None:
    cli.has_loaded()
    older = cli.database.with_name("older.duckdb")
    shutil.copy(cli.database, older)
    cli.simulator.world.clock.advance(timedelta(hours=5))
    cli.simulator.world.random_moves(Random(3), 20)
    cli.simulator.world.clock.advance(timedelta(hours=2))
    cli.loads("--quiet")
    shutil.copy(older, cli.database)
    report = cli.loads().out
    assert "was not used as it was: the destination was restored, or is another one." in report
    truth = expected(cli.simulator.world.truth())
    missing = truth["builds"].keys() - from_duckdb(cli.database, "buildkite_data")["builds"].keys()
    assert missing == set()
    assert "was not used" not in cli.loads().out


def test_unknown_fields_are_named_and_kept(cli: Cli) -> None:
    url = f"{cli.simulator.base_url}/organizations"
    answer = requests.get(url, headers={"Authorization": f"Bearer {cli.simulator.token}"}).json()
    body = json.dumps([{**item, "motto": "ship it"} for item in answer]).encode()
    cli.simulator.faults.add(kind="body", match="/organizations?", body=body)
    outcome = cli.loads("--resources", "organizations")
    assert "Unknown fields, kept in organizations.extra: motto." in outcome.out


def test_waits_and_retries_are_shown(cli: Cli, slept: list[float]) -> None:
    cli.simulator.faults.add(kind="status", match="/pipelines", status=503)
    cli.simulator.faults.add(kind="rate_limit", match="/builds", reset=7)
    outcome = cli.loads()
    assert "retry after: GET" in outcome.err
    assert "answered 503" in outcome.err
    assert re.search(r"waiting \d+ s: the user's request budget", outcome.err)
    assert re.search(r"of which 1 were retries; waited \d+ s .* 1 times rate limited", outcome.out)
    assert len(slept) >= 2


@contextmanager
def held_by_another_thread(name: str) -> Iterator[None]:
    begun, over = Event(), Event()

    def hold() -> None:
        with one_at_a_time(name):
            begun.set()
            over.wait()

    thread = Thread(target=hold)
    thread.start()
    begun.wait()
    yield
    over.set()
    thread.join()


def test_a_run_leaves_the_work_to_one_under_way(cli: Cli) -> None:
    with held_by_another_thread("buildkite_pipeline"):
        outcome = cli.loads()
    assert "Another run of buildkite_pipeline is under way" in outcome.err
    assert cli.simulator.requests == []
