"""A job log parser that is slow and plainly right: one line at a time, one byte at a time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_MARK = re.compile(rb"\x1b_bk;t=([0-9]{1,15})\x07")
_HEADER = re.compile(r"(---|\+\+\+|~~~)[ \t]")
_YEAR_10000 = 253_402_300_800_000


def reference(log: bytes, max_line_bytes: int = 8 * 1024 * 1024) -> list[dict[str, Any]]:
    """Return the rows of a log, raw lines included."""
    lines = log.split(b"\n")
    if not lines[-1]:
        lines.pop()
    rows: list[dict[str, Any]] = []
    group = None
    for number, whole in enumerate(lines, start=1):
        line = whole[:max_line_bytes]
        times = [int(mark[1]) for mark in marks(line)]
        shown, overwritten = final_state(without_sequences(without_marks(line)))
        text = plain(shown)
        is_header = _HEADER.match(text) is not None
        if is_header:
            group = text[:500]
        rows.append(
            {
                "line_number": number,
                "logged_at": moment(times[0]) if times else None,
                "group_header": group,
                "text": text,
                "is_header": is_header,
                "is_progress": overwritten,
                "is_cut": len(whole) > max_line_bytes,
                "raw": line,
            }
        )
    return rows


def marks(line: bytes) -> list[re.Match[bytes]]:
    return [mark for mark in _MARK.finditer(line) if int(mark[1]) < _YEAR_10000]


def moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def without_marks(line: bytes) -> bytes:
    for mark in reversed(marks(line)):
        line = line[: mark.start()] + line[mark.end() :]
    return line


def without_sequences(line: bytes) -> bytes:
    kept = bytearray()
    at = 0
    while at < len(line):
        length = sequence_length(line[at:]) if line[at] == 0x1B else 0
        if not length:
            kept.append(line[at])
        at += length or 1
    return bytes(kept)


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


def final_state(line: bytes) -> tuple[bytes, bool]:
    """Return what follows the last carriage return with something visible behind it."""
    parts = line.split(b"\r")
    visible = [any(byte > 0x20 and byte != 0x7F for byte in part) for part in parts]
    last = max((number for number, seen in enumerate(visible) if seen), default=0)
    return b"\r".join(parts[last:]), last > 0


def plain(shown: bytes) -> str:
    kept = (byte for byte in shown if 0x20 <= byte != 0x7F or byte in b"\t\v\f")
    text = bytes(kept).replace(b"\v", b" ").replace(b"\f", b" ").decode(errors="replace")
    return "".join(character for character in text if not "\x80" <= character <= "\x9f")
