"""A world that forgets builds, a bucket that keeps them, and who loads both."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_source.client import ExportsRead
from tests.beginnings import serve
from tests.source.conftest import PRESENT, Loader, WorldClock

Truth = dict[str, list[dict[str, Any]]]


@dataclass
class Exports:
    """A folder of exports beside a loader.

    Attributes:
        loader: Loads the API and the exports into one DuckDB file.
        folder: The bucket.
        read: What the last load told of the exports.
    """

    loader: Loader
    folder: Path
    read: ExportsRead | None = None

    def forget(self, before: datetime = PRESENT + timedelta(days=1)) -> Truth:
        """Let builds fall out of retention; return what was exported of them."""
        return self.loader.simulator.world.export(self.folder, before)

    def load(self, **arguments: Any) -> ExportsRead:
        """Load the exports once; return what was told of them."""
        session = self.loader.session()
        told: list[ExportsRead] = []
        session.listener = lambda e: told.append(e) if isinstance(e, ExportsRead) else None
        arguments.setdefault("exports_from", str(self.folder))
        self.loader.load_only("build_exports", session=session, catalog=[], **arguments)
        (self.read,) = told
        return self.read

    def rows(self, table: str, order: str = "id") -> list[dict[str, Any]]:
        return self.loader.rows(table, order)

    def files(self, pattern: str = "*") -> list[Path]:
        return sorted(one for one in self.folder.rglob(pattern) if one.is_file())


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    config = WorldConfig(seed=3, pipelines=3, days=2, builds_per_day=6, end=PRESENT)
    with serve(config, ManualClock(PRESENT)) as running:
        yield running


@pytest.fixture
def exports(simulator: Simulator, workspace: Path) -> Exports:
    loader = Loader(simulator, workspace, WorldClock(simulator.world.clock))
    return Exports(loader, workspace / "bucket")
