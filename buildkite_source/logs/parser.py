"""Job log bytes → Arrow batches of lines.

Format: https://buildkite.com/docs/pipelines/managing-log-output (groups, links, images) and the
marks that the agent writes (https://buildkite.com/docs/apis/rest-api/jobs for the endpoint).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .buffer import Block, LineBuffer
from .clean import clean_lines
from .escapes import Escapes, find_escapes
from .spans import LF, Flags, Positions, Scan, joined, line_starts, strings

# What the official log library takes for a line at most.
MAX_LINE_BYTES = 8 * 1024 * 1024
# Characters of a header that its lines repeat; agents used to know headers below this only.
GROUP_CHARACTERS = 500
_BATCH_ROWS = 65_536
_TIME = pa.timestamp("us", tz="UTC")
# Not plain text: a mebibyte of empty lines under a long header would become gigabytes.
_GROUP = pa.dictionary(pa.int32(), pa.string())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def log_schema(*, raw: bool = False) -> pa.Schema:
    """Return the columns of a parsed log; they never depend on data.

    * `line_number`: 1 for the first line.
    * `logged_at`: time of the first mark in the line; null without one, never carried over.
    * `group_header`: text of the latest header above or at the line, marker included
      (`--- `, `+++ `, `~~~ `), at most 500 characters of it; null before the first header. As a
      dictionary, because headers repeat; every batch has its own.
    * `text`: what the line shows in the end, without escape sequences and control characters
      other than tabulators; U+FFFD where the log is not UTF-8.
    * `is_header`: the text begins with `---`, `+++` or `~~~` and a blank. So do some lines of a
      diff, in Buildkite's web page as well; `^^^ +++` is no header.
    * `is_progress`: a carriage return overwrote the beginning of the line; `text` is what was
      written last, `raw` has all of it.
    * `is_cut`: the line is longer than the limit; its end is missing from `text` and `raw`.
    * `raw` (if asked for): the line as it came, without its line feed. All of them joined by
      line feeds are the log again, but for cut lines and a line feed at the very end.
    """
    columns = [
        pa.field("line_number", pa.int64(), nullable=False),
        pa.field("logged_at", _TIME),
        pa.field("group_header", _GROUP),
        pa.field("text", pa.string(), nullable=False),
        pa.field("is_header", pa.bool_(), nullable=False),
        pa.field("is_progress", pa.bool_(), nullable=False),
        pa.field("is_cut", pa.bool_(), nullable=False),
    ]
    if raw:
        columns.append(pa.field("raw", pa.binary(), nullable=False))
    return pa.schema(columns)


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What is known of a log as a whole.

    Attributes:
        size: Bytes.
        lines: Rows.
        first_at: Time of the first mark; None if the log has none.
        last_at: Time of the last mark, which may stand inside the last line.
        cut_lines: Lines longer than the limit.
        cut_bytes: Bytes left out of them.
    """

    size: int
    lines: int
    first_at: datetime | None
    last_at: datetime | None
    cut_lines: int
    cut_bytes: int


