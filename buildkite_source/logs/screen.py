"""The rows that lines which move between rows can reach."""

import re
from collections.abc import Callable

from .escapes import without_marks
from .row import RIGHTMOST, WIDEST, Pen, Row, TooWideError, cells_of, parameter
from .spans import Positions
from .terminal import tokens

# Rows of the screen. How many the terminal of an agent has is not documented; what redraws more
# rows than these at once is seldom.
HEIGHT = 100
# What is farther up than this is as it is: it may have been written already.
REACH_LINES = 2_000
REACH_BYTES = 1024 * 1024


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
        # Of the line that is read: its number and start, the rows it has used, texts of others.
        self._line = self._start = 0
        self._used: list[Row] = []
        self._text_of: Callable[[int], str] = str

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
        pen, self._saved = Pen(), (self._at, 0)
        self._line, self._start, self._used, self._text_of = line, start, [], text_of
        wrote = self._apply(content, pen)
        changed = {line: ""}
        here = self._rows[self._at]
        if here in wrote and here is not own and (own is None or not own.text().strip()):
            # The line ends here and left nothing where it began: they change rows.
            if here.owner >= 0:
                changed[here.owner] = ""
            if own is not None:
                own.owner, own.start = here.owner, here.start
            here.owner, here.start = line, start
        for row in [*self._used, *([own] if own else [])]:
            if row.owner >= 0:
                changed[row.owner] = row.text()
        self._at += 1
        return changed, pen.overwrites

    def _append(self, rows: list[Row]) -> None:
        rows = [*self._rows, *rows]
        self._top = max(self._top - max(len(rows) - HEIGHT, 0), 0)
        self._rows = rows[-HEIGHT:]

    def _apply(self, content: bytes, pen: Pen) -> list[Row]:
        """Apply a line, and return the rows it wrote to."""
        wrote: list[Row] = []
        for token in tokens(without_marks(content)):
            if self._moves(token, pen):
                continue
            row = self._row(self._at)
            try:
                pen.apply(row, token)
            except TooWideError:
                continue
            if token[3] and row not in wrote:
                wrote.append(row)
        return wrote

    def _row(self, at: int) -> Row:
        """Return a row to be edited by the line."""
        row = self._rows[at]
        if row in self._used:
            return row
        self._used.append(row)
        if row.owner >= 0 and not self._is_reached(row, self._line, self._start):
            row.owner = -1
        if row.cells is None:
            text = self._text_of(row.owner) if row.owner >= 0 else ""
            row.cells = [*text] if text.isascii() else cells_of(text)
        return row

    def _moves(self, token: re.Match[str], pen: Pen) -> bool:
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
                row = self._row(at)
                if len(row.cells or ()) <= WIDEST:
                    pen.erase(row, pen.column if at == self._at else 0, WIDEST)
        if final in ("E", "F", "H", "f"):
            pen.column = min(parameter(parameters, 1, 1), RIGHTMOST) - 1 if final in "Hf" else 0
        return True

    @staticmethod
    def _is_reached(row: Row, line: int, start: int) -> bool:
        return (
            row.owner >= 0 and line - row.owner <= REACH_LINES and start - row.start <= REACH_BYTES
        )
