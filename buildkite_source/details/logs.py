"""Job logs, fetched one after the other within an allowance, as rows of logs and of lines."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import dlt
import orjson
import pyarrow as pa
from dlt.extract import DltResource
from requests import Response

from buildkite_source.client import (
    BuildkiteSession,
    DetailsBegun,
    DetailsRead,
    RawItem,
    StoppedError,
    raise_for_error,
)
from buildkite_source.logs import LogParser, LogSummary, is_stamped
from buildkite_source.tables import JOB_LOG_LINES, arrow_schema

from .allowance import Allowance
from .parents import BUILD_PARAMETERS

LOG_PAGES = "log_pages"
_SCOPE = "read_build_logs"
_CHUNK = 1 << 20
_IN_MEMORY = 8 << 20
_PAGE_ROWS = 200_000
_PAGE_BYTES = 32 << 20
_LINES = arrow_schema(JOB_LOG_LINES)


@dataclass(slots=True)
class LogPage:
    """Some logs: what is known of each that has ended, and lines of these and of the next."""

    logs: list[RawItem] = field(default_factory=list)
    lines: list[pa.Table] = field(default_factory=list)

    def add(self, part: pa.Table | RawItem) -> None:
        """Take lines, or what is known of a log that has ended."""
        if isinstance(part, RawItem):
            self.logs.append(part)
        else:
            self.lines.append(part)

    @property
    def full(self) -> bool:
        """It is time to hand it on."""
        rows = sum(table.num_rows for table in self.lines)
        return rows >= _PAGE_ROWS or sum(int(table.nbytes) for table in self.lines) >= _PAGE_BYTES


class MissingLogs:
    """Fetches the logs of jobs, most urgent first.

    A log is streamed to a file first, so that an interrupted one begins anew and memory stays
    bounded, then parsed.

    Args:
        find: Returns the missing jobs; asked when the first page is drawn.
        allowance: What the load may spend.
        session: Sends the requests.
        tail: Fetch only so many bytes from the end of each log; None for all of it.
        raw: Also keep each line as it came.
    """

    def __init__(
        self,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
        tail: int | None = None,
        *,
        raw: bool = False,
    ) -> None:
        self._find = find
        self._allowance = allowance
        self._session = session
        self._tail = tail
        self._raw = raw

    def resource(self) -> DltResource:
        """Return the parent of the tables of logs and lines."""

        @dlt.resource(name=LOG_PAGES, selected=False)
        def log_pages() -> Iterator[LogPage]:
            yield from self._pages()

        return log_pages()

    def _pages(self) -> Iterator[LogPage]:
        self._allowance.begin()
        missing = self._find()
        page, reason, seen = LogPage(), "", 0
        too_large: list[dict[str, Any]] = []
        for job in missing:
            reason = self._allowance.refuses()
            if reason:
                break
            self._session.tell(DetailsBegun("logs", seen + 1, len(missing)))
            try:
                size = self._size(job)
                if self._exceeds(size):
                    too_large.append(job)
                elif size is None or size != job["size"] or job["finished_at"] is not None:
                    for part in self._fetch(job, size):
                        # The log may have begun on a page that is handed on already.
                        page.add(part)
                        if page.full:
                            yield page
                            page = LogPage()
            except StoppedError:
                # Nothing of this log has arrived; what came before it is kept.
                reason = "stopped"
                break
            seen += 1
        yield page
        waiting = too_large + missing[seen:]
        reason = reason or ("max_bytes" if too_large else "")
        self._session.tell(DetailsRead("logs", seen - len(too_large), reason, waiting))

    def _size(self, job: dict[str, Any]) -> int | None:
        """Return the bytes of a log where they decide: it was fetched before, or has a bound.

        None where they do not, or where there is no log.
        """
        if self._allowance.left_bytes() is None and job["size"] is None:
            return None
        response = self._session.head_of(_url(self._session, job))
        if response.status_code == 404:
            return None
        raise_for_error(response, _SCOPE)
        return int(response.headers.get("Content-Length", 0))

    def _exceeds(self, size: int | None) -> bool:
        left = self._allowance.left_bytes()
        if size is None or left is None:
            return False
        return min(size, self._tail or size) > left

    def _fetch(self, job: dict[str, Any], size: int | None) -> Iterator[pa.Table | RawItem]:
        """Yield the lines of a log, and at last what is known of the whole."""
        headers = {"Accept": "text/plain"}
        if self._tail:
            headers["Range"] = f"bytes=-{self._tail}"
        stamped = False
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            target = cast(BinaryIO, file)
            response = self._session.download(_url(self._session, job), target, headers)
            # A range of a log without a byte cannot be satisfied.
            if response.status_code not in (404, 416):
                raise_for_error(response, _SCOPE)
                stamped = is_stamped(_chunks(target), is_tail=bool(self._tail))
            parser = LogParser(raw=self._raw, stamped=stamped)
            if response.ok:
                for chunk in _chunks(target):
                    yield from self._lines(job, parser.feed(chunk))
            yield from self._lines(job, parser.finish())
        self._allowance.spent_bytes += parser.summary.size
        row = _row(job, response, parser.summary, size)
        item = RawItem(orjson.dumps(row), self._session.api_time)
        item.context = {name: job[name] for name in BUILD_PARAMETERS}
        yield item

    def _lines(self, job: dict[str, Any], batches: list[pa.RecordBatch]) -> Iterator[pa.Table]:
        for batch in batches:
            known = {**job, "fetched_at": self._session.api_time, "raw": None}
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


def _row(
    job: dict[str, Any], response: Response, summary: LogSummary, size: int | None
) -> dict[str, Any]:
    absent = response.status_code == 404
    # Text is cleaned on its way and may differ in length from the bytes that HEAD counts.
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    whole = int(total) if total.isdecimal() else None
    return {
        "job_id": job["job_id"],
        "status": "absent" if absent else "loaded",
        "settled": job["finished_at"] is not None,
        "size": None if absent else next(n for n in (whole, size, summary.size) if n is not None),
        "fetched_bytes": summary.size,
        "truncated": whole is not None and whole > summary.size,
        "lines": summary.lines,
        "cut_lines": summary.cut_lines,
        "cut_bytes": summary.cut_bytes,
        "first_at": summary.first_at,
        "last_at": summary.last_at,
    }


def _url(session: BuildkiteSession, job: dict[str, Any]) -> str:
    return (
        f"{session.base_url}/organizations/{job['organization_slug']}/pipelines/"
        f"{job['pipeline_slug']}/builds/{job['build_number']}/jobs/{job['job_id']}/log"
    )
