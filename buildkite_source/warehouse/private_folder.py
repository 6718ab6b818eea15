"""A folder of a reader's own, which goes with it, even if the reader's process is killed."""

import os
import shutil
import stat
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "buildkite-answers-"
_UNLOCKED = "buildkite-made-"
_LOCK = "in-use.lock"
_A_DAY = 86_400


class PrivateFolder:
    """A temporary folder.

    It is removed with its owner. A process that is killed removes nothing; so whoever makes a
    folder removes those of this user that nobody holds any more.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        """Make the folder."""
        _remove_left_behind()
        made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
        lock = FileLock(made / _LOCK)
        lock.acquire()
        # It gets the name by which others look for it once it is locked.
        self.path = made.rename(made.with_name(made.name.replace(_UNLOCKED, _PREFIX, 1)))
        self._finalizer = weakref.finalize(self, _remove, self.path, lock)


def _remove(path: Path, lock: FileLock) -> None:
    lock.release()
    shutil.rmtree(path, ignore_errors=True)


def _remove_left_behind() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if not _is_mine(folder):
                continue
            file = folder / _LOCK
            # Older versions made some without a lock.
            if not file.exists() and time.time() - folder.lstat().st_mtime < _A_DAY:
                continue
            lock = FileLock(file, timeout=0)
            with suppress(Timeout):
                lock.acquire()
                _remove(folder, lock)


def _is_mine(folder: Path) -> bool:
    found = folder.lstat()
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and stat.S_ISDIR(found.st_mode)
