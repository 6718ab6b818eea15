"""Files: tables and Parquet from a log, the command, and how much memory a large log takes."""

import io
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from buildkite_source.logs import log_schema, log_to_parquet, parse_log
from buildkite_source.logs.__main__ import main
from tests.cli.running import REPOSITORY

LOG = b"\x1b_bk;t=1785556800120\x07--- :hammer: make\r\n\x1b_bk;t=1785556802500\x07ok\r\n" * 3


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "job.log"
    path.write_bytes(LOG)
    return path


@pytest.mark.parametrize("of", [Path, str], ids=["Path", "str"])
def test_a_path_reads_as_its_bytes(log: Path, of: Callable[[Path], Path | str]) -> None:
    assert parse_log(of(log), raw=True) == parse_log(LOG, raw=True)


@pytest.mark.parametrize(
    ("lines", "raw"),
    [
        *product((0, 6), (False, True)),
        (300_000, True),
        pytest.param(300_000, False, marks=pytest.mark.slow),
    ],
)
def test_parquet_holds_the_same(tmp_path: Path, raw: bool, lines: int) -> None:
    content = LOG * (lines // 6)
    summary = log_to_parquet(io.BytesIO(content), tmp_path / "job.parquet", raw=raw)
    assert (summary.lines, summary.size) == (lines, len(content))
    file = pq.ParquetFile(tmp_path / "job.parquet")
    assert file.schema_arrow == log_schema(raw=raw)
    assert file.metadata.num_row_groups == min(lines, 1) or lines == 300_000
    assert file.metadata.num_row_groups <= 3
    read = file.read()
    assert read.drop(["group_header"]) == parse_log(content, raw=raw).drop(["group_header"])
    assert set(read["group_header"].to_pylist()) == ({"--- :hammer: make"} if lines else set())


def test_a_log_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("the other side is gone")

    target = tmp_path / "job.parquet"
    target.write_bytes(b"before")
    with pytest.raises(ConnectionResetError):
        log_to_parquet(Broken(), target)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("job.parquet", b"before")
    ]


def test_the_command(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(log)]) == 0
    target = log.with_suffix(".parquet")
    told = "6 lines of 195 bytes, 2026-08-01 04:00:00.120+00:00 to 2026-08-01 04:00:02.500+00:00"
    assert capsys.readouterr().out == f"{target}: {told}\n"
    assert pq.read_table(target).to_pylist() == parse_log(LOG).to_pylist()

    assert main([str(log), str(log.with_name("other.parquet")), "--raw"]) == 0
    raw = pq.read_table(log.with_name("other.parquet"))["raw"].to_pylist()
    assert b"\n".join([*raw, b""]) == LOG


def test_the_command_says_what_it_cannot_do(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(log.with_name("missing.log"))]) == 1
    assert "missing.log" in capsys.readouterr().err
    assert main([str(log), str(log)]) == 1
    assert "is the log itself" in capsys.readouterr().err
    assert log.read_bytes() == LOG


def test_the_command_runs_as_a_module(log: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "buildkite_source.logs", str(log)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"{log.with_suffix('.parquet')}: 6 lines")


STREAM = """
import sys
from buildkite_source.logs import LogParser, log_to_parquet

class Stream:
    def __init__(self, chunk, times):
        self.chunk, self.times = chunk, times

    def read(self, size):
        self.times -= 1
        return self.chunk if self.times >= 0 else b""

def line(number):
    mark = b"\\x1b_bk;t=%d\\x07" % (1785556800000 + number)
    return mark + b"\\x1b[32mline\\x1b[0m %d 10%%\\r%d 100%%\\r\\r\\n" % (number, number)

chunks = {
    "lines": b"".join(map(line, range(15_000))),
    "one line": b"x" * 2**20,
    "progress": b"working 100%\\x1b[K\\r" * 60_000,
    "escapes": b"\\x1b[m" * 350_000,
}

def peak():
    # Not `ru_maxrss`: it starts from the size of the process that started this one.
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))

target, kind, times, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
log_to_parquet(Stream(chunks["lines"], 1), target)
before = peak()
summary = log_to_parquet(Stream(chunks[kind], times), target, max_line_bytes=limit)
assert summary.size == times * len(chunks[kind])
print(before, peak())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("kind", "times", "limit", "mebibytes"),
    [
        ("lines", 16, 8, 36),
        ("one line", 16, 8, 150),
        ("progress", 16, 8, 150),
        ("escapes", 4, 2, 115),
        # A line of 8 MiB that is nothing but escapes costs most.
        ("escapes", 16, 8, 450),
    ],
)
def test_memory_does_not_grow_with_the_log(
    tmp_path: Path, kind: str, times: int, limit: int, mebibytes: int
) -> None:
    """Of `times` MiB with lines of up to `limit` MiB, what the process takes more is bounded."""
    arguments = [str(tmp_path / "job.parquet"), kind, str(times), str(limit * 2**20)]
    ran = subprocess.run(
        [sys.executable, "-c", STREAM, *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
    )
    before, after = map(int, ran.stdout.split())
    assert after - before < mebibytes * 1024
