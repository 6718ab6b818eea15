import shutil
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from tests.cli.running import environment
from tests.source.conftest import simulator, world_config

from .isolated import Isolated

__all__ = ["simulator", "world_config"]


@pytest.fixture
def isolated(simulator: Simulator, workspace: Path) -> Isolated:
    """Runs programs of a scheduler's packages, which load the simulator into a DuckDB file."""
    if not shutil.which("uv"):
        pytest.skip("uv is not installed: pip install uv")
    file = workspace / "loaded.duckdb"
    settings = {
        "SOURCES__BUILDKITE_SOURCE__BASE_URL": simulator.base_url,
        "DESTINATION__DUCKDB__CREDENTIALS": f"duckdb:///{file}",
        "HOME": str(workspace),
        "NO_PROXY": "127.0.0.1,localhost",
        "DO_NOT_TRACK": "1",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
    return Isolated(simulator, workspace, file, environment(workspace, **settings))
