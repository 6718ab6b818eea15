"""A job log parser that is slow and plainly right: one line at a time, one byte at a time."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_MARK = re.compile(rb"\x1b_bk;t=([0-9]{1,15})\x07")
MOVES = [bytes([final]) for final in b"ABCDEFGHJKPX@`adfsu"]
_HEADER = re.compile(r"(---|\+\+\+|~~~)[ \t]")
_YEAR_10000 = 253_402_300_800_000


def reference(log: bytes, max_line_bytes: int = 8 * 1024 * 1024) -> list[dict[str, Any]]:
    """Return the rows of a log, raw lines included."""
    lines = log.split(b"\n")
    if not lines[-1]:
        lines.pop()
    terminal = Terminal()
    overwrote = [terminal.line(number, line[:max_line_bytes]) for number, line in enumerate(lines)]
    rows: list[dict[str, Any]] = []
    group = None
    for number, whole in enumerate(lines):
        line = whole[:max_line_bytes]
        times = [int(mark[1]) for mark in marks(line)]
        text = terminal.texts[number]
        is_header = _HEADER.match(text) is not None
        if is_header:
            group = text[:500]
        rows.append(
            {
                "line_number": number + 1,
                "logged_at": moment(times[0]) if times else None,
                "group_header": group,
                "text": text,
                "is_header": is_header,
                "is_progress": overwrote[number],
                "is_cut": len(whole) > max_line_bytes,
                "raw": line,
            }
        )
    return rows


class Terminal:
    """A terminal of 100 rows without right border; cell by cell.

    Attributes:
        texts: What each line shows.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.cells: list[list[str]] = []
        self.owners: list[int] = []
        self.y = self.x = self.top = 0

    def line(self, number: int, content: bytes) -> bool:
        """Show a line, and return whether it overwrote something."""
        self.texts.append("")
        self.x = 0
        self.returned = self.overwrote = False
        self.touched: set[int] = set()
        own = None
        if self.y == len(self.cells):
            self.cells.append([])
            self.owners.append(number)
            if len(self.cells) > 100:
                del self.cells[0], self.owners[0]
                self.top = max(self.top - 1, 0)
            own = self.y = len(self.cells) - 1
        self.saved = (self.y, 0)
        for kind, value in tokens(without_marks(content).rstrip(b"\r")):
            if kind == "text":
                self.write(value)
            else:
                self.obey(kind, value)
        is_free = own is None or not "".join(self.cells[own]).strip()
        if self.y in self.touched and self.y != own and is_free:
            if self.owners[self.y] >= 0:
                self.texts[self.owners[self.y]] = ""
            if own is not None:
                self.owners[own] = self.owners[self.y]
            self.owners[self.y] = number
        for y, owner in enumerate(self.owners):
            if owner >= 0:
                self.texts[owner] = "".join(self.cells[y])
        self.y += 1
        return self.overwrote

    def put(self, x: int, cell: str) -> None:
        row = self.cells[self.y]
        while len(row) < x:
            row.append(" ")
        if x == len(row):
            row.append(cell)
            return
        self.overwrote |= row[x] > " "
        row[x] = cell

    def write(self, character: str) -> None:
        row = self.cells[self.y]
        if unicodedata.category(character) in ("Mn", "Me", "Cf"):
            before = self.x - 1
            while 0 < before < len(row) and not row[before]:
                before -= 1
            if 0 <= before < len(row):
                row[before] += character
                self.touched.add(self.y)
                return
        self.overwrote |= self.returned and not character.isspace()
        if self.x < len(row) and not row[self.x]:
            row[self.x - 1] = " "
        self.put(self.x, character)
        self.x += 1
        if unicodedata.east_asian_width(character) in "WF":
            self.put(self.x, "")
            self.x += 1
        if self.x < len(row) and not row[self.x]:
            row[self.x] = " "
        self.touched.add(self.y)

    def erase(self, y: int, start: int, end: int) -> None:
        row = self.cells[y]
        end = min(end, len(row))
        if start < end:
            self.overwrote |= any(cell > " " for cell in row[start:end])
            if not row[start] and start:
                row[start - 1] = " "
            if end == len(row):
                del row[start:]
            else:
                row[start:end] = [" "] * (end - start)

    def obey(self, kind: str, value: str) -> None:
        numbers = [int(re.match("[0-9]*", text)[0] or 0) for text in value.split(";")]
        first = numbers[0]
        count, last, row = first or 1, len(self.cells) - 1, self.cells[self.y]
        if kind == "\r":
            self.x, self.returned = 0, True
        elif kind in ("\b", "D"):
            self.x = max(self.x - count, 0)
        elif kind in "Ca":
            self.x += count
        elif kind in "G`":
            self.x = count - 1
        elif kind == "K":
            ranges = {0: (self.x, 9999), 1: (0, self.x + 1), 2: (0, 9999)}
            if first in ranges:
                self.erase(self.y, *ranges[first])
        elif kind == "X":
            self.erase(self.y, self.x, self.x + count)
        elif kind == "P":
            self.overwrote |= any(cell > " " for cell in row[self.x : self.x + count])
            del row[self.x : self.x + count]
        elif kind == "@":
            if self.x < len(row):
                row[self.x : self.x] = [" "] * count
        elif kind in ("7", "s"):
            self.saved = (self.y, self.x)
        elif kind in ("8", "u"):
            self.y, self.x = self.saved
        elif kind == "M":
            self.y = max(self.y - 1, 0)
        elif kind in "AF":
            self.y = max(self.y - count, 0)
            self.x = 0 if kind == "F" else self.x
        elif kind in "BE":
            self.y = min(self.y + count, last)
            self.x = 0 if kind == "E" else self.x
        elif kind in "Hfd":
            self.y = min(self.top + count - 1, last)
            if kind != "d":
                self.x = ([*numbers, 0, 0][1] or 1) - 1
        elif kind == "J" and first >= 2:
            self.y = self.top = last
        elif kind == "J" and first == 0:
            for y in range(self.y, last + 1):
                self.erase(y, self.x if y == self.y else 0, 9999)


