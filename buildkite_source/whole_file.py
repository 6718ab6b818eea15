"""A file that appears under its name when it is whole: whoever looks never sees half of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What such a name leads to is open already, and may be a log that others write to as well.
_OPEN = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


def write_whole(file: Path, content: bytes) -> None:
    """Write a file in place of what was there.

    A link is followed. What is no file, such as a pipe or /dev/stdout, is written to and stays.

    Args:
        file: Its folder is there.
        content: What it is to hold.

    Raises:
        OSError: It cannot be written; what was there stays.
    """
    if str(file.absolute()).startswith(_OPEN) or (file.exists() and not file.is_file()):
        with file.open("ab") as opened:
            opened.write(content)
        return
    with unfinished(file.resolve()) as beside:
        beside.write_bytes(content)


@contextmanager
def unfinished(file: Path) -> Iterator[Path]:
    """Give a path beside a file, which takes its place at the end, or is removed on an error."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
