"""The private log archive: a bucket that Buildkite keeps job logs in, and reads them from itself.

Keys are `{organization}/{pipeline}/{build}/{job}.log`, all UUIDs
(https://buildkite.com/docs/pipelines/configure/managing-log-output). When a log arrives there, and
whether it is packed, is not documented.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, BinaryIO

from buildkite_source.buckets import NoObjectError, Store
from buildkite_source.client import BuildkiteError


class NotArchivedError(BuildkiteError):
    """The archive has no such log, and the API is not to be asked for it."""


class LogArchive:
    """Fetches logs from the archive, one request each, outside the API's budget.

    Args:
        opened: Opens the store; called when the first log is wanted.
        falls_back: The API is asked for what is not there.
    """

    def __init__(self, opened: Callable[[], Store], *, falls_back: bool) -> None:
        self._opened = opened
        self._falls_back = falls_back

    @cached_property
    def _store(self) -> Store:
        return self._opened()

    def size(self, job: Mapping[str, Any]) -> int | None:
        """Return the bytes of a log; None if it is not there."""
        try:
            return self._store.open(_key(job)).size
        except NoObjectError:
            return None

    def fetch(self, job: Mapping[str, Any], target: BinaryIO, tail: int | None) -> int | None:
        """Write a log, or its last `tail` bytes, to `target`.

        Returns:
            Bytes of the whole log; None if it is not there and the API is to be asked.

        Raises:
            NotArchivedError: It is not there, and the API is not to be asked.
        """
        try:
            found = self._store.open(_key(job), tail)
            for chunk in found.chunks:
                target.write(chunk)
        except NoObjectError:
            if self._falls_back:
                return None
            raise NotArchivedError(f"The archive has no log of the job {job['job_id']}.") from None
        return found.size


def _key(job: Mapping[str, Any]) -> str:
    ids = (job[name] for name in ("organization_id", "pipeline_id", "build_id", "job_id"))
    return "/".join(map(str, ids)) + ".log"
