"""Job log bytes → Arrow batches of lines.

Format: https://buildkite.com/docs/pipelines/managing-log-output (groups, links, images) and the
marks that the agent writes (https://buildkite.com/docs/apis/rest-api/jobs for the endpoint).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .buffer import Block, LineBuffer
from .clean import clean_lines, with_texts
from .escapes import Escapes, find_escapes
from .schema import TIME, LogSummary, log_schema
from .screen import Screen
from .spans import LF, Flags, Positions, Scan, joined, line_starts, strings
from .stamps import unstamped

# What the official log library takes for a line at most.
MAX_LINE_BYTES = 8 * 1024 * 1024
# Characters of a header that its lines repeat; agents used to know headers below this only.
GROUP_CHARACTERS = 500
_BATCH_ROWS = 65_536
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LogParser:
    r"""Turns one job log into batches of lines, in memory that does not grow with the log.

    Lines end at `\n`; carriage returns before it belong to the line end (`\r\n`, `\r\r\n`). A
    batch has at most 65,536 rows. How the bytes are divided over the calls of `feed` changes
    at most where one batch ends and the next begins.

    Args:
        raw: Also return each line as it came.
        max_line_bytes: Longer lines are cut to so many bytes, flagged, and counted in the
            summary; the rest of the line is not held.
        stamped: The agent has written the time before each line as text (`is_stamped` tells); it
            becomes `logged_at` and is no part of `text`.

    Raises:
        ValueError: `max_line_bytes` is not between 1 byte and 1 GiB.
    """

    def __init__(
        self, *, raw: bool = False, max_line_bytes: int = MAX_LINE_BYTES, stamped: bool = False
    ) -> None:
        if not 1 <= max_line_bytes <= 2**30:
            raise ValueError(f"max_line_bytes must be from 1 to {2**30}, not {max_line_bytes}")
        self.schema = log_schema(raw=raw)
        self._raw = raw
        self._stamped = stamped
        self._buffer = LineBuffer(max_line_bytes)
        self._lines = 0
        self._first: int | None = None
        self._last: int | None = None
        self._group: str | None = None
        self._screen = Screen()
        self._held: list[pa.RecordBatch] = []
        self._begun = 0

    def feed(self, chunk: bytes) -> list[pa.RecordBatch]:
        """Take the next bytes of the log and return the lines that are ready, if any."""
        return self._batches(self._buffer.feed(chunk))

    def finish(self) -> list[pa.RecordBatch]:
        """Return the lines that are left; bytes after the last line feed are a line."""
        batches = self._batches(self._buffer.finish())
        return [*batches, *self._release(self._lines)]

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
        return [batch for block in blocks for batch in self._release(self._parse(block))]

    def _parse(self, block: Block) -> int:
        """Hold the lines of a block; return how many lines cannot change any more."""
        scan = Scan(block.data)
        feeds = scan.feeds
        escapes = find_escapes(scan)
        first_times, times = _first_times(scan, escapes), escapes.times
        if self._stamped:
            text, first_times, times = unstamped(block.data[: int(feeds[-1]) + 1])
            scan = Scan(text)
            escapes = find_escapes(scan)
        cleaned = clean_lines(scan, escapes)
        is_cut = np.zeros(len(feeds), np.bool_)
        if block.cut:
            is_cut[np.searchsorted(feeds, block.cut)] = True
        columns = {
            "line_number": pa.array(np.arange(len(feeds)) + (self._lines + 1)),
            "logged_at": first_times,
            "text": cleaned.text,
            "is_progress": pa.array(cleaned.overwrites),
            "is_cut": pa.array(is_cut),
        }
        if self._raw:
            columns["raw"] = _raw(block.data, feeds)
        if len(times):
            self._first = int(times[0]) if self._first is None else self._first
            self._last = int(times[-1])
        self._held.append(pa.RecordBatch.from_pydict(columns))
        first, self._lines = self._lines, self._lines + len(feeds)
        self._follow_cursor(first, scan, cleaned.across)
        self._begun += int(feeds[-1]) + 1
        return self._screen.first_owner(self._lines, self._begun)

    def _follow_cursor(self, first: int, scan: Scan, across: Positions) -> None:
        """Let lines that move between rows change what lines show; `first` is before the block."""
        starts = line_starts(scan.feeds) + self._begun
        changed: dict[int, str] = {}
        overwrites: list[int] = []

        def text_of(line: int) -> str:
            return changed[line] if line in changed else self._text_of(line)

        line = 0
        while line < len(starts):
            if self._screen.is_at_end:
                place = int(np.searchsorted(across, line))
                following = int(across[place]) if place < len(across) else len(starts)
                self._screen.pass_lines(first + line, starts[line:following])
                line = following
            if line < len(starts):
                texts, overwrote = self._screen.read(
                    first + line, int(starts[line]), scan.line(line), text_of
                )
                changed.update(texts)
                overwrites += [first + line] if overwrote else []
                line += 1
        if changed:
            self._change(changed, overwrites)

    def _text_of(self, line: int) -> str:
        for batch in self._held:
            number = line + 1 - batch["line_number"][0].as_py()
            if 0 <= number < batch.num_rows:
                return str(batch["text"][number])
        raise LookupError(f"line {line + 1} is not held any more")

    def _change(self, texts: dict[int, str], overwrites: list[int]) -> None:
        """Replace the texts of held lines."""
        lines, flagged = np.array(sorted(texts)), np.array(sorted(overwrites), np.intp)
        for place, batch in enumerate(self._held):
            begin = batch["line_number"][0].as_py() - 1
            mine = lines[(lines >= begin) & (lines < begin + batch.num_rows)]
            if len(mine):
                new = with_texts(
                    batch["text"], mine - begin, [texts[line] for line in mine.tolist()]
                )
                flags = batch["is_progress"].to_numpy(zero_copy_only=False).copy()
                flags[flagged[(flagged >= begin) & (flagged < begin + batch.num_rows)] - begin] = (
                    True
                )
                batch = batch.set_column(2, "text", new)
                self._held[place] = batch.set_column(3, "is_progress", pa.array(flags))

    def _release(self, lines: int) -> Iterator[pa.RecordBatch]:
        """Yield the held blocks that end within the first `lines` lines, in batches."""
        while self._held and self._held[0]["line_number"][-1].as_py() <= lines:
            yield from self._completed(self._held.pop(0))

    def _completed(self, lines: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        text = lines["text"]
        headers = _headers(text)
        columns = {
            **dict(zip(lines.schema.names, lines.columns, strict=True)),
            "group_header": self._groups(text, headers),
            "is_header": pa.array(headers),
        }
        arrays = [columns[name] for name in self.schema.names]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        for start in range(0, batch.num_rows, _BATCH_ROWS):
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
        return pa.array(escapes.times.take(first) * 1000).view(TIME)
    # A mark behind all lines, so that each line has a next one.
    marks, times = np.append(marks, scan.feeds[-1]), np.append(escapes.times, 0)
    first = np.searchsorted(marks, line_starts(scan.feeds))
    values = times.take(first) * 1000
    return pa.array(values, mask=marks.take(first) >= scan.feeds).view(TIME)


def _headers(text: pa.StringArray) -> Flags:
    r"""Return which lines match the agent's header pattern, `^(---|\+\+\+|~~~)\s`."""
    _, offsets, data = text.buffers()
    bounds = np.frombuffer(offsets, np.int32)[: len(text) + 1]
    is_header = np.zeros(len(text), np.bool_)
    # Without any text there may be no data at all.
    if data is None or bounds[-1] == 0:
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
