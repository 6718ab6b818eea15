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
Words = npt.NDArray[np.uint64]

# The last moment of the year 9999, after which no calendar and few warehouses go on.
LAST_TIME = 253_402_300_799_999
_OPENING = b"\x1b_bk;t="
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
# Escapes looked at together; a line of nothing but escapes would need much memory at once.
_AT_ONCE = 65_536

# Eight bytes as one number, the first byte lowest.
_OPENING_WORD = np.uint64(int.from_bytes(_OPENING, "little"))
_OPENING_BYTES = np.uint64(0x00FF_FFFF_FFFF_FFFF)
_LAST_BYTE_OFF = _OPENING_BYTES
_ZERO = np.uint64(ord("0"))
_ZEROS = np.uint64(0x3030_3030_3030_3030)
_SIXES = np.uint64(0x0606_0606_0606_0606)
_UPPER_HALVES = np.uint64(0xF0F0_F0F0_F0F0_F0F0)
# Neighbours are joined three times: digits, pairs, fours.
_PAIRINGS = tuple(
    (np.uint64(shift), np.uint64(factor), np.uint64(mask))
    for shift, factor, mask in (
        (8, 10, 0x000F_000F_000F_000F),
        (16, 100, 0x0000_00FF_0000_00FF),
        (32, 10_000, 0x0000_0000_0000_FFFF),
    )
)


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
    starts = scan.escapes
    ends = np.full(len(starts), -1, np.intp)
    times = np.full(len(starts), -1, np.int64)
    for start in range(0, len(starts), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        _find_marks(scan, starts[part], ends[part], times[part])
        _find_csi(scan, starts[part], ends[part])
    return Escapes(starts, ends, times)


def _find_marks(scan: Scan, escapes: Positions, ends: Positions, times: Times) -> None:
    """Set where the marks end, and their times."""
    candidates = np.flatnonzero(scan.words(escapes) & _OPENING_BYTES == _OPENING_WORD)
    starts = escapes[candidates]
    # Today's marks have 13 digits: the first 8, and the last 7 with the BEL.
    high, low = scan.words(starts + 7), scan.words(starts + 13)
    low_digits = (low & _LAST_BYTE_OFF) << np.uint64(8) | _ZERO
    usual = _all_digits(high) & _all_digits(low_digits) & (low >> np.uint64(56) == BEL)
    # Digits 7 and 8 are in both.
    values = _number(high) * np.uint64(100_000) + _number(low_digits) % np.uint64(100_000)
    chosen = candidates[usual]
    times[chosen] = values[usual]
    ends[chosen] = starts[usual] + (len(_OPENING) + 14)
    for candidate in candidates[~usual].tolist():
        mark = _MARK.match(scan.data, int(escapes[candidate]))
        if mark and int(mark[1]) <= LAST_TIME:
            times[candidate], ends[candidate] = int(mark[1]), mark.end()


def _find_csi(scan: Scan, escapes: Positions, ends: Positions) -> None:
    """Set where CSI sequences of the usual form end, among the escapes that are no marks."""
    rest = np.flatnonzero(ends < 0)
    starts = escapes[rest]
    rows = scan.windows(starts, _CSI_WINDOW)
    parameters = (rows[:, 2:] >= ord("0")) & (rows[:, 2:] <= ord("?"))
    # Where all are parameters this reads 2, and the byte there is no final.
    widths = parameters.argmin(axis=1) + 2
    finals = rows[np.arange(len(rows)), widths]
    found = (rows[:, 1] == ord("[")) & (finals >= ord("@")) & (finals <= ord("~"))
    ends[rest[found]] = (starts + widths + 1)[found]


def _all_digits(words: Words) -> npt.NDArray[np.bool_]:
    """Return which words are eight ASCII digits."""
    # A digit has the upper half 3, and still has it when 6 is added. No sum of two words whose
    # bytes pass the first test carries into the next byte.
    is_digits: npt.NDArray[np.bool_] = (words & _UPPER_HALVES == _ZEROS) & (
        (words + _SIXES) & _UPPER_HALVES == _ZEROS
    )
    return is_digits


def _number(words: Words) -> Words:
    """Return the numbers that eight ASCII digits write, the first byte being the lowest."""
    for shift, factor, mask in _PAIRINGS:
        words = (words & mask) * factor + ((words >> shift) & mask)
    return words


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
