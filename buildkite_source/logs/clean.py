"""A block of lines → what each line shows in the end, as plain text."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .escapes import Escapes, find_escapes, moving_lines, rewrite_lines
from .spans import BS, CR, LF, Flags, Offsets, Positions, Scan, joined, line_starts, strings
from .terminal import C1, UPDATES, final_text

# Vertical tabulators and form feeds stand between words.
_TO_BLANK = bytes.maketrans(b"\v\f", b"  ")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What the lines of a block show.

    Attributes:
        text: One text a line: without marks and escape sequences, valid UTF-8 (U+FFFD for what is
            not), and of the control characters only tabulators.
        overwrites: Something in the line was written over or erased, or stands behind a return.
        across: Lines that move to other rows, whose text is not known from themselves.
    """

    text: pa.StringArray
    overwrites: Flags
    across: Positions


def clean_lines(scan: Scan, escapes: Escapes) -> Cleaned:
    """Return what lines show, each by itself.

    Args:
        scan: Lines.
        escapes: Their escapes.
    """
    origin = scan
    in_row, across = moving_lines(scan, escapes)
    if (escapes.ends < 0).any():
        scan = Scan(rewrite_lines(scan, escapes))
        escapes = find_escapes(scan)
    # Each control character ends a part, which began behind the one before or behind what that
    # one began. The BEL of a mark is behind the mark's end then, and its part is none.
    starts = np.empty(len(scan.controls) + 1, np.intp)
    starts[0] = 0
    np.add(scan.controls, 1, out=starts[1:])
    starts[scan.escapes + 1] = escapes.ends
    starts = starts[:-1]
    has_text = scan.controls > starts
    edited = np.unique(np.append(in_row, _overwritten(scan, has_text)))
    if len(across):
        edited = np.setdiff1d(edited, across, assume_unique=True)
    overwrites = np.zeros(len(scan.feeds), np.bool_)
    texts: dict[int, str] = {}
    updates: dict[int, int] = {}
    begins = np.append(0, scan.feeds + 1).take(edited).tolist()
    for line, begin, end in zip(
        edited.tolist(), begins, scan.feeds.take(edited).tolist(), strict=True
    ):
        if origin is scan and (found := UPDATES.fullmatch(scan.data, begin, end)):
            updates[line] = found.start(1)
        else:
            texts[line], overwrites[line] = final_text(origin.line(line))
    if updates:
        lines = np.fromiter(updates, np.intp, len(updates))
        overwrites[lines] = True
        _empty(scan, starts, lines, np.fromiter(updates.values(), np.intp, len(updates)))
        has_text = scan.controls > starts
    text = _texts(scan, starts, has_text)
    if texts:
        text = with_texts(text, np.fromiter(texts, np.intp, len(texts)), [*texts.values()])
    return Cleaned(text, overwrites, across)


def with_texts(texts: pa.StringArray, places: Positions, new: list[str]) -> pa.StringArray:
    """Return texts with others at some places, which are in order."""
    mask = np.zeros(len(texts), np.bool_)
    mask[places] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(new, pa.string()))


def _empty(scan: Scan, starts: Positions, lines: Positions, begins: Positions) -> None:
    """Move starts of parts to their ends: those of `lines` in front of where their texts begin."""
    firsts = np.append(0, scan.line_ends + 1).take(lines)
    # The text ends with the first control character behind.
    lasts = np.searchsorted(scan.controls, begins)
    sizes = lasts - firsts
    emptied = np.arange(sizes.sum()) + (firsts - (sizes.cumsum() - sizes)).repeat(sizes)
    starts[emptied] = scan.controls.take(emptied)


def _overwritten(scan: Scan, has_text: Flags) -> Positions:
    """Return the lines with a backspace, or a return that something follows, at times twice."""
    # Most returns belong to a line end, in ones and twos.
    is_return, is_feed = scan.kinds == CR, scan.kinds == LF
    moves = scan.kinds == BS
    moves[:-1] |= is_return[:-1] & (has_text | ~(is_return | is_feed))[1:]
    return np.searchsorted(scan.line_ends, np.flatnonzero(moves))


def _texts(scan: Scan, starts: Positions, has_text: Flags) -> pa.StringArray:
    """Return the parts of each line as one text."""
    parts = np.flatnonzero(has_text)
    sizes = scan.controls - starts
    np.maximum(sizes, 0, out=sizes)
    offsets = np.zeros(len(scan.feeds) + 1, np.int32)
    np.add.reduceat(sizes, line_starts(scan.line_ends)).cumsum(out=offsets[1:])
    data = joined(scan.data, starts.take(parts), scan.controls.take(parts))
    if scan.has_blanks:
        data = pa.py_buffer(data.to_pybytes().translate(_TO_BLANK))
    is_utf8 = scan.data.isascii() or _is_utf8(offsets, data)
    if is_utf8 and not (b"\xc2" in scan.data and _C1_BYTES.search(data)):
        return strings(pa.string(), offsets, data)
    lines = pa.ListArray.from_arrays([0, len(scan.feeds)], strings(pa.binary(), offsets, data))
    # No replacement reaches across a line end: it is ASCII.
    whole = pc.binary_join(lines, b"\n")[0].as_py().decode(errors="replace")
    # After the decoding, for taking bytes out before it could make new characters.
    return pa.array(C1.sub("", whole).split("\n"), pa.string())


def _is_utf8(offsets: Offsets, data: pa.Buffer) -> bool:
    """Return whether all parts of some bytes are valid UTF-8."""
    view = np.frombuffer(data, np.uint8)
    # No part begins inside of a character; those behind all bytes are empty.
    starts = view.take(offsets[: np.searchsorted(offsets, len(view))])
    if (starts & 0xC0 == 0x80).any():
        return False
    whole = np.array([0, len(view)], np.int32)
    try:
        strings(pa.string(), whole, data).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
