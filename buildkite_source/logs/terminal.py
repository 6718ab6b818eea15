r"""What a terminal makes of lines that move the cursor or erase.

Most lines do neither, and are not read here. A line that stays on its row (carriage returns,
backspaces, `CSI K G C D P X @`, save and restore) is read on its own: `final_text`. One that goes
to other rows (`CSI A B E F H f d J`, `ESC M`) is read on a `Screen` (screen.py), which knows the
rows above.

What is done otherwise than by a terminal: rows are as wide as their text and do not wrap, a
tabulator is a character, clearing the whole screen (`CSI 2J`) clears nothing, for a log is to be
read later.
"""

import re
from collections.abc import Iterator

from .escapes import SEQUENCE, is_move, without_marks
from .row import Pen, Row, TooWideError

_SGR = re.compile(rb"\x1b\[[0-9;:]*+m")
_PLAIN = re.compile(rb"([ -~]*+)(\x1b\[0?K)?")
# A usual progress display: each update erases what is left of the one before. Its last text.
_MARK = rb"(?:\x1b_bk;t=[0-9]{13}\x07)?+"
UPDATES = re.compile(
    rb"%b(?:[ -~]*+\x1b\[0?K%b\r++%b)+?([!-~][ -~]*+)\x1b\[0?K%b\r*+" % ((_MARK,) * 4)
)
# What shows nothing and moves nothing, and within it what moves.
_UNSEEN = re.compile(rb"\x1b(?:%b)?|[\x00-\x07\x0a\x0e-\x1a\x1c-\x1f\x7f]" % SEQUENCE)
_TOKEN = re.compile("\x1b(?:\\[([0-?]*+)[ -/]*+)?([@-~78])|([^\x08\r\x1b]++)|.", re.DOTALL)
# U+0080 to U+009F, which terminals may take for escape sequences.
C1 = re.compile("[\x80-\x9f]")
_TO_BLANK = str.maketrans("\v\f", "  ")


def final_text(line: bytes) -> tuple[str, bool]:
    """Return what a line that stays on its row shows in the end, and whether it overwrote itself.

    Args:
        line: Without its line feed.
    """
    line = without_marks(line)
    row, overwrites = b"", False
    for number, section in enumerate(_SGR.sub(b"", line).rstrip(b"\r").split(b"\r")):
        found = _PLAIN.fullmatch(section)
        if not found:
            return _edited(line)
        text, erases = found.groups()
        over, rest = row[: len(text)], row[len(text) :]
        overwrites = bool(
            overwrites or over.strip() or (number and text.strip()) or (erases and rest.strip())
        )
        row = text if erases else text + rest
    return row.decode(), overwrites


def _edited(line: bytes) -> tuple[str, bool]:
    row, pen = Row(), Pen()
    try:
        for token in tokens(line):
            pen.apply(row, token)
    except TooWideError:
        return _last_part(line)
    return row.text(), pen.overwrites


def _last_part(line: bytes) -> tuple[str, bool]:
    """Return the part behind the last carriage return with something visible behind it."""
    shown = "".join(token[3] or token[0] for token in tokens(line) if not token[2])
    before, _, last = shown.replace("\b", "").rstrip("\r\t ").rpartition("\r")
    return last, bool(before.strip())


def tokens(line: bytes) -> Iterator[re.Match[str]]:
    """Yield what a line without marks writes, and what moves: parameters, final and text."""
    text = _UNSEEN.sub(_unless_moving, line).rstrip(b"\r").decode(errors="replace")
    # After the decoding, for taking bytes out before it could make new characters.
    return _TOKEN.finditer(C1.sub("", text.translate(_TO_BLANK)))


def _unless_moving(match: re.Match[bytes]) -> bytes:
    return match[0] if is_move(match[1], match[2]) else b""
