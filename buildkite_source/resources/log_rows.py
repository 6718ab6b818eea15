"""A log in a file → rows of `job_logs` and `job_log_lines`, wherever it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from buildkite_source.client import RawItem
from buildkite_source.logs import LogParser, is_stamped
from buildkite_source.tables import BUILD_COLUMNS, JOB_LOG_LINES, arrow_schema

# A log up to this is held in memory, a longer one in a temporary file.
IN_MEMORY = 8 << 20
_CHUNK = 1 << 20
_PAGE_ROWS = 200_000
_PAGE_BYTES = 32 << 20
_LINES = arrow_schema(JOB_LOG_LINES)


@dataclass(slots=True)
class LogPage:
    """Some logs: what is known of each that has ended, and lines of these and of the next."""

    logs: list[RawItem] = field(default_factory=list)
    lines: list[pa.Table] = field(default_factory=list)
    # Counted as they come: Arrow takes its time to tell how large a table is.
    _rows: int = 0
    _bytes: int = 0

    def add(self, part: pa.Table | RawItem) -> None:
        """Take lines, or what is known of a log that has ended."""
        if isinstance(part, RawItem):
            self.logs.append(part)
        else:
            self.lines.append(part)
            self._rows += part.num_rows
            self._bytes += part.nbytes

    @property
    def full(self) -> bool:
        """It is time to hand it on."""
        return self._rows >= _PAGE_ROWS or self._bytes >= _PAGE_BYTES


class LogRows:
    """Parses one log.

    Args:
        job: What is known of its job: `job_id`, `finished_at`, and the build that it is of.
        fetched_at: When the log was as it is.
        raw: Also keep each line as it came.
        is_tail: The log begins in the middle of a line.
    """

    def __init__(
        self, job: Mapping[str, Any], fetched_at: datetime, *, raw: bool, is_tail: bool = False
    ) -> None:
        self._job = job
        self._fetched_at = fetched_at
        self._raw = raw
        self._is_tail = is_tail
        self._parser = LogParser(raw=raw, stamped=False)

    def lines(self, file: BinaryIO | None) -> Iterator[pa.Table]:
        """Yield the lines of a file; of none where there is no log."""
        if file:
            stamped = is_stamped(_chunks(file), is_tail=self._is_tail)
            self._parser = LogParser(raw=self._raw, stamped=stamped)
            for chunk in _chunks(file):
                yield from self._rows(self._parser.feed(chunk))
        yield from self._rows(self._parser.finish())

    @property
    def size(self) -> int:
        """Bytes that were parsed."""
        return self._parser.summary.size

    def row(
        self, loaded_from: str, size: int, *, truncated: bool = False, is_absent: bool = False
    ) -> RawItem:
        """Return what is known of the log, once its lines have been drawn.

        Args:
            loaded_from: Where it came from.
            size: Bytes of the whole log, as far as is known.
            truncated: Only its end was fetched.
            is_absent: There is no log.
        """
        summary = self._parser.summary
        row = {
            "job_id": self._job["job_id"],
            "status": "absent" if is_absent else "loaded",
            "settled": self._job["finished_at"] is not None,
            "size": None if is_absent else size,
            "fetched_bytes": summary.size,
            "truncated": truncated,
            "lines": summary.lines,
            "cut_lines": summary.cut_lines,
            "cut_bytes": summary.cut_bytes,
            "first_at": summary.first_at,
            "last_at": summary.last_at,
        }
        item = RawItem(orjson.dumps(row), self._fetched_at)
        names = (column.name for column in BUILD_COLUMNS)
        item.context = {name: self._job.get(name) for name in names}
        item.context |= {"loaded_from": loaded_from, "export_key": self._job.get("export_key")}
        return item

    def _rows(self, batches: list[pa.RecordBatch]) -> Iterator[pa.Table]:
        known = {**self._job, "fetched_at": self._fetched_at, "raw": None}
        for batch in batches:
            yield pa.Table.from_arrays(
                [
                    batch[name].cast(kind)
                    if name in batch.schema.names
                    else pa.repeat(pa.scalar(known[name], kind), batch.num_rows)
                    for name, kind in zip(_LINES.names, _LINES.types, strict=True)
                ],
                schema=_LINES,
            )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk
