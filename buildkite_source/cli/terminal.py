"""What reaches the terminal: nothing that it obeys but what we say ourselves, and no failure."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO

from buildkite_source.printable import printable


@contextmanager
def clean_output() -> Iterator[None]:
    """Clean whatever is printed to stdout or stderr meanwhile, by whomever.

    Names, messages and arguments come from anywhere. What is not `printable` becomes a blank, and
    what the terminal's encoding lacks is escaped by a backslash.
    """
    with (
        contextlib.redirect_stdout(_Clean(sys.stdout)) as out,
        contextlib.redirect_stderr(_Clean(sys.stderr)),
    ):
        yield
        out.flush()


@contextmanager
def until_enough() -> Iterator[None]:
    """Do what is done for its words alone as long as somebody reads them."""
    out = sys.stdout
    if not isinstance(out, _Clean):
        yield
        return
    out.is_all = True
    try:
        yield
        out.flush()
    except BrokenPipeError:
        pass
    finally:
        out.is_all = False


def hush(stream: IO[str]) -> None:
    """Have nothing more reach a reader who has gone, also when Python ends and flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Clean(io.TextIOBase):
    """A stream that cleans what is written; to others it is no terminal, so they send no colour.

    Whoever reads may have enough before the end, as `head` does: a load goes on unheard.

    Attributes:
        is_all: What is written is all that the work is for: it ends when nobody reads.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_all = False
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        # rich writes its escapes, bars and colours, to this one.
        self.rich_proxied_file = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def write(self, text: str) -> int:
        self._heard(lambda: self._stream.write(printable(text)))
        return len(text)

    def flush(self) -> None:
        self._heard(self._stream.flush)

    def _heard(self, speak: Callable[[], object]) -> None:
        try:
            speak()
        except BrokenPipeError:
            hush(self._stream)
            if self.is_all:
                raise
