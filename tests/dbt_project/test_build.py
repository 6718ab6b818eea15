"""Packages built and tested by dbt on a loaded world, and their rows against our own views."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from buildkite_simulator import WorldConfig
from buildkite_source.metrics import every_view
from tests.cli.running import Cli
from tests.destinations.server import PostgresServer
from tests.source.conftest import PRESENT

from .dbt import NEWEST, OLDEST, Dbt

pytestmark = [pytest.mark.slow, pytest.mark.with_views]

_DATASET = "buildkite_data"
_SETTINGS = {
    "QUEUE_PRICES": '{"default": 1.5, "it\'s": 2}',
    "DEPLOYING_PIPELINES": '["web"]',
    "BLOCKED_BUILDS": "open",
    "BLOCKED_BUILDS_BY_PIPELINE": '{"web": "by_state"}',
}
_LOADED = ("--resources", "core,details", "--logs", "failed")
_OWN_PROJECT = {
    "name": "own",
    "profile": "buildkite",
    "models": {"buildkite": {"metrics": {"+materialized": "table"}}},
}
BESIDE = ("materialized_builds", "materialized_changes")
# Events are sent, and actions asked for; neither is a resource to choose: their views are left out.
VIEWS = [view for view in every_view() if not view.reads & {"actions", "events"}]
_KEPT = sum(bool(view.unit) for view in VIEWS)
KINDS = {"VIEW": len(VIEWS) - _KEPT, "BASE TABLE": _KEPT + len(BESIDE)}
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def world_config() -> WorldConfig:
    return WorldConfig(pipelines=4, days=4, builds_per_day=10, end=PRESENT)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def loaded(
    cli: Cli, engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """A world loaded twice, with settings of the views; returns dbt's place of it."""
    for name, value in _SETTINGS.items():
        monkeypatch.setenv(f"SOURCES__BUILDKITE_SOURCE__{name}", value)
    place: dict[str, Any] = {"path": str(cli.database)}
    if engine == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", server.url)
        # The server is shared, and times of a world are the same each time.
        with server.connect() as connection, connection.cursor() as cursor:
            for schema in ("dbt", _DATASET, f"{_DATASET}_staging"):
                cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        cli.secrets = [server.password]
        place = {"host": "127.0.0.1", "port": server.port, "dbname": "postgres"}
        place |= {"user": server.user, "password": server.password}
    arguments = ("--destination", engine, *_LOADED, "--max-age", "99d", "--max-requests", "9999")
    cli.loads(*arguments)
    world = cli.simulator.world
    world.clock.advance(timedelta(hours=5))
    world.random_moves(Random(3), 30)
    cli.loads(*arguments)
    return place


@pytest.fixture
def ask(cli: Cli, engine: str, request: pytest.FixtureRequest) -> Ask:
    """What asks the destination; a DuckDB file is open to one process alone."""

    def of_duckdb(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(cli.database)) as connection:
            return connection.execute(sql).fetchall()

    def of_postgres(sql: str) -> list[tuple[Any, ...]]:
        connection = request.getfixturevalue("postgres").connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        connection.close()
        return found

    return of_postgres if engine == "postgres" else of_duckdb


