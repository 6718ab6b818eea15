"""A copy of a DuckDB file to read from, so that readers and loads never meet.

DuckDB lets one process write or many read, and a load fails to open a file that somebody reads
(https://duckdb.org/docs/stable/connect/concurrency). A notebook therefore never opens the file
that is loaded into: it copies it, which takes no lock, and reads the copy. What lies on disk at
any one moment, the file and the log beside it, is what DuckDB would recover from after a crash;
a copy is kept only if nothing was written while it was made.
"""

import hashlib
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from buildkite_source.client import BuildkiteError

from .copying import copy_file

# File systems tell times of writing to a few milliseconds: two writes that close look like one.
_QUIET_NANOSECONDS = 50_000_000
_PAUSE = 0.1
# Other open notebooks may still read the one before.
_KEPT = 2
# A load has a copy ready of a file of this size, if a reader has asked for one in a day.
_LARGE = 100_000_000
_A_DAY = 86_400.0
# Copies of a file that nobody has asked for in as long take room for nothing.
_FORGOTTEN = 7 * _A_DAY

_ASKED = ".asked"

# Time of writing, size and identity of the file and of its log.
_Marks = tuple[tuple[int, int, int], tuple[int, int, int]]


class BusyError(BuildkiteError):
    """The file was written to without a pause, and there is no older copy."""


def snapshot(database: Path, folder: Path, patience: float = 15) -> Path:
    """Return a copy of a DuckDB file as it is now, which nobody writes to.

    As long as the file does not change, all readers get the same copy.

    Args:
        database: The file.
        folder: Where copies are kept; made for this user alone.
        patience: Seconds to wait for a moment without writing. After that, the newest copy there
            is has to do.

    Raises:
        FileNotFoundError: There is no such file.
        BusyError: No such moment came, and there is no copy.
    """
    _marks(database)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = _digest(str(database.resolve()))
    _asked(folder, name).touch()
    end = time.monotonic() + patience
    while True:
        marks = _marks(database)
        copy = folder / f"{name}-{_digest(repr(marks))}.duckdb"
        # The newest has to do if there is no moment without writing; one before it is to spare.
        spare = _copies(folder, name)[:0:-1]
        if copy.exists() or (_is_quiet(marks) and _copied(database, copy, marks, spare)):
            _tidy(folder, name)
            return copy
        if time.monotonic() > end:
            break
        time.sleep(_PAUSE)
    copies = _copies(folder, name)
    if not copies:
        raise BusyError(f"{database} is being written to by a load. Run again in a minute.")
    return copies[0]


def keep_ready(database: Path, folder: Path) -> None:
    """Have a copy of a large file for the next reader: for whoever has just written to it.

    Only if somebody has asked for one within a day; what nobody reads is not copied for ever.

    Args:
        database: The file, closed.
        folder: Where readers keep copies.
    """
    name = _digest(str(database.resolve()))
    try:
        if _age(_asked(folder, name)) > _A_DAY or database.stat().st_size < _LARGE:
            return
    except FileNotFoundError:
        return
    time.sleep(_QUIET_NANOSECONDS / 1e9)
    marks = _marks(database)
    copy = folder / f"{name}-{_digest(repr(marks))}.duckdb"
    if not copy.exists() and _copied(database, copy, marks, _copies(folder, name)[::-1]):
        _tidy(folder, name)


def _copied(database: Path, copy: Path, marks: _Marks, older: Sequence[Path]) -> bool:
    """Copy the file and its log; return whether they stayed as they were meanwhile."""
    with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
        made = Path(folder) / "copy.duckdb"
        copy_file(database, made, older)
        # The log goes when a load closes the file.
        with suppress(FileNotFoundError):
            copy_file(_log_of(database), _log_of(made))
        if _marks(database) != marks:
            return False
        if _log_of(made).exists():
            # Closing takes the log into the file.
            duckdb.connect(str(made)).close()
        made.replace(copy)
    return True


def _tidy(folder: Path, name: str) -> None:
    """Remove older copies of a file, and all of files that are forgotten."""
    spare = _copies(folder, name)[_KEPT:]
    for asked in folder.glob(f"*{_ASKED}"):
        with suppress(FileNotFoundError):
            if _age(asked) > _FORGOTTEN:
                spare += [*_copies(folder, asked.stem), asked]
    for old in spare:
        # Where an open file cannot be removed, it goes another time.
        with suppress(OSError):
            old.unlink()


def _age(file: Path) -> float:
    """Return the seconds since a file was written or touched."""
    return time.time() - file.stat().st_mtime


def _asked(folder: Path, name: str) -> Path:
    """Return the file whose time says when a reader last asked for a copy."""
    return folder / f"{name}{_ASKED}"


def _copies(folder: Path, name: str) -> list[Path]:
    """Return the copies of a file, the newest first."""
    times: dict[Path, int] = {}
    for copy in folder.glob(f"{name}-*.duckdb"):
        with suppress(FileNotFoundError):
            times[copy] = copy.stat().st_mtime_ns
    return sorted(times, key=lambda copy: times[copy], reverse=True)


def _marks(database: Path) -> _Marks:
    """Return what differs after every write.

    Raises:
        FileNotFoundError: There is no such file.
    """
    file = database.stat()
    log = (0, 0, 0)
    with suppress(FileNotFoundError):
        found = _log_of(database).stat()
        log = (found.st_mtime_ns, found.st_size, found.st_ino)
    return (file.st_mtime_ns, file.st_size, file.st_ino), log


def _is_quiet(marks: _Marks) -> bool:
    now = time.time_ns()
    return all(not 0 <= now - written < _QUIET_NANOSECONDS for written, _, _ in marks)


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
