"""What reaches the terminal: nothing that it obeys but what we say ourselves, and no failure."""

import contextlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from buildkite_source.printable import printable


@contextmanager
def clean_output() -> Iterator[None]:
    """Clean whatever is printed to stdout or stderr meanwhile, by whomever.

    Names, messages and arguments come from anywhere. What is not `printable` becomes a blank, and
    what the terminal's encoding lacks is escaped by a backslash.
    """
    with (
        contextlib.redirect_stdout(_Clean(sys.stdout)),
        contextlib.redirect_stderr(_Clean(sys.stderr)),
    ):
        yield


class _Clean(io.TextIOBase):
    """A stream that cleans what is written; to others it is no terminal, so they send no colour."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        # rich writes its escapes, bars and colours, to this one.
        self.rich_proxied_file = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def write(self, text: str) -> int:
        self._stream.write(printable(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()