def comparable(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Return rows in an order of their own; floats to nine places, as sums depend on an order."""
    return sorted(
        tuple(f"{one:.9g}" if isinstance(one, float) else str(one) for one in row) for row in rows
    )


def assert_equal_to_our_views(ask: Ask) -> None:
    filled = 0
    for view in VIEWS:
        got, want = (
            comparable(ask(f"SELECT * FROM {schema}.{view.name}")) for schema in ("dbt", _DATASET)
        )
        assert (set(got) - set(want), set(want) - set(got)) == (set(), set()), view.name
        assert got == want, view.name
        filled += bool(want)
    assert filled > len(VIEWS) - 6


def kinds(ask: Ask) -> dict[str, int]:
    return dict(
        ask(
            "SELECT table_type, count(*) FROM information_schema.tables "
            "WHERE table_schema = 'dbt' GROUP BY 1"
        )
    )


@pytest.mark.parametrize(
    ("engine", "core"), [("duckdb", OLDEST), ("postgres", NEWEST)], indirect=["engine"]
)
def test_models_are_our_views_and_pass_their_tests(
    cli: Cli, loaded: dict[str, Any], ask: Ask, engine: str, core: str
) -> None:
    package = cli.folder / "package"
    cli.loads("dbt-project", "--destination", engine, *_LOADED, "--to", str(package))
    dbt = Dbt(core, engine, cli.folder)
    dbt.profile(**loaded)
    told = dbt.succeeds(package, "build")
    assert "ERROR=0 SKIP=0" in told
    assert kinds(ask) == KINDS
    assert_equal_to_our_views(ask)

    there = ask(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{_DATASET}'"
    )
    sources = yaml.safe_load((package / "models/sources.yml").read_text())["sources"][0]["tables"]
    assert {table["name"] for table in sources} <= {name for (name,) in there}
    dbt.succeeds(package, "docs generate", "--no-compile")
    assert set(json.loads((package / "target/catalog.json").read_text())["nodes"]) == {
        f"model.buildkite.{name}" for name in (*(view.name for view in VIEWS), *BESIDE)
    }

    fresh = dbt(package, "source freshness")
    assert fresh.code == 0, fresh.text
    assert "PASS freshness of buildkite.runs" in fresh.out
    assert "PASS freshness of buildkite._dlt_loads" in fresh.out

    # What dbt wrote into the folder is nobody's change.
    again = cli.loads("dbt-project", "--destination", engine, *_LOADED, "--to", str(package))
    assert "as they should be" in again.out

    ask(f"INSERT INTO {_DATASET}.builds SELECT * FROM {_DATASET}.builds LIMIT 1")
    ask(f"INSERT INTO {_DATASET}.job_log_lines SELECT * FROM {_DATASET}.job_log_lines LIMIT 1")
    failed = dbt(package, "test", "--select", "source:*")
    assert failed.code == 1
    assert "FAIL 1 source_unique_buildkite_builds_id" in failed.out
    assert "FAIL 1 job_log_lines_key" in failed.out


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_project_of_ones_own_keeps_the_models_as_tables(
    cli: Cli, loaded: dict[str, Any], ask: Ask, engine: str
) -> None:
    own = cli.folder / "own"
    own.mkdir()
    (own / "dbt_project.yml").write_text(json.dumps(_OWN_PROJECT))
    (own / "packages.yml").write_text('{"packages": [{"local": "../package"}]}')
    cli.loads("dbt-project", *_LOADED, "--to", str(cli.folder / "package"))
    dbt = Dbt(NEWEST, engine, cli.folder)
    dbt.profile(**loaded)
    dbt(own, "deps")
    dbt.succeeds(own, "build")
    assert kinds(ask) == {"BASE TABLE": len(VIEWS) + len(BESIDE)}
    assert_equal_to_our_views(ask)

    refused = dbt(own, "run", "--vars", '{"buildkite_schema": "dbt"}')
    assert refused.code == 2
    assert "give the target another schema" in refused.out


@pytest.mark.parametrize(
    ("engine", "core"), [("duckdb", NEWEST), ("postgres", OLDEST)], indirect=["engine"]
)
def test_incremental_models_follow_what_changes(
    cli: Cli,
    loaded: dict[str, Any],
    ask: Ask,
    engine: str,
    core: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package, write = cli.folder / "package", ("dbt-project", "--destination", engine, *_LOADED)
    cli.loads(*write, "--to", str(package))
    dbt = Dbt(core, engine, cli.folder)
    dbt.profile(**loaded)
    dbt.succeeds(package, "run")
    ((every,),) = ask("SELECT count(*) FROM dbt.materialized_builds")

    def moved(seed: int) -> None:
        world = cli.simulator.world
        world.clock.advance(timedelta(hours=2))
        world.random_moves(Random(seed), 12, attachments=True)
        cli.loads("--destination", engine, *_LOADED, "--max-requests", "9999")

    moved(4)
    # What was not made this time is made the next, and nothing is taken for made.
    left_out = ("metric_attempts", "materialized_builds")
    dbt.succeeds(package, "run", "--exclude", *left_out)
    moved(5)
    dbt.succeeds(package, "run")
    assert_equal_to_our_views(ask)
    ((changed,),) = ask("SELECT count(DISTINCT build_id) FROM dbt.materialized_changes")
    assert 0 < changed < every

    # Builds, jobs and pipelines that are gone or others, without a load that says so.
    ask(f"DELETE FROM {_DATASET}.builds WHERE id IN (SELECT min(id) FROM {_DATASET}.builds)")
    ask(f"UPDATE {_DATASET}.pipelines SET slug = 'renamed' WHERE slug = 'web'")
    dbt.succeeds(package, "run")
    assert_equal_to_our_views(ask)

    # Another setting is another definition: all builds are worked out again.
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__BLOCKED_BUILDS", "by_state")
    cli.loads("views", "--destination", engine)
    cli.loads(*write, "--to", str(package))
    dbt.succeeds(package, "run")
    assert_equal_to_our_views(ask)

    # Nothing new is no work.
    dbt.succeeds(package, "run")
    assert ask("SELECT count(*) FROM dbt.materialized_changes") == [(0,)]
    assert_equal_to_our_views(ask)
