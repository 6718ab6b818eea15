"""Details on the command line: off by default, by name, within a budget, and told at the end."""

import re

import duckdb
import pytest

from buildkite_simulator import Simulator
from tests.reading import query

from .conftest import Cli
from .test_destination_failures import held_open

EVERY_DETAIL = ("--resources", "core,details", "--max-requests", "5000", "--max-age", "99d")


def detail_requests(simulator: Simulator) -> int:
    ends = ("/annotations", "/artifacts", "/log")
    return sum(request.path.endswith(ends) for request in simulator.requests)


def count(cli: Cli, table: str) -> int:
    ((rows,),) = query(cli.database, f"SELECT count(*) FROM buildkite_data.{table}")
    return int(rows)


@pytest.mark.slow
def test_details_by_name_wait_for_later_runs(cli: Cli) -> None:
    cli.has_loaded()
    of_one = ("--pipeline", cli.simulator.world.organizations[0].pipelines[0].slug)
    recent = (*of_one, "--max-age", "99d")
    outcome = cli.loads(
        "--resources", "core,details", "--logs", "failed", "--max-requests", "30", *recent
    )
    assert detail_requests(cli.simulator) == 30
    waiting = query(
        cli.database,
        "SELECT kind, count(*), min(priority), max(priority), min(reason) "
        "FROM buildkite_data.waiting_details GROUP BY kind ORDER BY kind",
    )
    assert waiting
    for kind, rows, first, last, reason in waiting:
        assert (first, last, reason) == (1, rows, "max_requests")
        told = rf"Fetched {kind} of \d+ \w+; {rows:,} wait for the next run \(max_requests"
        assert re.search(told, outcome.out)
    assert re.search(r"annotations: build 1 of \d+; ", outcome.err)

    outcome = cli.loads("--resources", "details,logs", "--max-requests", "5000", *recent)
    assert "Fetched annotations of" in outcome.out
    assert outcome.out.count("; none waits.") == 3
    assert count(cli, "waiting_details") == 0
    before = detail_requests(cli.simulator)
    cli.loads("--resources", "details", *recent)
    assert detail_requests(cli.simulator) == before


def test_the_logs_command_fetches_logs_only(cli: Cli) -> None:
    cli.has_loaded()
    outcome = cli.loads("logs", "--max-age", "99d")
    assert f"fetched: {len(cli.simulator.requests):,} requests, " in outcome.err
    assert {request.path.rpartition("/")[2] for request in cli.simulator.requests} == {"log"}
    assert count(cli, "job_logs") == len(cli.simulator.requests)
    assert count(cli, "job_log_lines") > 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("logs",),
        pytest.param(("--resources", "details"), marks=pytest.mark.slow),
        ("download-artifacts",),
    ],
)
def test_details_before_builds_say_what_to_do(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert "Load them first" in cli.fails(*arguments)


@pytest.mark.slow
def test_contents_of_artifacts_come_on_request(cli: Cli) -> None:
    cli.has_loaded(*EVERY_DETAIL)
    ((paths,),) = query(
        cli.database,
        "SELECT count(*) FROM buildkite_data.artifacts "
        "WHERE path LIKE '%junit%.xml' AND state = 'finished'",
    )
    assert paths
    target = cli.folder / "kept"
    arguments = ("download-artifacts", "--path", "*junit*.xml", "--to", str(target))
    outcome = cli.loads(*arguments, "--max-requests", "5000")
    assert f"Artifacts: {paths:,} downloaded" in outcome.out
    assert len([file for file in target.rglob("*") if file.is_file()]) == paths
    assert cli.simulator.leaked_tokens == []
    before = len(cli.simulator.requests)
    assert f"Artifacts: {paths:,} " in cli.loads(*arguments).out
    assert len(cli.simulator.requests) == before


@pytest.mark.slow
def test_artifacts_that_cannot_be_asked_for_are_told(cli: Cli) -> None:
    """The API may send a build without the address that its slugs are read from."""
    cli.has_loaded(*EVERY_DETAIL)
    junit = "path LIKE '%junit%.xml' AND state = 'finished'"
    with duckdb.connect(str(cli.database)) as connection:
        connection.execute("USE buildkite_data")
        found = connection.execute(
            f"SELECT id, build_id FROM artifacts WHERE {junit} ORDER BY build_id, id"
        ).fetchall()
        (_, build), (other, _) = found[0], found[-1]
        of_build = sum(each == build for _, each in found)
        assert 0 < of_build < len(found)
        for table, column in (("builds", "id"), ("artifacts", "build_id")):
            connection.execute(
                f"UPDATE {table} SET organization_slug = NULL WHERE {column} = ?", [build]
            )
        # What others know of the pipeline and the build stands in.
        connection.execute("UPDATE artifacts SET pipeline_slug = NULL, build_number = NULL")
        connection.execute("UPDATE artifacts SET job_id = NULL WHERE id = ?", [other])
        connection.execute("UPDATE artifacts SET path = NULL WHERE NOT (path LIKE '%junit%')")
    target = cli.folder / "kept"
    outcome = cli.loads(
        *("download-artifacts", "--path", "*junit*.xml", "--to", str(target)),
        *("--max-requests", "5000"),
    )
    kept = len(found) - of_build - 1
    assert f"Artifacts: {kept:,} downloaded, {of_build + 1} skipped" in outcome.out
    assert "The API did not tell its organization, so it cannot be asked for." in outcome.out
    assert "The API did not tell its job, so it cannot be asked for." in outcome.out
    assert len([file for file in target.rglob("*") if file.is_file()]) == kept


@pytest.mark.slow
def test_a_download_meets_no_reader_and_no_load(cli: Cli) -> None:
    cli.has_loaded(*EVERY_DETAIL)
    with held_open(cli.database):
        outcome = cli("download-artifacts", "--path", "none", "--to", str(cli.folder / "kept"))
    assert "none wanted" in outcome.out, outcome.text
