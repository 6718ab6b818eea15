"""Trap T11: one writer per DuckDB file. A load and its readers do not meet."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from buildkite_source.warehouse import snapshot as copying
from buildkite_source.warehouse.copying import copy_file
from buildkite_source.warehouse.snapshot import BusyError, keep_ready, snapshot
from tests.cli.mounts import copy_on_write


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "ci.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE a (run INTEGER); CREATE TABLE b (run INTEGER)")
    return file


def rows(file: Path) -> tuple[int, int]:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)"
        ).fetchall()
    return found[0]


def write(file: Path, run: int) -> None:
    """What a load does: open, write in a transaction, close."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO a SELECT ? FROM range(20000)", [run])
        connection.execute("INSERT INTO b SELECT ? FROM range(20000)", [run])
        connection.execute("COMMIT")


def test_readers_share_a_copy_until_the_file_changes(database: Path, tmp_path: Path) -> None:
    first = snapshot(database, tmp_path / "copies")
    assert snapshot(database, tmp_path / "copies") == first != database
    write(database, 1)
    second = snapshot(database, tmp_path / "copies")
    assert (rows(first), rows(second)) == ((0, 0), (20000, 20000))
    write(database, 2)
    third = snapshot(database, tmp_path / "copies")
    assert {second, third} == set((tmp_path / "copies").glob("*.duckdb"))
    assert (tmp_path / "copies").stat().st_mode & 0o077 == 0


def test_a_copy_that_nobody_reads_becomes_the_next_but_one(database: Path, tmp_path: Path) -> None:
    copies = []
    for run in range(5):
        write(database, run)
        copies.append(snapshot(database, tmp_path / "copies"))
        assert copies[-1].read_bytes() == database.read_bytes()
        if run == 1:
            files = {copy.stat().st_ino for copy in copies}
        elif run > 1:
            assert {copy.stat().st_ino for copy in copies[-2:]} == files
    assert set((tmp_path / "copies").glob("*.duckdb")) == set(copies[-2:])


def test_a_load_has_a_copy_ready_where_readers_ask(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"

    def loaded(run: int) -> set[Path]:
        write(database, run)
        keep_ready(database, copies)
        return set(copies.glob("*.duckdb"))

    assert loaded(1) == set()
    first = snapshot(database, copies)
    # A small one is copied in no time.
    assert loaded(2) == {first}
    monkeypatch.setattr(copying, "_LARGE", 0)
    with duckdb.connect(str(first), read_only=True):
        ready = loaded(3) - {first}
        assert len(ready) == 1
        # The one that nobody reads goes on, so that the load writes only what differs.
        inode = next(iter(ready)).stat().st_ino
        assert {one.stat().st_ino for one in loaded(4) - {first}} == {inode}
    made = loaded(5)
    assert snapshot(database, copies) in made
    assert rows(snapshot(database, copies))[0] == 5 * 20000
    (asked,) = copies.glob("*.asked")
    os.utime(asked, (time.time() - 90_000,) * 2)
    assert loaded(6) == made


def test_copies_of_a_file_that_is_forgotten_go(database: Path, tmp_path: Path) -> None:
    copies, other = tmp_path / "copies", tmp_path / "other.duckdb"
    shutil.copyfile(database, other)
    snapshot(other, copies)
    forgotten = {*copies.iterdir()}
    kept = snapshot(database, copies)
    for file in forgotten:
        os.utime(file, (time.time() - 8 * 86_400,) * 2)
    assert snapshot(database, copies) == kept
    assert {kept} == {*copies.glob("*.duckdb")}
    assert not forgotten & {*copies.iterdir()}
    assert rows(snapshot(other, copies)) == rows(other)


@pytest.mark.parametrize("in_process", [True, False], ids=["this process", "another process"])
def test_a_copy_that_is_read_stays_as_it_is(
    database: Path, tmp_path: Path, in_process: bool
) -> None:
    write(database, 1)
    first = snapshot(database, tmp_path / "copies")
    before = first.read_bytes()
    # By what is open: the name may be gone.
    with reading(first, in_process), first.open("rb") as same:
        for run in (2, 3, 4):
            write(database, run)
            assert rows(snapshot(database, tmp_path / "copies"))[0] == run * 20000
        assert same.read() == before


@contextmanager
def reading(file: Path, in_process: bool) -> Iterator[None]:
    """Hold a copy open."""
    if in_process:
        with duckdb.connect(str(file), read_only=True):
            yield
        return
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"open\n"
        yield


@pytest.mark.parametrize("seed", range(20))
def test_an_older_copy_is_brought_up_to_date(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    parts = [bytes(65_536), b"\1" * 65_536, dice.randbytes(65_536)]
    source, target = tmp_path / "file", tmp_path / "copy"
    for file in (source, target):
        content = b"".join(dice.choices(parts, k=dice.randrange(6)))
        file.write_bytes(content[: len(content) - dice.choice([0, 0, 1, 70_000])])
    copy_file(source, target)
    assert target.read_bytes() == source.read_bytes()


def test_what_an_open_writer_has_committed_is_in_the_copy(database: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(database)) as writer:
        writer.execute("INSERT INTO a VALUES (1)")
        assert database.with_name("ci.duckdb.wal").exists()
        copy = snapshot(database, tmp_path / "copies")
        assert rows(copy) == (1, 0)
        writer.execute("INSERT INTO a VALUES (2)")
    assert rows(database) == (2, 0)


def test_without_a_pause_in_writing_the_last_copy_has_to_do(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = snapshot(database, tmp_path / "copies")
    write(database, 1)
    # A write that long ago counts as one of this moment.
    monkeypatch.setattr(copying, "_QUIET_NANOSECONDS", 3600 * 10**9)
    assert snapshot(database, tmp_path / "copies", patience=0.2) == old
    with pytest.raises(BusyError, match="is being written to"):
        snapshot(database, tmp_path / "none", patience=0.2)


def test_loads_and_readers_at_the_same_time(database: Path, tmp_path: Path) -> None:
    runs, failures = 25, []
    seen: list[tuple[int, int]] = []

    def load() -> None:
        for run in range(runs):
            try:
                write(database, run)
            except duckdb.Error as error:
                failures.append(error)
            time.sleep(0.06)
            # A busy machine may keep the reader from coming to its turn.
            patience = time.monotonic() + 60
            while run in (8, 16) and time.monotonic() < patience:
                if seen and seen[-1][0] == (run + 1) * 20000:
                    break
                time.sleep(0.01)

    writer = threading.Thread(target=load)
    writer.start()
    while writer.is_alive():
        seen.append(rows(snapshot(database, tmp_path / "copies")))
    seen.append(rows(snapshot(database, tmp_path / "copies")))
    assert failures == []
    # Every copy is one between two loads, and they follow each other.
    assert all(a == b and a % 20000 == 0 for a, b in seen)
    assert [a for a, _ in seen] == sorted(a for a, _ in seen)
    assert seen[-1] == (runs * 20000, runs * 20000)
    assert len(set(seen)) > 2


def test_a_copy_shares_what_the_file_system_lets_it_share(tmp_path: Path) -> None:
    with copy_on_write(tmp_path / "disk", tmp_path / "image") as disk:
        file = disk / "ci.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE TABLE t AS SELECT hash(i) AS h FROM range(10_000_000) _(i)")
        os.sync()
        free = os.statvfs(disk).f_bavail
        copy = snapshot(file, disk / "copies")
        os.sync()
        taken = (free - os.statvfs(disk).f_bavail) * os.statvfs(disk).f_frsize
        assert copy.read_bytes() == file.read_bytes()
        assert taken < file.stat().st_size / 4
