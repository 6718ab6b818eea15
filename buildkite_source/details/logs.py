"""Job logs, fetched one after the other within an allowance, as rows of logs and of lines."""

import tempfile
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from buildkite_source.client import (
    BuildkiteSession,
    DetailsBegun,
    DetailsRead,
    RawItem,
    StoppedError,
    raise_for_error,
)
from buildkite_source.resources.log_rows import IN_MEMORY, LogPage, LogRows
from buildkite_source.tables import FROM_API, FROM_ARCHIVE

from .allowance import Allowance
from .log_archive import LogArchive, NotArchivedError

LOG_PAGES = "log_pages"
_SCOPE = "read_build_logs"


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
        archive: Where logs are looked for first; None for the API alone.
    """

    def __init__(
        self,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
        tail: int | None = None,
        *,
        raw: bool = False,
        archive: LogArchive | None = None,
    ) -> None:
        self._find = find
        self._allowance = allowance
        self._session = session
        self._tail = tail
        self._raw = raw
        self._archive = archive

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
        unarchived: list[dict[str, Any]] = []
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
            except NotArchivedError:
                # It may come: when a log arrives there is not documented.
                unarchived.append(job)
            except StoppedError:
                # Nothing of this log has arrived; what came before it is kept.
                reason = "stopped"
                break
            seen += 1
        yield page
        waiting = too_large + unarchived + missing[seen:]
        reason = reason or ("max_bytes" if too_large else "logs_from" if unarchived else "")
        done = seen - len(too_large) - len(unarchived)
        self._session.tell(DetailsRead("logs", done, reason, waiting))

    def _size(self, job: dict[str, Any]) -> int | None:
        """Return the bytes of a log where they decide: it was fetched before, or has a bound.

        None where they do not, or where there is no log.
        """
        if self._allowance.left_bytes() is None and job["size"] is None:
            return None
        if self._archive and (size := self._archive.size(job)) is not None:
            return size
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
        """Yield the lines of a log, and at last what is known of the whole.

        Raises:
            NotArchivedError: The archive has no such log, and the API is not to be asked.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            target = cast(BinaryIO, file)
            whole = self._archive.fetch(job, target, self._tail) if self._archive else None
            if whole is not None:
                rows = self._rows(job, self._session.clock.now())
                yield from rows.lines(target)
                yield rows.row(FROM_ARCHIVE, whole, truncated=whole > rows.size)
            else:
                rows = yield from self._ask(job, size, target)
        self._allowance.spent_bytes += rows.size

    def _ask(
        self, job: dict[str, Any], size: int | None, target: BinaryIO
    ) -> Generator[pa.Table | RawItem, None, LogRows]:
        """Yield the same of a log that the API is asked for."""
        headers = {"Accept": "text/plain"}
        if self._tail:
            headers["Range"] = f"bytes=-{self._tail}"
        response = self._session.download(_url(self._session, job), target, headers)
        # A range of a log without a byte cannot be satisfied.
        if response.status_code not in (404, 416):
            raise_for_error(response, _SCOPE)
        rows = self._rows(job, self._session.api_time)
        yield from rows.lines(target if response.ok else None)
        # Text is cleaned on its way and may differ in length from the bytes that HEAD counts.
        total = response.headers.get("Content-Range", "").rpartition("/")[2]
        whole = int(total) if total.isdecimal() else None
        yield rows.row(
            FROM_API,
            next(n for n in (whole, size, rows.size) if n is not None),
            truncated=whole is not None and whole > rows.size,
            is_absent=response.status_code == 404,
        )
        return rows

    def _rows(self, job: dict[str, Any], fetched_at: datetime) -> LogRows:
        return LogRows(job, fetched_at, raw=self._raw, is_tail=bool(self._tail))


def _url(session: BuildkiteSession, job: dict[str, Any]) -> str:
    return (
        f"{session.base_url}/organizations/{job['organization_slug']}/pipelines/"
        f"{job['pipeline_slug']}/builds/{job['build_number']}/jobs/{job['job_id']}/log"
    )