def tokens(line: bytes) -> Iterator[tuple[str, str]]:
    """Yield characters as ("text", character), and what moves as (final, parameters)."""
    kept, at = bytearray(), 0
    while at < len(line):
        length = sequence_length(line[at:]) if line[at] == 0x1B else 0
        sequence = line[at : at + length]
        moves = sequence[1:2] == b"[" and sequence[-1:] in MOVES
        if moves or sequence in (b"\x1b7", b"\x1b8", b"\x1bM"):
            kept += sequence
        elif not length and (line[at] in b"\t\v\f\r\b" or 0x20 <= line[at] != 0x7F):
            kept.append(line[at])
        at += length or 1
    text = kept.decode(errors="replace").replace("\v", " ").replace("\f", " ")
    text = "".join(character for character in text if not "\x80" <= character <= "\x9f")
    at = 0
    while at < len(text):
        length = sequence_length(text[at:].encode()) if text[at] == "\x1b" else 0
        if length == 2:
            yield text[at + 1], ""
        elif length:
            parameters = text[at + 2 : at + length - 1].rstrip(" !\"#$%&'()*+,-./")
            yield text[at + length - 1], parameters.lstrip("<=>?")
        else:
            yield (text[at] if text[at] in "\r\b" else "text"), text[at]
        at += length or 1


def marks(line: bytes) -> list[re.Match[bytes]]:
    return [mark for mark in _MARK.finditer(line) if int(mark[1]) < _YEAR_10000]


def moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def without_marks(line: bytes) -> bytes:
    for mark in reversed(marks(line)):
        line = line[: mark.start()] + line[mark.end() :]
    return line


def sequence_length(rest: bytes) -> int:
    """Return how long the escape sequence at the start is, 0 if it is none."""
    if rest[1:2] == b"[":
        at = 2
        while rest[at : at + 1] and 0x30 <= rest[at] <= 0x3F:
            at += 1
        while rest[at : at + 1] and 0x20 <= rest[at] <= 0x2F:
            at += 1
        return at + 1 if rest[at : at + 1] and 0x40 <= rest[at] <= 0x7E else 0
    if rest[1:2] in (b"]", b"P", b"X", b"^", b"_"):
        for at in range(2, len(rest)):
            if rest[at] == 0x07:
                return at + 1
            if rest[at : at + 2] == b"\x1b\\":
                return at + 2
            if rest[at] in b"\x1b\r\n":
                return 0
        return 0
    at = 1
    while rest[at : at + 1] and 0x20 <= rest[at] <= 0x2F:
        at += 1
    return at + 1 if rest[at : at + 1] and 0x30 <= rest[at] <= 0x7E else 0
