"""A disk that is full or may not be written: which place it is and what to do, and nothing lost."""

import errno
import sqlite3
import subprocess
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import WorldConfig
from buildkite_source.load import advice
from tests.reading import query
from tests.source.conftest import PRESENT

from .conftest import Cli
from .mounts import read_only, small_disk
from .running import check_paragraph, run_with_small_files, words

pytestmark = pytest.mark.with_views

_CREDENTIALS = "DESTINATION__DUCKDB__CREDENTIALS"
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig.tiny().but(end=PRESENT)


def of_full_disk(text: str) -> None:
    assert text.startswith("The disk is full")
    assert "Free some space and run again; the run goes on where it was." in text


@pytest.mark.slow
@pytest.mark.parametrize("size", ["200k", "1m"])
def test_a_full_disk_under_the_duckdb_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    with small_disk(cli.folder / "small", size) as disk:
        file = disk / "buildkite_pipeline.duckdb"
        monkeypatch.setenv(_CREDENTIALS, f"duckdb:///{file}")
        text = words(cli.fails())
        of_full_disk(text)
        assert str(file) in text
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        cli.loads("--quiet")
        ((builds,),) = query(file, "SELECT count(*) FROM buildkite_data.builds")
    assert builds == len(cli.simulator.world.truth()["builds"])


@pytest.mark.parametrize("size", ["8k", "200k"])
def test_a_full_disk_under_the_files_of_dlt(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    with small_disk(cli.folder / "small", size) as disk:
        monkeypatch.setenv("DLT_DATA_DIR", str(disk))
        switch_context(str(cli.folder))
        of_full_disk(words(cli.fails()))


@pytest.mark.slow
def test_files_that_may_not_grow(cli: Cli) -> None:
    """What a quota comes to, on any machine."""
    for most in (100, 100_000):
        outcome = run_with_small_files(cli, most, "--progress", "off")
        assert outcome.code == 1, outcome.text
        check_paragraph(outcome)
        of_full_disk(outcome.err)


def test_a_full_disk_under_other_files(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "40k") as disk:
        with sqlite3.connect(disk / "x.sqlite") as connection, pytest.raises(sqlite3.Error) as lite:
            connection.execute("CREATE TABLE t AS SELECT zeroblob(1000000)")
        connection.close()
        table = pa.table({"x": [str(number) for number in range(100_000)]})
        with pytest.raises(OSError, match="No space left") as parquet:
            pq.write_table(table, disk / "x.parquet")
        with duckdb.connect() as memory:
            memory.execute(f"SET temp_directory = '{disk}'; SET memory_limit = '20MB'")
            memory.execute("SET threads = 1")
            with pytest.raises(duckdb.Error) as spilled:
                memory.execute("CREATE TABLE t AS SELECT md5(i::TEXT) FROM range(1000000) _(i)")
    of_full_disk(advice.explain(parquet.value, "duckdb"))
    of_full_disk(advice.explain(spilled.value, "duckdb"))
    assert "disk of the destination sqlalchemy is full" in advice.explain(lite.value, "sqlalchemy")


def test_what_quotes_the_words_is_no_full_disk() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute("SELECT 'No space left on device'::INTEGER")
    assert "disk is full" not in advice.explain(raised.value, "duckdb")


def of_closed(text: str, folder: str) -> None:
    text = words(text)
    assert "cannot be used: " in text
    assert f"Let this user read and write {folder}, or choose another " in text


# Nobody makes a file in /sys, root neither; nor below what is a file.
@pytest.mark.parametrize("folder", ["/sys", "/etc/hostname"])
@pytest.mark.parametrize("command", ["sync", "views"])
def test_a_duckdb_file_that_may_not_be_written(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, folder: str, command: str
) -> None:
    monkeypatch.setenv(_CREDENTIALS, f"duckdb:///{folder}/ci.duckdb")
    text = cli.fails(command)
    of_closed(text, folder)
    assert f"{folder}/ci.duckdb" in words(text)
    assert "another DuckDB file with DESTINATION__DUCKDB__CREDENTIALS." in words(text)


@pytest.mark.parametrize("folder", ["/sys", "/etc/hostname"])
def test_a_folder_of_dlt_that_may_not_be_written(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", f"{folder}/dlt")
    switch_context(str(cli.folder))
    text = words(cli.fails())
    of_closed(text, folder)
    assert "another folder for what dlt keeps with DLT_DATA_DIR." in text


@pytest.mark.slow
def test_read_only_disks(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_CREDENTIALS, f"duckdb:///{cli.folder}/data/ci.duckdb")
    (cli.folder / "data").mkdir()
    cli.loads("--quiet")
    with read_only(cli.folder / "data") as folder:
        of_closed(cli.fails(), str(folder))
        told = cli("check")
        assert "Read-only file system" in told.out
        assert "Not ready" in told.out
    cli.loads("--quiet")
    with read_only(cli.folder / "dlt") as folder:
        of_closed(cli.fails(), str(folder / "pipelines"))


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Permission denied", "/data/x"),
        PermissionError(errno.EPERM, "Operation not permitted"),
        PermissionError(),
        OSError(errno.EROFS, "Read-only file system", b"/data/x"),
    ],
    ids=repr,
)
def test_every_refusal_is_explained(error: OSError) -> None:
    outer = RuntimeError("somewhere")
    outer.__cause__ = error
    text = advice.explain(outer, "duckdb")
    assert "cannot be used: " in text
    assert "unexpected" not in text
