"""Copies of large files: shared with the file where the file system can, else made of an older one.

A file of gigabytes is read from memory in a fraction of the time that it takes to be written, and a
load changes little of it. So what is known to be a copy of before is compared with the file, and
only the parts that differ are written.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# FICLONE of linux/fs.h.
_CLONE = 0x40049409
# Compared at a time: both stay in the processor's own memory.
_PART = 65_536


def copy_file(source: Path, target: Path, older: Iterable[Path] = ()) -> None:
    """Copy a file.

    Args:
        source: The file.
        target: Its copy; if it is there, an older copy that is brought up to date.
        older: Copies of a DuckDB file, of which the first that nobody reads becomes this one.
    """
    if _cloned(source, target):
        return
    for spare in older:
        if target.exists():
            break
        _take(spare, target)
    if target.exists():
        _bring_up_to_date(target, source)
    else:
        shutil.copyfile(source, target)


def _cloned(source: Path, target: Path) -> bool:
    """Have a copy share what it has in common with the file: Btrfs, XFS and others under Linux."""
    if fcntl is None:
        return False
    made = target.with_suffix(".clone")
    with source.open("rb") as read, made.open("wb") as written:
        try:
            fcntl.ioctl(written.fileno(), _CLONE, read.fileno())
        except OSError:
            made.unlink()
            return False
    made.replace(target)
    return True


def _take(older: Path, target: Path) -> None:
    """Rename a DuckDB file, unless anybody reads it."""
    # DuckDB opens a file to write only if nobody reads it, and nobody can open it meanwhile. By its
    # new name nobody knows it. Windows renames no open file.
    with suppress(duckdb.Error, OSError), duckdb.connect(str(older)):
        older.rename(target)


def _bring_up_to_date(target: Path, source: Path) -> None:
    """Make a file the same as another, and write only the parts that differ."""
    ours, theirs, done = bytearray(_PART), bytearray(_PART), 0
    with source.open("rb", buffering=0) as read, target.open("r+b", buffering=0) as written:
        while count := read.readinto(theirs):
            stands = written.readinto(ours)
            if stands != count or count < _PART or ours != theirs:
                written.seek(done)
                _write(written.fileno(), memoryview(theirs)[:count])
            done += count
            if count < _PART:
                # More may come of a file that is written to.
                written.seek(done)
        written.truncate(done)
    # The newest copy is the one that was written last.
    os.utime(target)


def _write(file: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(file, rest) :]
