"""Job logs that lie in build folders."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa

from buildkite_source.buckets import Store, Stored
from buildkite_source.client import RawItem
from buildkite_source.resources.log_rows import IN_MEMORY, LogRows
from buildkite_source.tables import FROM_EXPORT

from .contents import unpacked
from .layout import BuildFolder

# Of a log that is packed; one that is not is as large as it is.
_LARGEST = 4 << 30
_FAILED = ("failed", "timed_out")


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is to be loaded.

    Attributes:
        job: Its job, with the ids that its rows have.
        stored: Where it lies.
    """

    job: Mapping[str, Any]
    stored: Stored


def wanted_logs(folder: BuildFolder, build: RawItem, which: str) -> Iterator[Log]:
    """Yield the logs of a build that are there and wanted.

    Args:
        folder: Where they lie.
        build: The build with its jobs.
        which: `failed`, as `--logs failed` takes them from the API, or `all`.
    """
    if which == "none" or not folder.logs:
        return
    jobs = build.get("jobs")
    known = {
        job["id"]: job
        for job in (jobs if isinstance(jobs, list) else [])
        if isinstance(job, dict) and isinstance(job.get("id"), str)
    }
    for job_id in sorted(folder.logs):
        job = known.get(job_id, {})
        failed = job.get("state") in _FAILED and not job.get("soft_failed")
        if which == "all" or failed:
            # What was exported does not grow any more.
            ids = {"job_id": job_id, "finished_at": job.get("finished_at") or "-"}
            yield Log({**build.context, **ids}, folder.logs[job_id])


def fetch_log(store: Store, log: Log) -> BinaryIO:
    """Return the bytes of a log: in memory, or on disk where it is large.

    Raises:
        NoObjectError: It has gone since it was listed.
        UnreadableError: It is packed, and damaged or too large.
    """
    with ExitStack() as opened:
        file = opened.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
        for chunk in unpacked(store.open(log.stored.key).chunks, _LARGEST):
            file.write(chunk)
        # Whoever gets it closes it.
        opened.pop_all()
    return cast(BinaryIO, file)


def read_log(log: Log, file: BinaryIO, *, raw: bool) -> Iterator[pa.Table | RawItem]:
    """Yield the lines of a log, and at last what is known of the whole."""
    rows = LogRows(log.job, log.stored.modified, raw=raw)
    yield from rows.lines(file)
    yield rows.row(FROM_EXPORT, rows.size)
