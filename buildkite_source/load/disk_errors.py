"""What a disk refuses, whoever asks it: it is full, or a place may not be written or read."""

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

import dlt
import duckdb

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})

# Databases raise errors of their own, which quote the system's words for it.
_FULL_WORDS = re.compile(
    "No space left on device|Disk quota exceeded|File too large|not enough space on the disk"
    "|disk is full|failed to offload data block"
)
_CLOSED_WORDS = re.compile(
    "Read-only file system|Permission denied|Operation not permitted|Not a directory"
    "|Access is denied"
)
_FILE = re.compile(r'file "([^"]+)"')
# Other errors of theirs may quote what is loaded.
_OF_DUCKDB = (
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
)
# Python's database API and drivers have these names in common.
_OF_OTHERS = frozenset({"OperationalError", "DiskFull"})


def of_disk(causes: Iterable[BaseException], destination: str) -> str | None:
    """Return what to do about the first of the errors that comes from a disk, if one does."""
    found = (_of(cause, destination) for cause in causes)
    return next(filter(None, found), None)


def _of(error: BaseException, destination: str) -> str | None:
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return _full(error.filename)
        # Libraries of buckets raise it with words of a bucket's, and without a number.
        if error.errno in _CLOSED or (isinstance(error, PermissionError) and not error.args):
            return _closed(error.filename, error.strerror or "it may not be read or written")
    elif isinstance(error, _OF_DUCKDB):
        text = str(error)
        file = _FILE.search(text)
        place, why = file[1] if file else None, _CLOSED_WORDS.search(text)
        if _FULL_WORDS.search(text):
            return _full(place)
        if place and why:
            return _closed(place, why[0])
    elif type(error).__name__ in _OF_OTHERS and (full := _FULL_WORDS.search(str(error))):
        return (
            f"The disk of the destination {destination} is full: {full[0]}. Free some space there "
            "and run again; the run goes on where it was."
        )
    return None


def _full(place: str | bytes | int | None) -> str:
    at = f": {place} cannot grow" if isinstance(place, str) else ""
    return f"The disk is full{at}. Free some space and run again; the run goes on where it was."


def _closed(place: str | bytes | int | None, why: str) -> str:
    if not isinstance(place, str):
        return f"A file or folder cannot be used: {why}. Check the rights of this user."
    path = Path(place)
    # What is there already, as it is the one to open up.
    folder = path if os.path.isdir(path) else path.parent  # noqa: PTH112 - it never raises
    while not os.path.exists(folder):  # noqa: PTH110 - nor does this one
        folder = folder.parent
    return (
        f"{place} cannot be used: {why}. Let this user read and write {folder}, or choose "
        f"{_another(path)}."
    )


def _another(path: Path) -> str:
    if ".duckdb" in path.suffixes:
        return "another DuckDB file with DESTINATION__DUCKDB__CREDENTIALS"
    if path.is_relative_to(dlt.current.run_context().data_dir):
        return "another folder for what dlt keeps with DLT_DATA_DIR"
    return "another place"
