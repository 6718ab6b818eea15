"""What reaches the terminal: nothing that it obeys but what we say ourselves, and no failure."""

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

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


class CleanConsole(Console):
    """A console on stderr whose own escapes are the only ones."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as `Console` does, and clean the text."""
        for segment in super().render(renderable, options):
            is_own = segment.control is not None
            yield segment if is_own else Segment(printable(segment.text), segment.style)


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
