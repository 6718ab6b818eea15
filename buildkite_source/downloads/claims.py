"""One process at a time on a partial file."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from .errors import TargetError


class Claim:
    """Keeps other processes off a partial file while this one works on it.

    Raises:
        TargetError: On entry: another process works on it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        file = self._path.open("ab")
        if not _lock(file) or not self._path.exists() or not self._is_at_path(file):
            file.close()
            raise TargetError("Another process is downloading it.")
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def _is_at_path(self, file: BinaryIO) -> bool:
        return os.path.samestat(self._path.stat(), os.fstat(file.fileno()))


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False when another process has it."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A file system without locks; the sums are checked all the same.
            return True
    return True
