r"""Logs of agents that write the time before each line as text, in place of marks.

With `--timestamp-lines` and without marks (`--no-ansi-timestamps`, agents of version 3) each line
but group headers begins with `[2026-02-12T23:12:25Z] `. Programs write such lines as well, so a log
is taken for one of these only if all of its lines are so.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from .escapes import Times

_STAMP = re.compile(rb"\[([0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])Z\] ")
# A stamp, a group header in any colour, or nothing, up to the end of the line.
_LINE = rb"(?:\[[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z\] [^\n]*+"
_LINE += rb"|(?:\x1b\[[0-9;]*+[mK])*+(?:---|\+\+\+|~~~)[ \t][^\n]*+|\r*+)"
_LINES = re.compile(rb"(?:%b\n)*+" % _LINE)
_LAST = re.compile(_LINE)
_MARK = b"\x1b_bk;t="
_HEAD = 4_096


def is_stamped(chunks: Iterable[bytes], *, is_tail: bool = False) -> bool:
    """Return whether all lines of a log begin with their time; mostly the first one tells.

    Args:
        chunks: The log.
        is_tail: It may begin within a line, which does not count.
    """
    rest, found, skips = b"", False, is_tail
    for chunk in chunks:
        rest += chunk
        if skips:
            _, feed, rest = rest.partition(b"\n")
            skips = not feed
            if skips:
                continue
        whole = rest.rfind(b"\n") + 1
        if _MARK in rest or (whole and _LINES.match(rest).end() < whole):  # type: ignore[union-attr]
            return False
        found = found or _STAMP.search(rest, 0, whole) is not None
        rest = rest[whole:]
        if len(rest) > 2 * _HEAD:
            # What decides is how the line begins, and whether there is a mark in it.
            rest = rest[:_HEAD] + rest[-len(_MARK) :]
    return bool(_LAST.fullmatch(rest)) and (found or _STAMP.match(rest) is not None)


def unstamped(block: bytearray) -> tuple[bytearray, pa.TimestampArray, Times]:
    """Return the lines of a block without their times; the times; those that are there, in ms."""
    lines = bytes(block).split(b"\n")
    lines.pop()
    times: list[datetime | None] = []
    for number, line in enumerate(lines):
        stamp = _STAMP.match(line)
        time = _time(stamp[1]) if stamp else None
        times.append(time)
        if stamp and time:
            lines[number] = line[stamp.end() :]
    text = bytearray().join([line + b"\n" for line in lines])
    known = np.array([int(time.timestamp()) * 1000 for time in times if time], np.int64)
    return text, pa.array(times, pa.timestamp("us", tz="UTC")), known


def _time(text: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(text.decode()).replace(tzinfo=UTC)
    except ValueError:
        # A day that no calendar has.
        return None
