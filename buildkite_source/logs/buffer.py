"""Bytes in any chunking → blocks of whole lines, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

# Large enough to make a call of NumPy or Arrow cheap per line, small enough for the caches.
BLOCK_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines.

    Attributes:
        data: The lines, each with its line feed; the last one of a log gets one if it has none.
        cut: Positions of the line feeds of lines that were cut.
    """

    data: bytearray
    cut: tuple[int, ...]


class LineBuffer:
    """Collects bytes until they are blocks of whole lines.

    It holds at most two block sizes and two longest lines.

    Args:
        max_line_bytes: Of a longer line only so many bytes are kept, without the line feed.

    Attributes:
        size: Bytes given so far.
        cut_bytes: Bytes left out of lines that were too long.
        cut_lines: Lines that were too long and have ended.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self.size = self.cut_bytes = self.cut_lines = 0
        self._longest = max_line_bytes
        # A piece no longer than the longest line: a line within it needs no cutting.
        self._piece = min(BLOCK_BYTES, max_line_bytes)
        self._ready = bytearray()
        self._line = bytearray()
        self._line_is_cut = False
        self._cut: list[int] = []

    def feed(self, chunk: bytes) -> Iterator[Block]:
        """Take bytes, and yield the blocks they complete."""
        self.size += len(chunk)
        view = memoryview(chunk)
        for start in range(0, len(chunk), self._piece):
            end = min(start + self._piece, len(chunk))
            last = chunk.rfind(b"\n", start, end) + 1
            if last:
                first = chunk.find(b"\n", start, end)
                self._extend(view[start:first])
                self._end_line()
                self._ready += view[first + 1 : last]
            self._extend(view[last or start : end])
            if len(self._ready) >= BLOCK_BYTES:
                yield self._block()

    def finish(self) -> Iterator[Block]:
        """Yield what is left; the bytes after the last line feed are a line if there are any."""
        if self._line:
            self._end_line()
        if self._ready:
            yield self._block()

    def _extend(self, part: memoryview) -> None:
        room = self._longest - len(self._line)
        self._line += part[:room]
        if len(part) > room:
            self.cut_bytes += len(part) - room
            self._line_is_cut = True

    def _end_line(self) -> None:
        self._ready += self._line
        if self._line_is_cut:
            self._cut.append(len(self._ready))
            self.cut_lines += 1
        self._ready += b"\n"
        self._line.clear()
        self._line_is_cut = False

    def _block(self) -> Block:
        block = Block(self._ready, tuple(self._cut))
        self._ready = bytearray()
        self._cut.clear()
        return block
