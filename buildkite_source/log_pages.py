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

from .client import BuildkiteSession, DetailsBegun, DetailsRead, RawItem, raise_for_error
from .detail_pages import BUILD_PARAMETERS
from .logs import LogParser, LogSummary
from .tables import JOB_LOG_LINES, arrow_schema
from .wanted import Allowance

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

    @property
    def full(self) -> bool:
        """It is time to hand it on."""
        rows = sum(table.num_rows for table in self.lines)
        return rows >= _PAGE_ROWS or sum(int(table.nbytes) for table in self.lines) >= _PAGE_BYTES


class WantedLogs:
    """Fetches the logs of jobs, most urgent first.

    A log is streamed to a file first, so that an interrupted one begins anew and memory stays
    bounded, then parsed.

    Args:
        find: Returns the wanted jobs; asked when the first page is drawn.
        allowance: What the load may spend.
        session: Sends the requests.
        tail: Fetch only so many bytes from the end of each log; None for all of it.
    """

    def __init__(
        self,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
        tail: int | None = None,
    ) -> None:
        self._find = find
        self._allowance = allowance
        self._session = session
        self._tail = tail

    def resource(self) -> DltResource:
        """Return the parent of the tables of logs and lines."""

        @dlt.resource(name="log_pages", selected=False)
        def log_pages() -> Iterator[LogPage]:
            yield from self._pages()

        return log_pages()

    def _pages(self) -> Iterator[LogPage]:
        self._allowance.begin()
        wanted = self._find()
        page, reason, seen = LogPage(), "", 0
        too_large: list[dict[str, Any]] = []
        for job in wanted:
            reason = self._allowance.refuses()
            if reason:
                break
            seen += 1
            self._session.tell(DetailsBegun("logs", seen, len(wanted)))
            if not self._fits(job):
                too_large.append(job)
                continue
            for lines in self._fetch(job, page):
                page.lines.append(lines)
                if page.full:
                    yield page
                    page = LogPage()
        yield page
        waiting = too_large + wanted[seen:]
        reason = reason or ("max_bytes" if too_large else "")
        self._session.tell(DetailsRead("logs", seen - len(too_large), reason, waiting))

    def _fits(self, job: dict[str, Any]) -> bool:
        """Ask for the size first where it decides: of a log that may have grown, or a bound."""
        left = self._allowance.left_bytes()
        if left is None and job["fetched_bytes"] is None:
            return True
        response = self._session.head_of(_url(self._session, job))
        if response.status_code == 404:
            return True
        raise_for_error(response, _SCOPE)
        size = int(response.headers.get("Content-Length", 0))
        if job["finished_at"] is None and size == job["fetched_bytes"]:
            return False
        wanted = min(size, self._tail) if self._tail else size
        return left is None or wanted <= left

    def _fetch(self, job: dict[str, Any], page: LogPage) -> Iterator[pa.Table]:
        headers = {"Accept": "text/plain"}
        if self._tail:
            headers["Range"] = f"bytes=-{self._tail}"
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            target = cast(BinaryIO, file)
            response = self._session.download(_url(self._session, job), target, headers)
            absent = response.status_code == 404
            # A range of a log without a byte cannot be satisfied.
            empty = absent or response.status_code == 416
            if not empty:
                raise_for_error(response, _SCOPE)
            parser = LogParser()
            if not empty:
                target.seek(0)
                while chunk := target.read(_CHUNK):
                    yield from self._lines(job, parser.feed(chunk))
            yield from self._lines(job, parser.finish())
        self._allowance.spent_bytes += parser.summary.size
        page_row = _row(job, response, parser.summary, absent=absent)
        item = RawItem(orjson.dumps(page_row), self._session.api_time)
        item.context = {name: job[name] for name in BUILD_PARAMETERS}
        page.logs.append(item)

    def _lines(self, job: dict[str, Any], batches: list[pa.RecordBatch]) -> Iterator[pa.Table]:
        for batch in batches:
            known = {
                **job,
                "fetched_at": self._session.api_time,
            }
            yield pa.Table.from_arrays(
                [
                    batch[name].cast(kind)
                    if name in batch.schema.names
                    else pa.repeat(pa.scalar(known[name], kind), batch.num_rows)
                    for name, kind in zip(_LINES.names, _LINES.types, strict=True)
                ],
                schema=_LINES,
            )


def _row(
    job: dict[str, Any], response: Response, summary: LogSummary, *, absent: bool
) -> dict[str, Any]:
    size = summary.size
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if total.isdecimal():
        size = int(total)
    return {
        "job_id": job["job_id"],
        "status": "absent" if absent else "loaded",
        "settled": job["finished_at"] is not None,
        "size": None if absent else size,
        "fetched_bytes": summary.size,
        "truncated": size > summary.size,
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
