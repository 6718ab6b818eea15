r"""Escape sequences: the agent's marks and what terminals obey.

Mark: `ESC _bk;t=<1 to 15 digits> BEL`, milliseconds since 1970, before the year 10000. What
looks like one and is none (no BEL, no number, beyond the calendar) is a sequence like any other.

Sequences (ECMA-48, and what terminals make of it):

* CSI: `ESC [`, parameters `0-?`, intermediates ` -/`, one final `@-~`: colours, cursor, erase;
* strings: `ESC ]` (OSC), `ESC P`, `ESC X`, `ESC ^`, `ESC _` up to BEL or `ESC \`, within the
  line and up to the next escape at most. Buildkite's links and images are OSC 1339 and 1338
  (https://buildkite.com/docs/pipelines/managing-log-output);
* all others: `ESC`, intermediates, one final.

What begins like a sequence and does not end like one is none: its ESC alone is taken out, the
rest stays readable. So an unfinished string never swallows what follows it.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .spans import BEL, Positions, Scan, line_starts

Times = npt.NDArray[np.int64]

# The last moment of the year 9999, after which no calendar and few warehouses go on.
LAST_TIME = 253_402_300_799_999
_OPENING = b"\x1b_bk;t="
_MOST_DIGITS = 15
# The opening, the digits and the BEL of the longest mark.
_WINDOW = len(_OPENING) + _MOST_DIGITS + 1
_MARK = re.compile(rb"\x1b_bk;t=([0-9]{1,15})\x07")
_SEQUENCE = re.compile(
    rb"\x1b(?:"
    rb"\[[0-?]*+[ -/]*+[@-~]"
    rb"|[\]PX^_][^\x07\x1b\r\n]*+(?:\x07|\x1b\\)"
    rb"|[ -/]++[0-~]"
    rb"|[0-OQ-WYZ\\`-~]"
    rb")"
)
# ESC, "[", at most 13 parameter bytes, the final byte.
_CSI_WINDOW = 16


@dataclass(frozen=True, slots=True)
class Escapes:
    """What each ESC of a block begins, as far as a look at a few bytes tells.

    Attributes:
        starts: Where each ESC is.
        ends: Where its mark or CSI sequence ends; -1 for what is rarer than that.
        times: Milliseconds since 1970, UTC; -1 for what is no mark.
    """

    starts: Positions
    ends: Positions
    times: Times


def find_escapes(scan: Scan) -> Escapes:
    """Return what each ESC of a block begins."""
    ends = np.full(len(scan.escapes), -1, np.intp)
    times = _mark_times(scan, ends)
    rest = np.flatnonzero(times < 0)
    starts = scan.escapes[rest]
    rows = scan.windows(starts, _CSI_WINDOW)
    parameters = (rows[:, 2:] >= ord("0")) & (rows[:, 2:] <= ord("?"))
    # Where all are parameters this reads 2, and the byte there is no final.
    widths = parameters.argmin(axis=1) + 2
    finals = rows[np.arange(len(rows)), widths]
    found = (rows[:, 1] == ord("[")) & (finals >= ord("@")) & (finals <= ord("~"))
    ends[rest[found]] = (starts + widths + 1)[found]
    return Escapes(scan.escapes, ends, times)


def _mark_times(scan: Scan, ends: Positions) -> Times:
    """Return the times of the marks, -1 for other escapes, and set where the marks end."""
    times = np.full(len(scan.escapes), -1, np.int64)
    second = scan.view[scan.escapes + 1]
    candidates = np.flatnonzero(second == _OPENING[1])
    starts = scan.escapes[candidates]
    rows = scan.windows(starts, _WINDOW)
    # Bytes below "0" wrap around, so one comparison tells digits.
    digits = rows[:, len(_OPENING) :] - np.uint8(ord("0"))
    # Where all 16 are digits this reads 0.
    widths = (digits > 9).argmax(axis=1)
    found = (rows[np.arange(len(rows)), len(_OPENING) + widths] == BEL) & (widths > 0)
    for column, byte in enumerate(_OPENING[2:], start=2):
        found &= rows[:, column] == byte
    values = np.full(len(rows), -1, np.int64)
    for width in np.flatnonzero(np.bincount(widths[found])).tolist():
        chosen = found & (widths == width)
        # Exact: 15 digits are below 2**53.
        powers = 10.0 ** np.arange(width - 1, -1, -1)
        values[chosen] = digits[chosen, :width].astype(np.float64) @ powers
    found &= values <= LAST_TIME
    times[candidates[found]] = values[found]
    ends[candidates[found]] = (starts + widths + (len(_OPENING) + 1))[found]
    return times


def rewrite_lines(scan: Scan, escapes: Positions) -> bytes:
    """Return a block whose lines with one of these escapes hold no escape at all any more.

    What such an escape belongs to depends on what is around it, so its line is read from the
    left as a whole. No sequence reaches beyond its line.
    """
    starts = line_starts(scan.feeds)
    parts, done = [], 0
    for line in np.unique(np.searchsorted(scan.feeds, escapes)).tolist():
        start, end = int(starts[line]), int(scan.feeds[line])
        parts.append(scan.data[done:start])
        # Marks first: a sequence may go on behind one.
        without_marks = _MARK.sub(_unless_mark, scan.data[start:end])
        parts.append(_SEQUENCE.sub(b"", without_marks).replace(b"\x1b", b""))
        done = end
    return b"".join([*parts, scan.data[done:]])


def _unless_mark(match: re.Match[bytes]) -> bytes:
    return b"" if int(match[1]) <= LAST_TIME else match[0]
