"""Blocks of bytes as arrays: where control characters are, and blocks without some parts.

Everything here works on a whole block at once; a block is below 2 GiB, which is what Arrow's
32-bit offsets reach.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Positions = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

BEL, TAB, LF, CR, ESC = 0x07, 0x09, 0x0A, 0x0D, 0x1B

# Longer than any window read behind a position, so that windows at the end of a block need no
# check; a line feed ends every sequence.
_PADDING = 32
_PLAIN_KINDS = np.isin(np.arange(256), (BEL, TAB, LF, CR, ESC))


class Scan:
    """A block of whole lines and its control characters, found in one pass.

    Attributes:
        data: The block.
        view: The same as an array, with line feeds behind it.
        feeds, returns, escapes: Positions of LF, CR and ESC.
        bells: How many BEL there are.
        has_others: Whether there are others than these and TAB, DEL included.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.view = np.frombuffer(data + b"\n" * _PADDING, np.uint8)
        inner = self.view[:-_PADDING]
        controls = np.flatnonzero(inner < 0x20)
        kinds = inner.take(controls)
        self.feeds: Positions = controls.compress(kinds == LF)
        self.returns: Positions = controls.compress(kinds == CR)
        self.escapes: Positions = controls.compress(kinds == ESC)
        self.bells = int(np.count_nonzero(kinds == BEL))
        self.has_others = not _PLAIN_KINDS.take(kinds).all() or b"\x7f" in data

    def words(self, starts: Positions) -> npt.NDArray[np.uint64]:
        """Return the eight bytes from each start on, each as one number, first byte lowest."""
        inner = len(self.view) - 8
        words: npt.NDArray[np.uint64] = np.ndarray((inner,), "<u8", self.view.data, 0, (1,))[starts]
        return words

    def windows(self, starts: Positions, width: int) -> Bytes:
        """Return the `width` (at most 32) bytes from each start on, as rows."""
        rows: Bytes = np.lib.stride_tricks.sliding_window_view(self.view, width)[starts]
        return rows


@dataclass(frozen=True, slots=True)
class Cut:
    """Spans of a block to leave out, ordered and disjoint.

    Attributes:
        starts: Where each begins.
        ends: Where what is kept goes on.
    """

    starts: Positions
    ends: Positions

    def apply(self, block: bytes) -> bytes:
        """Return the block without the spans."""
        if not len(self.starts):
            return block
        bounds = np.empty(2 * len(self.starts) + 2, np.int32)
        bounds[0], bounds[-1] = 0, len(block)
        bounds[1:-1:2], bounds[2:-1:2] = self.starts, self.ends
        data = _every_other(block, bounds, pa.binary()).buffers()[2]
        # Where nothing is left Arrow may leave out the buffer.
        return b"" if data is None else data.to_pybytes()

    def moved(self, positions: Positions) -> Positions:
        """Return where positions outside the spans are in the block that `apply` returns."""
        if not len(self.starts):
            return positions
        gone = np.zeros(len(self.starts) + 1, np.intp)
        np.cumsum(self.ends - self.starts, out=gone[1:])
        return positions - gone[np.searchsorted(self.starts, positions)]


def line_starts(feeds: Positions) -> Positions:
    """Return where the lines that end at `feeds` start."""
    starts = np.zeros_like(feeds)
    starts[1:] = feeds[:-1] + 1
    return starts


def spans(block: bytes, starts: Positions, ends: Positions, kind: pa.DataType) -> pa.Array:
    """Return the spans from `starts` to `ends`, ordered and disjoint, as an array of `kind`.

    Text must be valid UTF-8; nothing here checks it.
    """
    bounds = np.empty(2 * len(starts), np.int32)
    bounds[0::2], bounds[1::2] = starts, ends
    return _every_other(block, bounds, kind)


def is_utf8(block: bytes) -> bool:
    """Return whether a block is valid UTF-8, several times as fast as by decoding it."""
    bounds = pa.py_buffer(np.array([0, len(block)], np.int32))
    text = pa.Array.from_buffers(pa.string(), 1, [None, bounds, pa.py_buffer(block)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _every_other(block: bytes, bounds: npt.NDArray[np.int32], kind: pa.DataType) -> pa.Array:
    """Return the 1st, 3rd, 5th … of the parts that `bounds` divide a block into.

    Arrow gathers them into one buffer at the speed of copying, which neither `re.sub` nor a
    mask of NumPy reaches: they took eight and five times as long for one mark a line.
    """
    count = len(bounds) - 1
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(block)]
    parts = pa.Array.from_buffers(kind, count, buffers)
    return parts.take(pa.array(np.arange(0, count, 2)))
