from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from tests.cli.running import PROGRAMS, REPOSITORY, environment, run
from tests.source.conftest import PRESENT

from .running import Server, serve

_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@dataclass(frozen=True)
class Project:
    """A folder with a loaded database, and the environment that points at it."""

    folder: Path
    env: dict[str, str]
    name: str = "buildkite_pipeline"

    @property
    def database(self) -> Path:
        return self.folder / f"{self.name}.duckdb"

    def load(self, *arguments: str) -> None:
        script = REPOSITORY / "pipelines" / "buildkite_pipeline.py"
        outcome = run(PROGRAMS / "python", script, *arguments, cwd=self.folder, env=self.env)
        assert outcome.code == 0, outcome.text


@pytest.fixture(scope="session")
def company() -> Iterator[Simulator]:
    """The API of a small company of two organizations."""
    config = WorldConfig(organizations=2, pipelines=6, days=30, builds_per_day=8)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def project(company: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The company, loaded with the details and logs of some builds."""
    folder = tmp_path_factory.mktemp("project")
    settings = {
        "DLT_PROJECT_DIR": str(folder),
        "DLT_LOCAL_DIR": str(folder),
        f"{_PREFIX}ACCESS_TOKEN": company.token,
        f"{_PREFIX}BASE_URL": company.base_url,
        f"{_PREFIX}QUEUE_PRICES": '{"default": 1.5}',
    }
    made = Project(folder, environment(folder, **settings))
    # The first hundred requests go to annotations, the others to logs.
    details = ("--resources", "core,annotations,logs", "--logs", "failed", "--max-requests", "140")
    made.load("--since", "60d", *details, "--max-age", "3650d")
    return made


@pytest.fixture(scope="session")
def server(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("server") / "output.txt"
    with serve(project.folder, project.env, output) as served:
        yield served
