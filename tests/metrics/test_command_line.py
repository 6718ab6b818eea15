"""The command line makes the views, and every one of them answers on a loaded world."""

import duckdb
import pytest

from buildkite_source.metrics import every_view, possible
from buildkite_source.tables import TABLES
from tests.cli.conftest import cli, simulator, world_config
from tests.cli.running import Cli
from tests.reading import query

__all__ = ["cli", "simulator", "world_config"]

_SETTING = "SOURCES__BUILDKITE_SOURCE__"
_CORE = [view.name for view in possible(every_view(), {table.name for table in TABLES})]
_VIEWS = "SELECT view_name FROM duckdb_views() WHERE schema_name = 'buildkite_data' ORDER BY 1"


def test_views_after_a_load(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    made = f"Metric views: {len(_CORE)} made"
    assert made in cli.loads().out
    assert query(cli.database, _VIEWS) == [(name,) for name in sorted(_CORE)]
    assert "all are there" in cli.loads("views").out
    with duckdb.connect(str(cli.database), read_only=True) as connection:
        connection.execute("SET schema = 'buildkite_data'")
        rows = {view: len(connection.execute(f"SELECT * FROM {view}").fetchall()) for view in _CORE}
    assert rows["metric_builds"] == cli.count("builds") > 0
    assert rows["metric_attempts"] + _count(cli, "'waiter', 'manual'") == cli.count("jobs")

    monkeypatch.setenv(f"{_SETTING}QUEUE_PRICES", '{"default": 1.5}')
    assert made in cli.loads("views").out
    cost = "SELECT count(cost) > 0 FROM buildkite_data.metric_agent_hours_hourly"
    assert query(cli.database, cost) == [(True,)]

    monkeypatch.setenv(f"{_SETTING}QUEUE_PRICES", '{"default": "cheap"}')
    assert "default = 'cheap'" in cli.fails("views")
    # A load does not fail for the sake of views.
    outcome = cli.loads("--resources", "organizations")
    assert "Metric views were not made: The setting queue_prices" in outcome.out
    monkeypatch.setenv(f"{_SETTING}METRIC_VIEWS", "perhaps")
    assert "Metric views were not made: " in cli.loads("--resources", "organizations").out


def _count(cli: Cli, types: str) -> int:
    return query(cli.database, f"SELECT count(*) FROM buildkite_data.jobs WHERE type IN ({types})")[
        0
    ][0]


@pytest.mark.slow
def test_heavy_views_are_kept_as_tables_from_a_size_on(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{_SETTING}METRIC_TABLES_FROM", "1")
    told = cli.loads().out
    builds = f"{cli.count('builds'):,}"
    assert f"Metric tables: {builds} builds worked out" in told
    size = "SELECT count(*) FROM buildkite_data.materialized_attempts"
    kept = query(cli.database, size)
    assert kept == query(cli.database, "SELECT count(*) FROM buildkite_data.metric_attempts")
    assert "Metric tables" not in cli.loads("views").out
    assert f"Metric tables: {builds} builds" in cli.loads("views", "--again").out
    assert query(cli.database, size) == kept
    monkeypatch.setenv(f"{_SETTING}METRIC_TABLES_FROM", "-1")
    cli.loads("views")
    assert query(cli.database, "SELECT count(*) FROM buildkite_data.metric_attempts") == kept
    assert (
        query(cli.database, "SELECT 1 FROM duckdb_tables() WHERE table_name LIKE 'materialized%'")
        == []
    )


def test_views_can_be_turned_off(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing is loaded yet" in cli.loads("views").out
    monkeypatch.setenv(f"{_SETTING}METRIC_VIEWS", "false")
    assert "Metric views" not in cli.loads("--resources", "builds").out
    assert query(cli.database, _VIEWS) == []
    # What is asked for by name is made all the same.
    assert "Metric views: 3 made" in cli.loads("views").out


def test_a_destination_without_views_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = cli.folder / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    outcome = cli.loads("--destination", "filesystem", "--resources", "organizations")
    assert "Metric views were not made: files hold none; notebooks and the report" in outcome.out
