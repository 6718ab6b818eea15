"""A row of a terminal: its characters, and the pen that writes into it and erases."""

import re
import unicodedata
from dataclasses import dataclass, field

# Wider rows are not edited, for each move could cost as much as the row is wide.
WIDEST = 4_096
# Moves go no farther to the right: no terminal of a build is as wide, and blanks cost memory.
RIGHTMOST = 500
_NUMBER = re.compile("0*([0-9]{0,6})")


class TooWideError(Exception):
    """A row has more columns than are edited."""


@dataclass(slots=True, eq=False)
class Row:
    """A row of the screen.

    Attributes:
        owner: Number of the line whose text it is; -1 if it is nobody's any more.
        start: Where in the log that line begins.
        cells: Its characters; "" behind one that takes two columns. None until it is needed.
    """

    owner: int = -1
    start: int = 0
    cells: list[str] | None = field(default_factory=list)

    def text(self) -> str:
        """What it shows."""
        return "".join(self.cells or ())


class Pen:
    """Writes into a row, from a column on.

    Attributes:
        column: Where it stands.
        saved: Where it was told to come back to.
        overwrites: It has written over something, or erased it.
    """

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
        """Write a text over what is there.

        Raises:
            TooWideError: The row is too wide, or would be.
        """
        mine = _owned(row)
        cells = [*text] if text.isascii() else cells_of(self._joined(mine, text))
        start, end = self.column, self.column + len(cells)
        if end > WIDEST:
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
        """Erase the columns from `start` up to `end`.

        Raises:
            TooWideError: The row is too wide.
        """
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

    def _sequence(self, row: Row, final: str, parameters: str) -> None:
        if final in "KX":
            count = parameter(parameters, 1) if final == "X" else 0
            kind = parameter(parameters, 0)
            if final == "X":
                self.erase(row, self.column, self.column + count)
            elif kind in (0, 2):
                self.erase(row, 0 if kind else self.column, WIDEST)
            elif kind == 1:
                self.erase(row, 0, self.column + 1)
        elif final in "G`":
            self.column = min(parameter(parameters, 1), RIGHTMOST) - 1
        elif final in "Ca":
            farthest = max(self.column, RIGHTMOST - 1)
            self.column = min(self.column + parameter(parameters, 1), farthest)
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
            if len(mine) + count > WIDEST:
                raise TooWideError
            mine[self.column : self.column] = " " * count
        elif not inserts:
            self.overwrites |= _shows(mine, self.column, self.column + count)
            del mine[self.column : self.column + count]


def parameter(parameters: str, default: int, place: int = 0) -> int:
    """Return a number of a sequence; 0 stands for the default, as it does where that is 1."""
    numbers = parameters.lstrip("<=>?").split(";")
    found = _NUMBER.match(numbers[place]) if place < len(numbers) else None
    return int((found and found[1]) or 0) or default


def _has_no_width(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


def cells_of(text: str) -> list[str]:
    """Return the cells of a text: "" behind a character that takes two columns."""
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
    if len(row.cells) > WIDEST:
        raise TooWideError
    return row.cells


def _shows(cells: list[str], start: int, end: int) -> bool:
    return any(cell > " " for cell in cells[start:end])
