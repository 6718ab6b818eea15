"""What a destination answers after loads of a world that moves: the same as DuckDB."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import dlt
import pandas as pd
import pytest

from buildkite_simulator import WorldConfig
from buildkite_source.answers.questions import Warehouse
from buildkite_source.cli.status import status
from buildkite_source.digest import Scope, Span, as_markdown, collect
from buildkite_source.load import Report, load
from buildkite_source.metrics import every_view, possible
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    BUILDS,
    JOB_LOGS,
    JOBS,
    ORGANIZATIONS,
    PIPELINES,
    Column,
    Kind,
)
from buildkite_source.warehouse.reader import Dataset
from tests.cli.conftest import cli
from tests.cli.running import Cli
from tests.source.conftest import PRESENT

from .bucket import S3Server, install_httpfs

__all__ = ["cli"]

DATASET = "buildkite_data"


@dataclass(frozen=True)
class Place:
    """A destination, told where its data lies and how it is kept by settings in the environment."""

    destination: str
    settings: Callable[[Cli], dict[str, str]]
    table_format: str | None = None
    on_s3: bool = False


def _bucket(cli: Cli) -> dict[str, str]:
    return {"DESTINATION__FILESYSTEM__BUCKET_URL": (cli.folder / "bucket").as_uri()}


def _catalog(cli: Cli) -> dict[str, str]:
    warehouse = (cli.folder / "bucket").as_uri()
    uri = f"sqlite:///{cli.folder / 'catalog.db'}"
    config = {"type": "sql", "uri": uri, "warehouse": warehouse}
    return {**_bucket(cli), "ICEBERG_CATALOG__ICEBERG_CATALOG_CONFIG": json.dumps(config)}


DUCKDB = Place(
    "duckdb",
    lambda cli: {"DESTINATION__DUCKDB__CREDENTIALS": f"duckdb:///{cli.folder / 'one.duckdb'}"},
)
PLACES = {
    "files": Place("filesystem", _bucket),
    "files on S3": Place("filesystem", lambda _: {}, on_s3=True),
    "delta": Place("filesystem", _bucket, "delta"),
    "delta on S3": Place("filesystem", lambda _: {}, "delta", on_s3=True),
    "iceberg": Place("filesystem", _bucket, "iceberg"),
    "iceberg with a catalog": Place("filesystem", _catalog, "iceberg"),
    "sqlite": Place(
        "sqlalchemy",
        lambda cli: {"DESTINATION__SQLALCHEMY__CREDENTIALS": f"sqlite:///{cli.folder / 'one.db'}"},
    ),
}


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig(pipelines=3, days=2, builds_per_day=8, end=PRESENT)


class Loaded:
    """A world loaded into DuckDB and into another destination, at the same moments."""

    def __init__(self, cli: Cli, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cli = cli
        self.places = (DUCKDB, PLACES[other])
        self.targets = [
            (f"ci_{place.destination}", place.destination, DATASET) for place in self.places
        ]
        for place in self.places:
            for key, value in place.settings(cli).items():
                monkeypatch.setenv(key, value)

    def load(self, **settings: Any) -> list[Report]:
        return [
            load(
                dlt.pipeline(name, destination=destination, dataset_name=dataset),
                resources="core, details",
                logs="failed",
                max_age="99d",
                max_requests=9999,
                table_format=place.table_format,
                **settings,
            )
            for place, (name, destination, dataset) in zip(self.places, self.targets, strict=True)
        ]

    def warehouses(self) -> list[Warehouse]:
        return [Warehouse(Dataset(*target)) for target in self.targets]


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def loaded(cli: Cli, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    if PLACES[request.param].on_s3:
        server: S3Server = request.getfixturevalue("s3")
        for name, value in server.settings(server.bucket()).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOME", str(cli.folder))
        install_httpfs(cli.folder)
    made = Loaded(cli, request.param, monkeypatch)
    made.load()
    world = cli.simulator.world
    world.clock.advance(timedelta(hours=5))
    world.random_moves(Random(3), 30)
    world.clock.advance(timedelta(hours=3))
    made.load()
    return made


def comparable(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the rows in an order of their own, without what differs from load to load.

    Float sums depend on the order of what is added; the API's clock, which tells answers of the
    same second apart, on how many pages came before.
    """
    return sorted(tuple(map(_text, row)) for row in rows.itertuples(index=False))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value.round("ms") if isinstance(value, pd.Timestamp) else value)


@pytest.mark.slow
@pytest.mark.parametrize("loaded", [name for name in PLACES if name != "sqlite"], indirect=True)
def test_a_destination_answers_as_duckdb_does(loaded: Loaded) -> None:
    duckdb, other = loaded.warehouses()
    for view in possible(every_view(), _tables(duckdb)):
        asked = f"SELECT * FROM {view.name}"
        want, got = (set(comparable(warehouse.ask(asked).rows)) for warehouse in (duckdb, other))
        assert want ^ got == set(), view.name

    span = Span.parse("30d", None, PRESENT + timedelta(hours=8))
    pages = [
        as_markdown(collect(one, span, scope=Scope()), ZoneInfo("UTC")) for one in (duckdb, other)
    ]
    assert pages[0] == pages[1]


@pytest.mark.slow
@pytest.mark.parametrize("loaded", PLACES, indirect=True)
def test_a_destination_holds_what_duckdb_does_and_fetches_nothing_twice(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb, other = loaded.warehouses()
    for table in (ORGANIZATIONS, PIPELINES, BUILDS, JOBS, ANNOTATIONS, ARTIFACTS, JOB_LOGS):
        columns = table.without_secrets().columns
        same = [column for column in columns if column.kind is not Kind.JSON]
        asked = f"SELECT {', '.join(column.name for column in same)} FROM {table.name}"
        want, got = (rows_of(one, asked, same) for one in (duckdb, other))
        assert len(got) == len(want) > 0, table.name
        assert set(want) ^ set(got) == set(), table.name

    told = [status(*target).splitlines() for target in loaded.targets]
    counts = [[line for line in lines if " builds (" in line] for lines in told]
    assert counts[0] == counts[1] != []

    if loaded.places[1].destination == "filesystem" and loaded.places[1].table_format != "iceberg":
        before = [rows_of(other, asked, same)]
        place = ("--destination", "filesystem", "--dataset", DATASET)
        monkeypatch.setattr("buildkite_source.cli.options.PIPELINE", loaded.targets[1][0])
        assert "Compacted: " in loaded.cli.loads("compact", *place).out
        assert [rows_of(other, asked, same)] == before

    first, second = loaded.load()
    assert first.requests == second.requests
    assert {read.done for read in second.details} == {0}


def rows_of(warehouse: Warehouse, asked: str, columns: list[Column]) -> list[tuple[str, ...]]:
    """Return rows by their columns' kinds: SQLite keeps times as text and truth as numbers."""
    rows = warehouse.ask(asked).rows
    for column in columns:
        if column.kind is Kind.TIMESTAMP:
            times = pd.to_datetime(rows[column.name], utc=True, format="ISO8601")
            rows[column.name] = times.dt.floor("s" if column.name == "fetched_at" else "ms")
        elif column.kind is Kind.BOOLEAN:
            rows[column.name] = rows[column.name].astype("boolean")
    return comparable(rows)


def _tables(duckdb: Warehouse) -> set[str]:
    sql = f"SELECT table_name FROM duckdb_tables() WHERE schema_name = '{DATASET}'"
    client: Any = duckdb._client
    with client:
        return {name for (name,) in client.execute_sql(sql)}
