"""Job logs that lie in build folders."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import pyarrow as pa

from buildkite_source.buckets import Store
from buildkite_source.client import RawItem
from buildkite_source.resources.log_rows import IN_MEMORY, LogRows
from buildkite_source.tables import FROM_EXPORT

from .contents import unpacked
from .layout import BuildFolder

# Of a log that is packed; one that is not is as large as it is.
_LARGEST = 4 << 30
_FAILED = ("failed", "timed_out")


def wanted_jobs(folder: BuildFolder, build: RawItem, which: str) -> Iterator[Mapping[str, Any]]:
    """Yield the jobs of a build whose log is there and wanted.

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
            yield {**build.context, "job_id": job_id, "finished_at": job.get("finished_at") or "-"}


def read_log(
    store: Store, folder: BuildFolder, job: Mapping[str, Any], *, raw: bool
) -> Iterator[pa.Table | RawItem]:
    """Yield the lines of a log, and at last what is known of the whole.

    Raises:
        NoObjectError: It has gone since it was listed.
        UnreadableError: It is packed, and damaged or too large.
    """
    stored = folder.logs[job["job_id"]]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        target = cast(BinaryIO, file)
        for chunk in unpacked(store.open(stored.key).chunks, _LARGEST):
            target.write(chunk)
        rows = LogRows(job, stored.modified, raw=raw)
        yield from rows.lines(target)
        yield rows.row(FROM_EXPORT, rows.size)
