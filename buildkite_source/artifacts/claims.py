"""One process at a time on a partial file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import TargetError


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Keep other processes off a file, which is made if it does not exist, while in the context.

    Windows does not rename files that are open, so there nobody is kept off.

    Raises:
        TargetError: Another process has it.
        OSError: The file cannot be opened.
    """
    if sys.platform == "win32":
        yield
        return
    with path.open("ab") as file:
        if not _lock(file) or not _is_at(path, file):
            raise TargetError("Another process is downloading it.")
        yield


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False when another process has it."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A file system without locks; size and SHA-1 are checked all the same.
            return True
    return True


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Tell whether a file still has its name: its last owner may have renamed or removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
