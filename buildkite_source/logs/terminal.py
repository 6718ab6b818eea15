r"""What a terminal makes of lines that move the cursor or erase.

Most lines do neither, and are not read here. A line that stays on its row (carriage returns,
backspaces, `CSI K G C D P X @`, save and restore) is read on its own: `final_text`. One that goes
to other rows (`CSI A B E F H f d J`, `ESC M`) is read on a `Screen`, which knows the rows above.

What is done otherwise than by a terminal: rows are as wide as their text and do not wrap, a
tabulator is a character, clearing the whole screen (`CSI 2J`) clears nothing, for a log is to be
read later.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .escapes import ACROSS, IN_ROW, without_marks
from .spans import Positions

# Rows of the terminal that the agent runs commands in.
HEIGHT = 100
# What is farther up than this is as it is: it may have been written already.
REACH_LINES = 2_000
REACH_BYTES = 1024 * 1024
# Wider rows are not edited, for each move could cost as much as the row is wide.
_WIDEST = 4_096

_SGR = re.compile(rb"\x1b\[[0-9;:]*+m")
_PLAIN = re.compile(rb"([ -~]*+)(\x1b\[0?K)?")
# A usual progress display: each update erases what is left of the one before. Its last text.
_MARK = rb"(?:\x1b_bk;t=[0-9]{13}\x07)?+"
UPDATES = re.compile(
    rb"%b(?:[ -~]*+\x1b\[0?K%b\r++%b)+?([!-~][ -~]*+)\x1b\[0?K%b\r*+" % ((_MARK,) * 4)
)
# What shows nothing and moves nothing, and within it what moves.
_UNSEEN = re.compile(
    rb"\x1b(?:\[[0-?]*+[ -/]*+([@-~])"
    rb"|[\]PX^_][^\x07\x1b\r\n]*+(?:\x07|\x1b\\)"
    rb"|[ -/]++[0-~]"
    rb"|([0-OQ-WYZ\\`-~]))?"
    rb"|[\x00-\x07\x0a\x0e-\x1a\x1c-\x1f\x7f]"
)
_MOVES = IN_ROW + ACROSS
_TOKEN = re.compile("\x1b(?:\\[([0-?]*+)[ -/]*+)?([@-~78])|([^\x08\r\x1b]++)|.", re.DOTALL)
_NUMBER = re.compile("0*([0-9]{0,6})")
# U+0080 to U+009F, which terminals may take for escape sequences.
_C1 = re.compile("[\x80-\x9f]")
_TO_BLANK = str.maketrans("\v\f", "  ")


class TooWideError(Exception):
    """A row has more columns than are edited."""


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
        overwrites = overwrites or bool(
            (number and text.strip()) or (erases and row.strip() and not text)
        )
        row = text if erases else text + row[len(text) :]
    return row.decode(), overwrites


def _edited(line: bytes) -> tuple[str, bool]:
    row, pen = Row(), _Pen()
    try:
        for token in _tokens(line):
            pen.apply(row, token)
    except TooWideError:
        return _last_part(line)
    return row.text(), pen.overwrites


def _last_part(line: bytes) -> tuple[str, bool]:
    """Return the part behind the last carriage return with something visible behind it."""
    shown = "".join(token[3] or token[0] for token in _tokens(line) if not token[2])
    before, _, last = shown.replace("\b", "").rstrip("\r\t ").rpartition("\r")
    return last, bool(before.strip())


def _tokens(line: bytes) -> Iterator[re.Match[str]]:
    """Yield what a line without marks writes, and what moves: parameters, final and text."""
    text = _UNSEEN.sub(_unless_moving, line).rstrip(b"\r").decode(errors="replace")
    # After the decoding, for taking bytes out before it could make new characters.
    return _TOKEN.finditer(_C1.sub("", text.translate(_TO_BLANK)))


def _unless_moving(match: re.Match[bytes]) -> bytes:
    moves = (match[1] and match[1] in _MOVES) or (match[2] and match[2] in b"78M")
    return match[0] if moves else b""


@dataclass(slots=True, eq=False)
class Row:
    """A row of the screen.

    Attributes:
        owner: Number of the line whose text it is; -1 if it is nobody's any more.
        start: Where in the log that line begins.
        cells: Its characters; "" behind one that takes two columns. None until it is needed.
        changed: It is not what its line's text says.
    """

    owner: int = -1
    start: int = 0
    cells: list[str] | None = field(default_factory=list)
    changed: bool = False

    def text(self) -> str:
        """What it shows."""
        return "".join(self.cells or ())


class _Pen:
    """Writes into a row, from a column on."""

    def __init__(self) -> None:
        self.column = 0
        self.saved = 0
        self.overwrites = False
        self._returned = False

    def apply(self, row: Row, token: re.Match[str]) -> None:
        """Do what a token says, as far as it concerns the row."""
        if token[3]:
            self.write(row, token[3])
        elif token[2]:
            self._sequence(row, token[2], token[1] or "")
        elif token[0] == "\r":
            self.column, self._returned = 0, True
        else:
            self.column = max(self.column - 1, 0)

    def write(self, row: Row, text: str) -> None:
        mine = _owned(row)
        row.changed = True
        cells = [*text] if text.isascii() else _cells(self._joined(mine, text))
        start, end = self.column, self.column + len(cells)
        if end > _WIDEST:
            raise TooWideError
        if start > len(mine):
            mine.extend(" " * (start - len(mine)))
        self.overwrites |= (self._returned and not text.isspace()) or _shows(mine, start, end)
        if start < len(mine) and not mine[start]:
            mine[start - 1] = " "
        mine[start:end] = cells
        if end < len(mine) and not mine[end]:
            mine[end] = " "
        self.column = end

    def _joined(self, cells: list[str], text: str) -> str:
        """Give marks without a width to the character before the cursor; return what is left."""
        before = min(self.column, len(cells) + 1) - 1
        while before > 0 and cells[before : before + 1] == [""]:
            before -= 1
        while 0 <= before < len(cells) and text and _has_no_width(text[0]):
            cells[before] += text[0]
            text = text[1:]
        return text

    def erase(self, row: Row, start: int, end: int) -> None:
        mine = _owned(row)
        end = min(end, len(mine))
        if start >= end:
            return
        self.overwrites |= _shows(mine, start, end)
        if not mine[start] and start:
            mine[start - 1] = " "
        if end == len(mine):
            del mine[start:]
        else:
            mine[start:end] = " " * (end - start)
        row.changed = True

    def _sequence(self, row: Row, final: str, parameters: str) -> None:
        if final in "KX":
            count = parameter(parameters, 1) if final == "X" else 0
            kind = parameter(parameters, 0)
            if final == "X":
                self.erase(row, self.column, self.column + count)
            elif kind in (0, 2):
                self.erase(row, 0 if kind else self.column, _WIDEST)
            elif kind == 1:
                self.erase(row, 0, self.column + 1)
        elif final in "G`":
            self.column = min(parameter(parameters, 1), _WIDEST) - 1
        elif final in "Ca":
            self.column = min(self.column + parameter(parameters, 1), _WIDEST - 1)
        elif final == "D":
            self.column = max(self.column - parameter(parameters, 1), 0)
        elif final in "P@":
            self._shift(row, parameter(parameters, 1), inserts=final == "@")
        elif final in "s7":
            self.saved = self.column
        elif final in "u8":
            self.column = self.saved

    def _shift(self, row: Row, count: int, *, inserts: bool) -> None:
        mine = _owned(row)
        if inserts and self.column < len(mine):
            if len(mine) + count > _WIDEST:
                raise TooWideError
            mine[self.column : self.column] = " " * count
        elif not inserts:
            self.overwrites |= _shows(mine, self.column, self.column + count)
            del mine[self.column : self.column + count]
        row.changed = True


def parameter(parameters: str, default: int, place: int = 0) -> int:
    """Return a number of a sequence; 0 stands for the default, as it does where that is 1."""
    numbers = parameters.lstrip("<=>?").split(";")
    found = _NUMBER.match(numbers[place]) if place < len(numbers) else None
    return int((found and found[1]) or 0) or default


def _has_no_width(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


def _cells(text: str) -> list[str]:
    cells: list[str] = []
    last = -1
    for character in text:
        if cells and _has_no_width(character):
            cells[last] += character
            continue
        last = len(cells)
        wide = unicodedata.east_asian_width(character) in "WF"
        cells += (character, "") if wide else (character,)
    return cells


def _owned(row: Row) -> list[str]:
    if row.cells is None:
        raise RuntimeError("a row is read before it is edited")
    if len(row.cells) > _WIDEST:
        raise TooWideError
    return row.cells


def _shows(cells: list[str], start: int, end: int) -> bool:
    return any(cell > " " for cell in cells[start:end])


class Screen:
    """The rows that lines which move between rows can reach.

    Lines come in their order; those that stay on a row of their own are only counted. A row is the
    text of the line that made it, or of a later one that ended there.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        # The row of the cursor; behind the last one, the next line makes a row of its own.
        self._at = 0
        # Where a line has saved the cursor: row and column.
        self._saved = (0, 0)
        # The row that absolute moves count from: the first, or where the screen was cleared.
        self._top = 0

    @property
    def is_at_end(self) -> bool:
        """The next line makes a row of its own."""
        return self._at == len(self._rows)

    def first_owner(self, line: int, start: int) -> int:
        """Return the first line whose text may still change; `line` begins next, at `start`."""
        reached = [row.owner for row in self._rows if self._is_reached(row, line, start)]
        return min(reached, default=line)

    def pass_lines(self, first: int, starts: Positions) -> None:
        """Take note of lines that stay on rows of their own: number of the first, and starts."""
        last = starts[-HEIGHT:].tolist()
        rows = [Row(first + len(starts) - len(last) + n, at, None) for n, at in enumerate(last)]
        self._append(rows)
        self._at = len(self._rows)

    def read(
        self, line: int, start: int, content: bytes, text_of: Callable[[int], str]
    ) -> tuple[dict[int, str], bool]:
        """Read a line that moves between rows, or begins on one that is there.

        Args:
            line: Its number.
            start: Where in the log it begins.
            content: The line.
            text_of: Returns the text of an earlier line that can still change.

        Returns:
            The texts of lines that have changed, its own among them, and whether it overwrote
            something.
        """
        own: Row | None = None
        if self.is_at_end:
            own = Row(line, start)
            self._append([own])
            self._at = len(self._rows) - 1
        pen, self._saved = _Pen(), (self._at, 0)
        for row in self._rows:
            if row.owner >= 0 and row is not own and not self._is_reached(row, line, start):
                row.owner = -1
        wrote = self._apply(content, pen, text_of)
        changed = {line: ""}
        here = self._rows[self._at]
        if here in wrote and here is not own and (own is None or not own.text().strip()):
            # The line ends here and left nothing where it began: they change rows.
            if here.owner >= 0:
                changed[here.owner] = ""
            if own is not None:
                own.owner, own.start, own.changed = here.owner, here.start, True
            here.owner, here.start = line, start
        for row in self._rows:
            if row.changed and row.owner >= 0:
                changed[row.owner] = row.text()
            row.changed = False
        self._at += 1
        return changed, pen.overwrites

    def _append(self, rows: list[Row]) -> None:
        rows = [*self._rows, *rows]
        self._top = max(self._top - max(len(rows) - HEIGHT, 0), 0)
        self._rows = rows[-HEIGHT:]

    def _apply(self, content: bytes, pen: _Pen, text_of: Callable[[int], str]) -> list[Row]:
        """Apply a line, and return the rows it wrote to."""
        wrote: list[Row] = []
        for token in _tokens(without_marks(content)):
            if self._moves(token, pen, text_of):
                continue
            row = self._row(text_of)
            try:
                pen.apply(row, token)
            except TooWideError:
                continue
            if token[3] and row not in wrote:
                wrote.append(row)
        return wrote

    def _row(self, text_of: Callable[[int], str], at: int | None = None) -> Row:
        row = self._rows[self._at if at is None else at]
        if row.cells is None:
            text = text_of(row.owner) if row.owner >= 0 else ""
            row.cells = [*text] if text.isascii() else _cells(text)
        return row

    def _moves(self, token: re.Match[str], pen: _Pen, text_of: Callable[[int], str]) -> bool:
        """Go to another row if the token says so; return whether nothing is left to do."""
        final, parameters, last = token[2] or "", token[1] or "", len(self._rows) - 1
        if final == "M":
            self._at = max(self._at - 1, 0)
        elif final in ("7", "s"):
            self._saved = (self._at, pen.column)
        elif final in ("8", "u"):
            self._at, pen.column = min(self._saved[0], last), self._saved[1]
        elif not final or final not in "ABEFHfdJ":
            return False
        elif final in "AF":
            self._at = max(self._at - parameter(parameters, 1), 0)
        elif final in "BE":
            self._at = min(self._at + parameter(parameters, 1), last)
        elif final in "Hfd":
            self._at = min(self._top + parameter(parameters, 1) - 1, last)
        elif parameter(parameters, 0) >= 2:
            # What comes now is new: it goes to the last row, below all that was there.
            self._at = self._top = last
        elif parameter(parameters, 0) == 0:
            for at in range(self._at, last + 1):
                row = self._row(text_of, at)
                if len(row.cells or ()) <= _WIDEST:
                    pen.erase(row, pen.column if at == self._at else 0, _WIDEST)
        if final in ("E", "F", "H", "f"):
            pen.column = min(parameter(parameters, 1, 1), _WIDEST) - 1 if final in "Hf" else 0
        return True

    @staticmethod
    def _is_reached(row: Row, line: int, start: int) -> bool:
        return (
            row.owner >= 0 and line - row.owner <= REACH_LINES and start - row.start <= REACH_BYTES
        )
