"""`status` and `report` only read: they leave no trace, and meet nobody."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import WorldConfig
from tests.source.conftest import PRESENT

from .conftest import Cli
from .mounts import read_only
from .running import PROGRAMS, environment, everything_in, run

pytestmark = pytest.mark.with_views

_READERS = ("status", "report")


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig.tiny().but(end=PRESENT)


@contextmanager
def read_by_another(database: Path) -> Iterator[None]:
    code = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1], read_only=True); "
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        yield
        other.stdin.close()


@pytest.mark.parametrize("command", _READERS)
def test_where_nothing_was_loaded_nothing_comes_into_being(cli: Cli, command: str) -> None:
    before = everything_in(cli.folder)
    outcome = cli(command)
    assert outcome.code == (command == "report")
    assert "Nothing is loaded yet" in outcome.text
    assert everything_in(cli.folder) == before


def test_a_reader_changes_nothing_and_meets_nobody(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.has_loaded("--since", "20d")
    before = everything_in(cli.folder)
    texts = {command: cli.loads(command).out for command in _READERS}
    assert "changes followed up to" in texts["status"]
    assert "Last runs" in texts["status"]
    assert str(cli.database) in texts["status"]
    assert everything_in(cli.folder) == before
    # Another machine has no folder of dlt's.
    monkeypatch.setenv("DLT_DATA_DIR", str(cli.folder / "elsewhere"))
    switch_context(str(cli.folder))
    with read_by_another(cli.database):
        for command in _READERS:
            assert cli.loads(command).out == texts[command]
    assert everything_in(cli.folder) == before


def test_a_project_that_may_not_be_written(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    with read_only(cli.folder / "dlt"):
        for command in _READERS:
            assert cli.loads(command).out


def test_a_status_while_a_load_writes(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    code = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); "
        "held.execute('CREATE TABLE held (x INT)'); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(cli.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        assert "Last runs" in cli.loads("status").out
        other.kill()


def test_copies_are_for_the_user_alone(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    cli.loads("status")
    shared = cli.folder / "temporary" / f"buildkite-copies-{os.getuid()}"
    assert shared.stat().st_mode & 0o077 == 0
    assert len(list(shared.glob("*.duckdb"))) == 1
    for copy in shared.iterdir():
        copy.unlink()
    # What others may enter, or have put there, is not used.
    shared.chmod(0o777)
    assert "Last runs" in cli.loads("status").out
    assert list(shared.iterdir()) == []
    shared.rmdir()
    shared.symlink_to(cli.folder)
    assert "Last runs" in cli.loads("status").out
    assert list(cli.folder.glob("*.duckdb")) == [cli.database]


def test_nothing_of_the_libraries_is_printed(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    settings = {"DLT_PROJECT_DIR": str(cli.folder), "DLT_LOCAL_DIR": str(cli.folder)}
    env = environment(cli.folder, **settings)
    outcome = run(PROGRAMS / "buildkite-pipeline", "status", cwd=cli.folder, env=env)
    assert outcome.code == 0
    assert outcome.err == ""
