import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from tests.cli.conftest import cli, simulator, world_config
from tests.cli.running import PROGRAMS, REPOSITORY, Cli, environment, run
from tests.source.conftest import PRESENT

__all__ = ["cli", "simulator", "world_config"]

SINCE = PRESENT - timedelta(days=45)
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@dataclass(frozen=True)
class Company:
    """A company of two organizations behind the API, and a folder it is loaded into."""

    simulator: Simulator
    folder: Path
    env: dict[str, str]

    @property
    def database(self) -> Path:
        return self.folder / "buildkite_pipeline.duckdb"

    def load(self, *arguments: str) -> None:
        script = REPOSITORY / "pipelines" / "buildkite_pipeline.py"
        command = (PROGRAMS / "python", script, "--since", SINCE.isoformat(), "--quiet")
        outcome = run(*command, *arguments, cwd=self.folder, env=self.env)
        assert outcome.code == 0, outcome.text


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    config = WorldConfig(seed=5, organizations=2, pipelines=6, days=45, builds_per_day=10)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        settings = {
            "DLT_PROJECT_DIR": str(folder),
            "DLT_LOCAL_DIR": str(folder),
            f"{_PREFIX}ACCESS_TOKEN": simulator.token,
            f"{_PREFIX}BASE_URL": simulator.base_url,
        }
        made = Company(simulator, folder, environment(folder, **settings))
        made.load()
        yield made


@pytest.fixture
def loaded(cli: Cli, company: Company) -> Cli:
    """The command line in a project of its own into which the company is loaded."""
    shutil.copy(company.database, cli.database)
    return cli


@pytest.fixture
def tables(loaded: Cli) -> Iterator[duckdb.DuckDBPyConnection]:
    """The dataset, to look at and to change."""
    with duckdb.connect(str(loaded.database)) as connection:
        connection.execute("SET TimeZone = 'UTC'; USE buildkite_data")
        yield connection
