import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest

from buildkite_simulator import ManualClock, RecordedRequest, Simulator, WorldConfig
from buildkite_source import BuildkiteSession, buildkite_source
from buildkite_source.client import RequestBudget
from buildkite_source.load.details import DETAIL_NAMES
from buildkite_source.load.guards import OpenFile
from buildkite_source.windows import to_api
from tests.beginnings import Beginnings, serve
from tests.oracle import MIRRORS, comparable, expected
from tests.reading import query, reading

PRESENT = datetime(2026, 9, 16, 14, 0, tzinfo=UTC)


def asks_history(request: RecordedRequest) -> bool:
    """Whether a request asks for builds of the past whether they have changed or not."""
    began = request.params.get("created_from", "")
    filters = {"state[]", "finished_from"} & set(request.params)
    return bool(began) and not filters and began < to_api(PRESENT - timedelta(hours=1))


class WorldClock:
    """The loader's clock in a simulated world: whoever sleeps moves the world's time."""

    def __init__(self, world: ManualClock) -> None:
        self.world = world
        self.slept = 0.0

    def now(self) -> datetime:
        return self.world.now()

    def monotonic(self) -> float:
        return self.world.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.world.advance(timedelta(seconds=seconds))


@dataclass
class Loader:
    """Loads a simulator into a DuckDB file and reads it back."""

    simulator: Simulator
    folder: Path
    clock: WorldClock
    pipeline_name: str = "loader"
    dataset_name: str = "ci"
    file: Path | None = None
    rows_of: dict[str, Any] = field(default_factory=dict)

    def session(self, token: str | None = None, share: float = 0.9) -> BuildkiteSession:
        return BuildkiteSession(
            token or self.simulator.token,
            self.simulator.base_url,
            budget=RequestBudget(self.clock, share),
            clock=self.clock,
        )

    def source(self, token: str | None = None, **arguments: Any) -> Any:
        session = arguments.pop("session", None) or self.session(token)
        arguments.setdefault("since", "90d")
        arguments.setdefault("catalog", DETAIL_NAMES)
        return buildkite_source(access_token="unused", session=session, **arguments)

    def pipeline(self, **arguments: Any) -> dlt.Pipeline:
        arguments.setdefault("destination", dlt.destinations.duckdb(str(self.database)))
        return dlt.pipeline(self.pipeline_name, dataset_name=self.dataset_name, **arguments)

    @property
    def database(self) -> Path:
        return self.file or self.folder / "loader.duckdb"

    def load(self, **arguments: Any) -> dlt.Pipeline:
        # What is not offered takes dlt no time.
        arguments.setdefault("catalog", [])
        return self._run(self.source(**arguments))

    def load_only(self, *names: str, **arguments: Any) -> dlt.Pipeline:
        arguments.setdefault("catalog", names)
        return self._run(self.source(**arguments).with_resources(*names))

    def _run(self, source: Any) -> dlt.Pipeline:
        pipeline = self.pipeline()
        with OpenFile(pipeline):
            pipeline.run(source)
        return pipeline

    def forget(self) -> None:
        self.database.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "dlt", ignore_errors=True)

    def rows(self, table: str, order: str = "id") -> list[dict[str, Any]]:
        (rows,) = self.rows_of_each(table, order=order)
        return rows

    def rows_of_each(self, *tables: str, order: str = "id") -> list[list[dict[str, Any]]]:
        with reading(self.database) as connection:
            return [
                connection.sql(f"SELECT * FROM {self.dataset_name}.{table} ORDER BY {order}")
                .to_arrow_table()
                .to_pylist()
                for table in tables
            ]

    def stored_tables(self) -> set[str]:
        return {name for (name,) in query(self.database, "SELECT table_name FROM duckdb_tables()")}

    def tables(self) -> dict[str, dict[str, dict[str, Any]]]:
        rows = self.rows_of_each(*(table.name for table in MIRRORS))
        return {
            table.name: {row["id"]: comparable(table, row) for row in found}
            for table, found in zip(MIRRORS, rows, strict=True)
        }

    def truth(self) -> dict[str, dict[str, dict[str, Any]]]:
        return expected(self.simulator.world.truth())


@pytest.fixture(scope="session")
def world_config() -> WorldConfig:
    return WorldConfig.tiny().but(end=PRESENT)


@pytest.fixture
def simulator(world_config: WorldConfig) -> Iterator[Simulator]:
    with serve(world_config, ManualClock(PRESENT)) as running:
        yield running


@pytest.fixture
def loader(simulator: Simulator, workspace: Path) -> Loader:
    return Loader(simulator, workspace, WorldClock(simulator.world.clock))


def with_builds(loader: Loader, beginnings: Beginnings) -> Loader:
    """Let a loader have loaded the world and nothing more; its simulator's requests are none."""
    loader.forget()
    beginnings.begin(loader.simulator, loader.folder, "builds", loader.load)
    loader.simulator.requests.clear()
    return loader


@pytest.fixture
def loaded(loader: Loader, beginnings: Beginnings) -> Loader:
    """A loader that has loaded the world."""
    return with_builds(loader, beginnings)


@pytest.fixture
def detailed(loader: Loader, beginnings: Beginnings) -> Loader:
    """A loader that has loaded the world and then its details, logs of what failed among them.

    Its simulator's requests are those for the details.
    """

    def load() -> None:
        with_builds(loader, beginnings)
        names = ("annotations", "artifacts", "job_logs", "job_log_lines")
        loader.load_only(*names, max_age="400d", logs="failed")

    beginnings.begin(loader.simulator, loader.folder, "details", load)
    return loader
