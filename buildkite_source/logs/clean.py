"""A block of lines → what each line shows in the end, as plain text."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .escapes import Escapes, find_escapes, rewrite_lines, without_escapes
from .spans import CR, DEL, LF, Flags, Offsets, Positions, Scan, joined, line_starts, strings

# What overwrites nothing a reader would miss: ASCII blanks and control characters.
_INVISIBLE = bytes(range(0x21)) + b"\x7f"
# Vertical tabulators and form feeds stand between words.
_TO_BLANK = bytes.maketrans(b"\v\f", b"  ")
# U+0080 to U+009F, which terminals may take for escape sequences.
_C1 = re.compile("[\x80-\x9f]")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")


def clean_lines(scan: Scan, escapes: Escapes) -> tuple[pa.StringArray, Flags]:
    """Return the text of each line, and whether something in the line was overwritten.

    Args:
        scan: Lines.
        escapes: Their escapes.

    Returns:
        One text a line: without marks and escape sequences, valid UTF-8 (U+FFFD for what is
        not), and of the control characters only tabulators. One flag a line: a carriage return
        was followed by something visible, and the text is what follows the last such one.
    """
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
    parts = np.flatnonzero(has_text)
    progress = np.zeros(len(scan.feeds), np.bool_)
    progress[_empty_overwritten(scan, starts, has_text, parts)] = True
    sizes = scan.controls - starts
    np.maximum(sizes, 0, out=sizes)
    offsets = np.zeros(len(scan.feeds) + 1, np.int32)
    np.add.reduceat(sizes, line_starts(scan.line_ends)).cumsum(out=offsets[1:])
    data = joined(scan.data, starts.take(parts), scan.controls.take(parts))
    if scan.has_blanks:
        data = pa.py_buffer(data.to_pybytes().translate(_TO_BLANK))
    is_utf8 = scan.data.isascii() or _is_utf8(offsets, data)
    if is_utf8 and not (b"\xc2" in scan.data and _C1_BYTES.search(data)):
        return strings(pa.string(), offsets, data), progress
    lines = pa.ListArray.from_arrays([0, len(scan.feeds)], strings(pa.binary(), offsets, data))
    # No replacement reaches across a line end: it is ASCII.
    whole = pc.binary_join(lines, b"\n")[0].as_py().decode(errors="replace")
    # After the decoding, for taking bytes out before it could make new characters.
    return pa.array(_C1.sub("", whole).split("\n"), pa.string()), progress


def _empty_overwritten(
    scan: Scan, starts: Positions, has_text: Flags, parts: Positions
) -> Positions:
    """Move the starts of parts that later ones overwrote to their ends.

    Args:
        scan: Lines whose escapes are all marks and CSI sequences.
        starts: Where the part in front of each control character begins.
        has_text: Whether there is something in that part.
        parts: For which of the control characters there is.

    Returns:
        The numbers of the lines with such parts.
    """
    # Most returns belong to a line end, in ones and twos, and overwrite nothing.
    is_return, is_feed = scan.kinds == CR, scan.kinds == LF
    bare = np.flatnonzero(is_return[:-1] & (has_text | ~(is_return | is_feed))[1:])
    if not (len(bare) and len(parts)):
        return bare[:0]
    lines = np.searchsorted(scan.line_ends, bare)
    lines = lines[np.diff(lines, prepend=-1) > 0]
    firsts, ends = line_starts(scan.line_ends)[lines], scan.line_ends[lines]
    # The last part of a line overwrites what is in front of the return before it. For a line
    # without a part or such a return these are of other lines.
    texts = parts[np.searchsorted(parts, ends, "right") - 1]
    has_part = (firsts <= texts) & (texts <= ends)
    lines, firsts, texts = lines[has_part], firsts[has_part], texts[has_part]
    lasts = bare[np.searchsorted(bare, texts) - 1]
    begins, ends = starts.take(texts), scan.controls.take(texts)
    byte = scan.view.take(begins)
    for place in np.flatnonzero((byte <= ord(" ")) | (byte == DEL)).tolist():
        if not scan.data[begins[place] : ends[place]].lstrip(_INVISIBLE):
            lasts[place] = _last_return(scan, int(lines[place]))
    found = (firsts <= lasts) & (lasts < texts)
    firsts, sizes = firsts.compress(found), (lasts - firsts + 1).compress(found)
    # All from each first to its last, as one array.
    emptied = np.arange(sizes.sum()) + (firsts - (sizes.cumsum() - sizes)).repeat(sizes)
    starts[emptied] = scan.controls.take(emptied)
    return lines.compress(found)


def _last_return(scan: Scan, line: int) -> int:
    """Return which control character is the last return of a line with something to see behind.

    This looks at all of the line; -1 if there is none.
    """
    first, end = scan.line_ends[line - 1] + 1 if line else 0, int(scan.line_ends[line])
    start = scan.feeds[line - 1] + 1 if line else 0
    shown = without_escapes(scan.data[start : scan.feeds[line]]).rstrip(_INVISIBLE)
    # No escape holds a return: as many as are shown.
    returns = np.flatnonzero(scan.kinds[first:end] == CR)
    count = shown.count(b"\r")
    return int(first + returns[count - 1]) if count else -1


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
