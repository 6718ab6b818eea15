"""A file appears whole, and what is no file is written to and stays what it is."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from buildkite_source.whole_file import unfinished, write_whole


def test_what_was_there_stays_until_all_of_it_is_written(tmp_path: Path) -> None:
    file, link = tmp_path / "ci.md", tmp_path / "link.md"
    write_whole(file, b"one")
    link.symlink_to(file)
    write_whole(link, b"two")
    assert link.is_symlink()
    assert file.read_bytes() == b"two"
    with pytest.raises(FileNotFoundError), unfinished(file) as beside:
        (beside / "no").write_bytes(b"half")
    assert file.read_bytes() == b"two"
    assert {one.name for one in tmp_path.iterdir()} == {"ci.md", "link.md"}
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "ci.md", b"one")


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"x" * 200_000)
    reader.join(30)
    assert read == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [*tmp_path.iterdir()] == [pipe]


def test_nowhere_stays_a_device() -> None:
    before = Path("/dev/null").stat()
    write_whole(Path("/dev/null"), b"x")
    after = Path("/dev/null").stat()
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_log_that_is_standard_output_is_added_to(tmp_path: Path, name: str) -> None:
    log = tmp_path / "cron.log"
    log.write_text("of yesterday\n")
    node = log.stat().st_ino
    code = (
        "import sys, pathlib; from buildkite_source.whole_file import write_whole; "
        "write_whole(pathlib.Path(sys.argv[1]), b'report\\n')"
    )
    with log.open("a") as out:
        subprocess.run([sys.executable, "-c", code, name], stdout=out, check=True)
    assert log.read_text() == "of yesterday\nreport\n"
    assert log.stat().st_ino == node
    assert [*tmp_path.iterdir()] == [log]
