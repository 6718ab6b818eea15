"""Destinations, each loaded beside a DuckDB file at the same moments of a world that moves."""

import importlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import dlt
import pytest

from buildkite_simulator import WorldConfig
from buildkite_source.answers.questions import Warehouse
from buildkite_source.load import Report, load
from buildkite_source.warehouse.reader import Dataset
from tests.cli.running import Cli
from tests.oracle import expected
from tests.source.conftest import PRESENT

from .bucket import S3Server, install_extension

DATASET = "buildkite_data"


Settings = Callable[[Cli, Any], dict[str, str]]


@dataclass(frozen=True)
class Place:
    """A destination of dlt, and how it is reached.

    Attributes:
        destination: dlt's name of it.
        settings: Returns the environment that says where the data lies.
        server: Fixture of the server that keeps it; `settings` gets it.
        table_format: How tables in files are kept.
        views: How many of the metric views it can have; all of them unless told.
        refusal: What the report and the notebooks say in place of figures.
        blank_is_null: dlt loads by CSV, in which the two are one.
    """

    destination: str
    settings: Settings
    server: str | None = None
    table_format: str | None = None
    views: int | None = None
    refusal: str = ""
    blank_is_null: bool = False


def _bucket(cli: Cli, _: Any) -> dict[str, str]:
    return {"DESTINATION__FILESYSTEM__BUCKET_URL": (cli.folder / "bucket").as_uri()}


def _catalog(cli: Cli, _: Any) -> dict[str, str]:
    warehouse = (cli.folder / "bucket").as_uri()
    uri = f"sqlite:///{cli.folder / 'catalog.db'}"
    config = {"type": "sql", "uri": uri, "warehouse": warehouse}
    return {**_bucket(cli, _), "ICEBERG_CATALOG__ICEBERG_CATALOG_CONFIG": json.dumps(config)}


def _on_s3(cli: Cli, server: S3Server) -> dict[str, str]:
    install_extension("httpfs", cli.folder)
    return {**server.settings(server.bucket()), "HOME": str(cli.folder)}


def _on_azure(cli: Cli, server: Any) -> dict[str, str]:
    install_extension("azure", cli.folder)
    return {**server.settings(server.container()), "HOME": str(cli.folder)}


def install_extensions(*names: str, home: Path) -> None:
    """Put extensions of DuckDB where it looks for them; skip the test if they are not there."""
    for name in names:
        package = f"duckdb_extension_{name}"
        pytest.importorskip(package, reason=f"uv run --with {package.replace('_', '-')}")
        install_extension(name, home)


def _lake(cli: Cli, _: Any) -> dict[str, str]:
    install_extensions("ducklake", "sqlite_scanner", home=cli.folder)
    return {
        "HOME": str(cli.folder),
        "DESTINATION__DUCKLAKE__CREDENTIALS__CATALOG": f"sqlite:///{cli.folder / 'lake.sqlite'}",
        "DESTINATION__DUCKLAKE__CREDENTIALS__STORAGE__BUCKET_URL": str(cli.folder / "lake"),
    }


def _at(destination: str, url: Callable[[Cli, Any], str]) -> Settings:
    key = f"DESTINATION__{destination.upper()}__CREDENTIALS"
    return lambda cli, server: {key: url(cli, server)}


DUCKDB = Place("duckdb", _at("duckdb", lambda cli, _: f"duckdb:///{cli.folder / 'one.duckdb'}"))
PLACES = {
    "files": Place("filesystem", _bucket),
    "files on S3": Place("filesystem", _on_s3, "s3"),
    "files on Azure": Place("filesystem", _on_azure, "azure"),
    "delta": Place("filesystem", _bucket, table_format="delta"),
    "delta on S3": Place("filesystem", _on_s3, "s3", table_format="delta"),
    "iceberg": Place("filesystem", _bucket, table_format="iceberg"),
    "iceberg with a catalog": Place("filesystem", _catalog, table_format="iceberg"),
    "ducklake": Place("ducklake", _lake),
    "postgres": Place(
        "postgres",
        _at("postgres", lambda _, server: str(server.url)),
        server="postgres",
        blank_is_null=True,
    ),
    "mariadb": Place(
        "sqlalchemy", _at("sqlalchemy", lambda _, server: str(server.url)), server="mariadb"
    ),
    "clickhouse": Place("clickhouse", lambda _, server: dict(server.settings()), "clickhouse"),
    "sqlite": Place(
        "sqlalchemy",
        _at("sqlalchemy", lambda cli, _: f"sqlite:///{cli.folder / 'one.db'}"),
        views=23,
        refusal="SQLite cannot answer this",
    ),
}


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig(pipelines=3, days=2, builds_per_day=8, end=PRESENT)


class Loaded:
    """A world loaded into DuckDB and into another destination, at the same moments.

    Attributes:
        cli: The command line.
        places: DuckDB, and the other.
        targets: Of each the pipeline, the destination and the dataset.
        first: What the first loads said.
    """

    first: list[Report]

    def __init__(self, cli: Cli, other: str) -> None:
        self.cli = cli
        self.places = (DUCKDB, PLACES[other])
        self.targets = [
            (f"ci_{place.destination}", place.destination, DATASET) for place in self.places
        ]

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

    def truth(self) -> dict[str, dict[str, dict[str, Any]]]:
        return expected(self.cli.simulator.world.truth())

    def warehouses(self) -> list[Warehouse]:
        return [Warehouse(Dataset(*target)) for target in self.targets]


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def azure() -> Iterator[Any]:
    for package in ("azure.storage.blob", "adlfs", "duckdb_extension_azure"):
        pytest.importorskip(package, reason="uv run --with 'dlt[az]' --with duckdb-extension-azure")
    server = importlib.import_module("tests.destinations.azure")
    if not shutil.which(server.PROGRAM):
        pytest.skip("Azurite is not installed: npm install --global azurite")
    with server.AzureServer() as running:
        yield running


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Any]:
    server = pytest.importorskip("tests.destinations.mariadb", reason="uv run --with pymysql")
    if not server.program():
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    with server.MariaServer() as running:
        yield running


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[Any]:
    # To import chdb would bring the engine into this process.
    if not find_spec("chdb"):
        pytest.skip("chdb is not installed: uv run --with chdb")
    reason = "uv run --with 'dlt[clickhouse]'"
    server = pytest.importorskip("tests.destinations.clickhouse", reason=reason)
    with server.ClickHouseServer() as running:
        yield running


@pytest.fixture
def loaded(cli: Cli, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """A world that moved between two loads into a place, which a test names as the parameter."""
    made = Loaded(cli, request.param)
    for place in made.places:
        server = request.getfixturevalue(place.server) if place.server else None
        for name, value in place.settings(cli, server).items():
            monkeypatch.setenv(name, value)
    made.first = made.load()
    world = cli.simulator.world
    world.clock.advance(timedelta(hours=5))
    world.random_moves(Random(3), 30)
    world.clock.advance(timedelta(hours=3))
    made.load()
    return made
