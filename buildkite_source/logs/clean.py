"""A block of lines → what each line shows in the end, as plain text."""

import re

import numpy as np
import pyarrow as pa

from .escapes import Escapes, find_escapes, rewrite_lines
from .spans import CR, LF, Cut, Flags, Positions, Scan, is_utf8, line_starts, spans

# What overwrites nothing a reader would miss: ASCII blanks and control characters.
_INVISIBLE = bytes(range(0x21)) + b"\x7f"
_REMOVED = bytes(set(range(0x20)) - set(b"\t\n\v\f")) + b"\x7f"
# Vertical tabulators and form feeds stand between words.
_TO_BLANK = bytes.maketrans(b"\v\f", b"  ")
# U+0080 to U+009F, which terminals may take for escape sequences.
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


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
    odd = escapes.starts[escapes.ends < 0]
    if len(odd):
        scan = Scan(rewrite_lines(scan, odd))
        escapes = find_escapes(scan)
    cut = Cut(escapes.starts, escapes.ends)
    # Most returns belong to a line end, in ones and twos.
    returns, following = scan.returns, scan.view[scan.returns + 1]
    bare = cut.moved(returns[(following != CR) & (following != LF)])
    loose = bool((returns[2:] - returns[:-2] == 2).any())
    block, feeds = cut.apply(scan.data), cut.moved(scan.feeds)
    progress = np.zeros(len(feeds), np.bool_)
    if len(bare):
        block, feeds, has_more = _final_state(block, feeds, bare, progress)
        loose |= has_more
    # Every mark has a BEL of its own.
    bells = scan.bells - int(np.count_nonzero(escapes.times >= 0))
    printable = _printable(block, scan.has_others or bells > 0 or loose)
    if printable is not block:
        block = printable
        feeds = np.flatnonzero(np.frombuffer(block, np.uint8) == LF)
    starts = line_starts(feeds)
    return spans(block, starts, _without_returns(block, starts, feeds), pa.string()), progress


def _final_state(
    block: bytes, feeds: Positions, bare: Positions, progress: Flags
) -> tuple[bytes, Positions, bool]:
    """Leave out what later parts of a line overwrote, and flag the lines.

    Args:
        block: Lines without escapes.
        feeds: Their line feeds.
        bare: Carriage returns that may have overwritten something.
        progress: One flag a line.

    Returns:
        The block, its line feeds, and whether returns are left that `_without_returns` does not
        expect. None of those left overwrote anything.
    """
    has_more = False
    overwritten = []
    lines = np.unique(np.searchsorted(feeds, bare))
    progress_lines = []
    starts, ends = line_starts(feeds)[lines].tolist(), feeds[lines].tolist()
    for line, start, end in zip(lines.tolist(), starts, ends, strict=True):
        whole = block[start:end]
        length = whole.rstrip(_INVISIBLE).rfind(b"\r") + 1
        if length:
            overwritten.append((start, start + length))
            progress_lines.append(line)
        left = whole.find(b"\r", length)
        has_more = has_more or (left >= 0 and whole[left:] not in (b"\r", b"\r\r"))
    if overwritten:
        pairs = np.array(overwritten, np.intp)
        cut = Cut(pairs[:, 0], pairs[:, 1])
        progress[progress_lines] = True
        block, feeds = cut.apply(block), cut.moved(feeds)
    return block, feeds, has_more


def _printable(block: bytes, has_controls: bool) -> bytes:
    """Return a block as UTF-8 whose only controls are tabulators and line ends."""
    if has_controls:
        block = block.translate(_TO_BLANK, _REMOVED)
    if block.isascii():
        return block
    if not is_utf8(block):
        # No replacement reaches across a line end: it is ASCII.
        block = block.decode(errors="replace").encode()
    # After the decoding, for taking bytes out before it could make new characters.
    return _C1.sub(b"", block) if b"\xc2" in block and _C1.search(block) else block


def _without_returns(block: bytes, starts: Positions, feeds: Positions) -> Positions:
    """Return where each line ends without the returns, at most two, at its end."""
    view = np.frombuffer(block, np.uint8)
    ends = feeds
    while True:
        # At the start of the block this looks at its last byte, a line feed.
        stripped = (view[ends - 1] == CR) & (ends > starts)
        if not stripped.any():
            return ends
        ends = ends - stripped
