"""A load by the command line, in a process of its own, beside readers in this one."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from buildkite_simulator import WorldConfig
from buildkite_source.answers.questions import Warehouse
from buildkite_source.cli.options import DATASET, PIPELINE
from buildkite_source.warehouse.reader import Dataset
from tests.cli.conftest import cli, simulator, without_views
from tests.cli.running import PROGRAMS, REPOSITORY, Cli

__all__ = ["cli", "simulator", "without_views"]

_DATASET = Dataset(PIPELINE, "duckdb", DATASET)
_COUNTS = "SELECT count(*) AS builds, (SELECT count(*) FROM jobs) AS jobs FROM builds"


@pytest.fixture
def world_config() -> WorldConfig:
    return WorldConfig(pipelines=3, days=20, builds_per_day=10)


@contextmanager
def loading(cli: Cli, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a load; it must end well."""
    script = REPOSITORY / "pipelines" / "buildkite_pipeline.py"
    process = subprocess.Popen(
        [PROGRAMS / "python", script, *arguments],
        cwd=cli.folder,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    finally:
        process.kill()


def counts(warehouse: Warehouse) -> tuple[int, int]:
    row = warehouse.ask(_COUNTS).rows.iloc[0]
    return int(row["builds"]), int(row["jobs"])


@pytest.mark.slow
def test_readers_and_a_load_of_another_process_do_not_meet(cli: Cli) -> None:
    cli.loads("--since", "1d")
    early = Warehouse(_DATASET)
    before = counts(early)
    seen = []
    with loading(cli, "--since", "30d") as load:
        while load.poll() is None:
            seen.append(counts(Warehouse(_DATASET)))
            # Who has opened a page keeps what it showed.
            assert counts(early) == before
            time.sleep(0.5)
    after = counts(Warehouse(_DATASET))
    assert after == (cli.count("builds"), cli.count("jobs"))
    assert before < after
    assert len(seen) > 3
    # dlt commits table by table: one may be new while the other is not, but none is half loaded.
    for table, (old, new) in enumerate(zip(before, after, strict=True)):
        rows = [count[table] for count in seen]
        assert rows == sorted(rows)
        assert set(rows) <= {old, new}