class LogParser:
    r"""Turns one job log into batches of lines, in memory that does not grow with the log.

    Lines end at `\n`; carriage returns before it belong to the line end (`\r\n`, `\r\r\n`). A
    batch has at most 65,536 rows. How the bytes are divided over the calls of `feed` changes
    at most where one batch ends and the next begins.

    Args:
        raw: Also return each line as it came.
        max_line_bytes: Longer lines are cut to so many bytes, flagged, and counted in the
            summary; the rest of the line is not held.

    Raises:
        ValueError: `max_line_bytes` is not between 1 byte and 1 GiB.
    """

    def __init__(self, *, raw: bool = False, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        if not 1 <= max_line_bytes <= 2**30:
            raise ValueError(f"max_line_bytes must be from 1 to {2**30}, not {max_line_bytes}")
        self.schema = log_schema(raw=raw)
        self._raw = raw
        self._buffer = LineBuffer(max_line_bytes)
        self._lines = 0
        self._first: int | None = None
        self._last: int | None = None
        self._group: str | None = None

    def feed(self, chunk: bytes) -> list[pa.RecordBatch]:
        """Take the next bytes of the log and return the lines that are ready, if any."""
        return self._batches(self._buffer.feed(chunk))

    def finish(self) -> list[pa.RecordBatch]:
        """Return the lines that are left; bytes after the last line feed are a line."""
        return self._batches(self._buffer.finish())

    @property
    def summary(self) -> LogSummary:
        """What is known of the lines returned so far; complete after `finish`."""
        return LogSummary(
            size=self._buffer.size,
            lines=self._lines,
            first_at=_moment(self._first),
            last_at=_moment(self._last),
            cut_lines=self._buffer.cut_lines,
            cut_bytes=self._buffer.cut_bytes,
        )

    def _batches(self, blocks: Iterable[Block]) -> list[pa.RecordBatch]:
        return [batch for block in blocks for batch in self._parse(block)]

    def _parse(self, block: Block) -> Iterator[pa.RecordBatch]:
        scan = Scan(block.data)
        feeds = scan.feeds
        escapes = find_escapes(scan)
        text, progress = clean_lines(scan, escapes)
        headers = _headers(text)
        is_cut = np.zeros(len(feeds), np.bool_)
        if block.cut:
            is_cut[np.searchsorted(feeds, block.cut)] = True
        columns = {
            "line_number": pa.array(np.arange(len(feeds)) + (self._lines + 1)),
            "logged_at": _first_times(scan, escapes),
            "group_header": self._groups(text, headers),
            "text": text,
            "is_header": pa.array(headers),
            "is_progress": pa.array(progress),
            "is_cut": pa.array(is_cut),
        }
        if self._raw:
            columns["raw"] = _raw(block.data, feeds)
        self._lines += len(feeds)
        if len(escapes.times):
            self._first = int(escapes.times[0]) if self._first is None else self._first
            self._last = int(escapes.times[-1])
        arrays = [columns[name] for name in self.schema.names]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        for start in range(0, len(feeds), _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)

    def _groups(self, text: pa.StringArray, headers: Flags) -> pa.DictionaryArray:
        """Return the header each line belongs to, and remember the last one."""
        titles = text.take(pa.array(np.flatnonzero(headers)))
        titles = pc.utf8_slice_codeunits(titles, 0, GROUP_CHARACTERS)
        numbers = np.cumsum(headers, dtype=np.int32)
        if self._group is None:
            numbers -= 1
        else:
            titles = pa.concat_arrays([pa.array([self._group], pa.string()), titles])
        if len(titles):
            self._group = titles[-1].as_py()
        indices = pa.array(numbers, mask=numbers < 0)
        return pa.DictionaryArray.from_arrays(indices, titles)


def _raw(block: bytearray, feeds: Positions) -> pa.BinaryArray:
    """Return the lines as they came, without their line feeds."""
    offsets = np.zeros(len(feeds) + 1, np.int32)
    np.subtract(feeds, np.arange(len(feeds)), out=offsets[1:], casting="same_kind")
    return strings(pa.binary(), offsets, joined(block, line_starts(feeds), feeds))


def _first_times(scan: Scan, escapes: Escapes) -> pa.TimestampArray:
    """Return the time of the first mark of each line, null without one."""
    marks = escapes.starts.take(escapes.marks)
    # In front of the block are line feeds as well: those behind it.
    first = np.flatnonzero(scan.view.take(marks - 1) == LF)
    if len(first) == len(scan.feeds):
        return pa.array(escapes.times.take(first) * 1000).view(_TIME)
    # A mark behind all lines, so that each line has a next one.
    marks, times = np.append(marks, scan.feeds[-1]), np.append(escapes.times, 0)
    first = np.searchsorted(marks, line_starts(scan.feeds))
    values = times.take(first) * 1000
    return pa.array(values, mask=marks.take(first) >= scan.feeds).view(_TIME)


def _headers(text: pa.StringArray) -> Flags:
    r"""Return which lines match the agent's header pattern, `^(---|\+\+\+|~~~)\s`."""
    _, offsets, data = text.buffers()
    bounds = np.frombuffer(offsets, np.int32)[: len(text) + 1]
    is_header = np.zeros(len(text), np.bool_)
    # Without any text there may be no data at all.
    if bounds[-1] == 0:
        return is_header
    view = np.frombuffer(data, np.uint8)
    first = view.take(bounds[:-1], mode="clip")
    lines = np.flatnonzero((first == ord("-")) | (first == ord("+")) | (first == ord("~")))
    lines = lines.compress(bounds[1:].take(lines) - bounds.take(lines) >= 4)
    starts, marker = bounds.take(lines), first.take(lines)
    found = (view.take(starts + 1) == marker) & (view.take(starts + 2) == marker)
    blank = view.take(starts + 3)
    is_header[lines] = found & ((blank == ord(" ")) | (blank == ord("\t")))
    return is_header


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)
