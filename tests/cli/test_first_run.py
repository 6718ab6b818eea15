"""Whatever happens in a first run, the second leaves what a clean first one would have left."""

from typing import Any

import dlt
import pytest

from buildkite_source import buildkite_source
from buildkite_source.load.journal import RUNS
from buildkite_source.metrics.views import every_view, possible
from buildkite_source.tables import TABLES
from tests.oracle import differences, expected
from tests.reading import from_duckdb, query

from .running import Cli

pytestmark = [pytest.mark.with_views, pytest.mark.slow]

_TOKEN = "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"
_ADDRESS = "SOURCES__BUILDKITE_SOURCE__BASE_URL"


def refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(_TOKEN, "bkua_wrong")
        cli.fails()


def forbidden(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(_TOKEN, cli.simulator.add_token(scopes=["read_organizations"]))
        cli.fails()


def unknown_organization(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.fails("--organization", "nobody")


def unreachable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(_ADDRESS, "http://127.0.0.1:9/v2")
        cli.fails()


def logs_of_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.fails("logs")


def left_by_an_older_version(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its journal went into a schema named after the pipeline, which became the default one."""
    journaled(cli, "AuthenticationError")


def journaled(cli: Cli, error: str | None) -> None:
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    row = {"command": "sync", "started_at": cli.simulator.world.clock.now(), "error": error}
    pipeline.run([row], table_name=RUNS)
    pipeline.deactivate()


FAILURES = (
    left_by_an_older_version,
    refused,
    unknown_organization,
    forbidden,
    unreachable,
    logs_of_nothing,
)


def check_clean(cli: Cli, report: str) -> None:
    truth = expected(cli.simulator.world.truth())
    assert differences(from_duckdb(cli.database, "buildkite_data"), truth) == []
    for table in TABLES:
        assert f"  {table.name} " in report
    views = query(
        cli.database,
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'buildkite_data'",
    )
    stored = query(
        cli.database,
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'buildkite_data'",
    )
    known = {name for (name,) in stored}
    assert {name for (name,) in views} == {view.name for view in possible(every_view(), known)}
    assert len(views) > 30
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    pipeline.sync_destination()
    assert pipeline.default_schema_name == "buildkite_source"
    assert pipeline.schema_names == ["buildkite_source"]
    assert len(pipeline.dataset().builds.df()) == len(truth["builds"])
    pipeline.deactivate()


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize("fail", FAILURES, ids=lambda failure: failure.__name__)
def test_the_second_run_equals_a_clean_first(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, fail: Any
) -> None:
    fail(cli, monkeypatch)
    check_clean(cli, cli.loads().out)


@pytest.mark.parametrize(
    "fail", [refused, left_by_an_older_version], ids=lambda fail: fail.__name__
)
def test_so_it_does_from_a_new_folder_and_for_all_that_asks_later(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, fail: Any
) -> None:
    fail(cli, monkeypatch)
    monkeypatch.setenv("DLT_DATA_DIR", str(cli.folder / "another"))
    check_clean(cli, cli.loads().out)
    # Details, views and the digest ask for the same schema.
    cli.loads("logs", "--max-requests", "3")
    assert "all are there" in cli.loads("views").out
    assert "Build" in cli.loads("report", "--since", "60d").out


def test_a_warehouse_that_was_loaded_beside_the_stray_schema_heals(cli: Cli) -> None:
    journaled(cli, "AuthenticationError")
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    assert pipeline.default_schema_name == "buildkite"
    pipeline.run(buildkite_source(cli.simulator.token, cli.simulator.base_url, since="30d"))
    assert pipeline.default_schema_name == "buildkite"
    pipeline.deactivate()
    check_clean(cli, cli.loads().out)
