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

from .spans import BEL, Positions, Scan, Words, line_starts

Times = npt.NDArray[np.int64]

# The last moment of the year 9999, after which no calendar and few warehouses go on.
LAST_TIME = 253_402_300_799_999
_OPENING = b"\x1b_bk;t="
_MARK = re.compile(rb"\x1b_bk;t=([0-9]{1,15})\x07")
# Sequences that move the cursor within its row or erase there, and those that leave the row.
IN_ROW, ACROSS = b"CDGKPX@`asu", b"ABEFHJdf"
# What follows the ESC of a sequence; the final of a CSI sequence and that of a single one.
SEQUENCE = (
    rb"\[[0-?]*+[ -/]*+([@-~])"
    rb"|[\]PX^_][^\x07\x1b\r\n]*+(?:\x07|\x1b\\)"
    rb"|[ -/]++[0-~]"
    rb"|([0-OQ-WYZ\\`-~])"
)
_SEQUENCE = re.compile(rb"\x1b(?:%b)" % SEQUENCE)
# Parameters and the final byte of a usual CSI sequence.
_CSI_BYTES = 14

# Eight bytes as one number, the first byte lowest.
_OPENING_WORD = np.uint64(int.from_bytes(_OPENING, "little"))
_OPENING_BYTES = np.uint64(0x00FF_FFFF_FFFF_FFFF)
_LAST_FIVE = np.uint64(0xFFFF_FFFF_FF00_0000)
_THREE_ZEROS = np.uint64(0x0030_3030)
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
        marks: Which of them begin marks.
        times: Milliseconds since 1970, UTC, of the marks.
    """

    starts: Positions
    ends: Positions
    marks: Positions
    times: Times


def find_escapes(scan: Scan) -> Escapes:
    """Return what each ESC of a block begins."""
    starts = scan.controls.take(scan.escapes)
    ends = np.full(len(starts), -1, np.intp)
    marks, times = _find_marks(scan, starts, ends)
    _find_csi(scan, starts, ends)
    return Escapes(starts, ends, marks, times)


def _find_marks(scan: Scan, escapes: Positions, ends: Positions) -> tuple[Positions, Times]:
    """Set where the marks end, and return which of the escapes they are, and their times."""
    marks = np.flatnonzero(scan.words(escapes) & _OPENING_BYTES == _OPENING_WORD)
    starts = escapes.take(marks)
    # Today's marks have 13 digits: the first 8, two of them again, the last 5 and the BEL.
    high, low = scan.words(starts + 7), scan.words(starts + 13)
    low_digits = (low << np.uint64(8)) & _LAST_FIVE | _THREE_ZEROS
    # The first 8 change every 100 s, which is many lines: each run of equal ones is read once.
    firsts = np.flatnonzero(np.diff(high, prepend=~high[:1]))
    sizes, highs = np.diff(firsts, append=len(high)), high.take(firsts)
    is_mark = _all_digits(low_digits) & (low >> np.uint64(56) == BEL)
    if not (is_high := _all_digits(highs)).all():
        is_mark &= is_high.repeat(sizes)
    seconds = (_number(highs) * np.uint64(100_000)).repeat(sizes)
    times = (seconds + _number(low_digits)).view(np.int64)
    ends[marks] = starts + (len(_OPENING) + 14)
    if is_mark.all():
        return marks, times
    for odd in np.flatnonzero(~is_mark).tolist():
        mark = _MARK.match(scan.data, int(starts[odd]))
        if mark and int(mark[1]) <= LAST_TIME:
            is_mark[odd], times[odd], ends[marks[odd]] = True, int(mark[1]), mark.end()
        else:
            ends[marks[odd]] = -1
    return marks.compress(is_mark), times.compress(is_mark)


def _find_csi(scan: Scan, escapes: Positions, ends: Positions) -> None:
    """Set where CSI sequences of the usual form end, among the escapes that are no marks."""
    rest = np.flatnonzero(ends < 0)
    at = escapes.take(rest) + 1
    opens = scan.view.take(at) == ord("[")
    for _ in range(_CSI_BYTES):
        rest, at = rest.compress(opens), at.compress(opens) + 1
        if not len(rest):
            return
        byte = scan.view.take(at)
        is_final = (byte >= ord("@")) & (byte <= ord("~"))
        ends[rest.compress(is_final)] = at.compress(is_final) + 1
        opens = (byte >= ord("0")) & (byte <= ord("?"))


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


def moving_lines(scan: Scan, escapes: Escapes) -> tuple[Positions, Positions]:
    """Return the lines with sequences that move the cursor or erase: within its row, and across.

    The first may be there several times, in any order; those across are in order.
    """
    csi = escapes.ends > 0
    csi[escapes.marks] = False
    finals = scan.view.take(escapes.ends.compress(csi) - 1)
    # Most are colours.
    moves = np.flatnonzero(finals != ord("m"))
    in_row = across = _NO_LINES
    if len(moves):
        finals = finals.take(moves)
        lines = np.searchsorted(scan.feeds, escapes.starts.compress(csi).take(moves))
        in_row, across = lines.compress(_IN_ROW.take(finals)), lines.compress(_ACROSS.take(finals))
    rare = np.flatnonzero(escapes.ends < 0)
    for line in np.unique(np.searchsorted(scan.feeds, escapes.starts.take(rare))).tolist():
        found = _SEQUENCE.findall(without_marks(scan.line(line)))
        if any(single == b"M" or (final and final in ACROSS) for final, single in found):
            across = np.append(across, line)
        elif any(is_move(final, single) for final, single in found):
            in_row = np.append(in_row, line)
    return in_row, np.unique(across) if len(across) else across


def is_move(final: bytes | None, single: bytes | None) -> bool:
    """Whether a sequence of these finals moves the cursor or erases."""
    return bool((final and final in IN_ROW + ACROSS) or (single and single in b"78M"))


def _table(finals: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[[*finals]] = True
    return table


_IN_ROW, _ACROSS = _table(IN_ROW), _table(ACROSS)
_NO_LINES = np.empty(0, np.intp)


def rewrite_lines(scan: Scan, escapes: Escapes) -> bytearray:
    """Return a block whose lines with a rare escape hold no escape at all any more.

    What such an escape belongs to depends on what is around it, so its line is read from the
    left as a whole. No sequence reaches beyond its line.
    """
    starts = line_starts(scan.feeds)
    rare = escapes.starts[escapes.ends < 0]
    parts: list[bytes | bytearray] = []
    done = 0
    for line in np.unique(np.searchsorted(scan.feeds, rare)).tolist():
        start, end = int(starts[line]), int(scan.feeds[line])
        parts.append(scan.data[done:start])
        parts.append(without_escapes(scan.data[start:end]))
        done = end
    return bytearray().join([*parts, scan.data[done : scan.feeds[-1] + 1]])


def without_escapes(line: bytearray) -> bytes:
    """Return a line without marks, sequences and what is left of ESC."""
    return _SEQUENCE.sub(b"", without_marks(line)).replace(b"\x1b", b"")


def without_marks(line: bytes | bytearray) -> bytes:
    """Return a line without marks, which stand inside of other sequences at times."""
    return _MARK.sub(_unless_mark, line)


def _unless_mark(match: re.Match[bytes]) -> bytes:
    return b"" if int(match[1]) <= LAST_TIME else match[0]
