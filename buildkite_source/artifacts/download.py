"""Artifacts from the API to a folder or a bucket: resumable, checked, within bounds."""

import errno
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from buildkite_source.client import (
    AuthenticationError,
    BuildkiteError,
    BuildkiteSession,
    ForbiddenError,
    RateLimitedError,
    StoppedError,
    UnreachableError,
)

from .claims import claimed
from .errors import GoneError, LeftError, TargetError
from .fetch import Fetcher
from .model import Artifact, DownloadReport, Outcome, Status
from .names import target_name, target_names
from .storage import Storage
from .targets import Found, Target, open_target

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# After so many artifacts in a row for which the API could not be reached, the rest is left.
_UNREACHABLE = 3


def download(
    session: BuildkiteSession,
    artifacts: Iterable[Artifact],
    target_url: str,
    *,
    max_bytes: int | None = None,
    max_requests: int | None = None,
    on_done: Callable[[Outcome], None] | None = None,
    trust_size: bool = False,
    scratch: Path | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> DownloadReport:
    """Download artifacts to `target_url`, each to its `target_names` name.

    An artifact costs one API request (scope `read_artifacts`) within the session's budget, for
    an address that is good for a minute; the content comes from there without the token
    (https://buildkite.com/docs/apis/rest-api/artifacts). It is collected in a partial file, also
    over several runs, and appears under its name when size and SHA-1 are right. What is there
    already is not asked for again. A file of another content is never replaced: the artifact
    gets its `unique` name beside it. An error of one artifact does not stop the others.

    Args:
        session: Session of the API.
        artifacts: What is wanted, by preference. Those that are not `finished`, or
            lack what it takes to ask for them, are skipped.
        target_url: Local folder, or URL of any file system of fsspec.
        max_bytes: Most bytes to receive; artifacts that do not fit are left.
        max_requests: API requests after which the rest is left; a request that has to be
            repeated may go beyond.
        on_done: Told each outcome as it is known.
        trust_size: Take a file of the right size for the right one, without reading it.
        scratch: Local folder for the partial files of a target that is not local; without it
            a target that is not local resumes within one run only.
        storage_options: Settings of the target's file system, such as credentials.

    Returns:
        One outcome for each artifact. A token that is refused, a full disk, an API that cannot
        be reached or a stop end the run: `ended` says so, and the rest is left.

    Raises:
        TargetError: The target cannot be opened.
    """
    chosen = list(artifacts)
    report = DownloadReport()
    target = open_target(target_url, scratch, dict(storage_options or {}), trust_size=trust_size)
    storage = Storage(str(session.headers.get("User-Agent", "")))
    fetcher = Fetcher(session, storage, max_bytes=max_bytes, max_requests=max_requests)
    with closing(target), closing(storage):
        run = _Run(target, fetcher)
        for artifact, name in zip(chosen, target_names(chosen), strict=True):
            outcome = run.outcome_of(artifact, name)
            report.add(outcome)
            report.bytes, report.requests = fetcher.received, fetcher.sent
            report.ended = run.ended
            if on_done:
                on_done(outcome)
    return report


class _Run:
    """What one run has learned so far: what is refused, and whether to go on."""

    def __init__(self, target: Target, fetcher: Fetcher) -> None:
        self._target = target
        self._fetcher = fetcher
        self._refused: dict[tuple[str, str], str] = {}
        self._unreachable = 0
        self.ended = ""

    def outcome_of(self, artifact: Artifact, name: str) -> Outcome:
        """Bring one artifact to the target, and say what became of it."""
        if artifact.state != "finished":
            return Outcome(artifact, Status.SKIPPED, reason=f"It is {artifact.state}.")
        if artifact.lacking:
            reason = f"The API did not tell its {artifact.lacking}, so it cannot be asked for."
            return Outcome(artifact, Status.SKIPPED, reason=reason)
        if self.ended:
            return Outcome(artifact, Status.LEFT, reason=self.ended)
        try:
            status, name = self._bring(artifact, name)
        except GoneError as error:
            return Outcome(artifact, Status.GONE, reason=str(error))
        except (LeftError, StoppedError) as error:
            self.ended = str(error) if isinstance(error, StoppedError) else ""
            return Outcome(artifact, Status.LEFT, reason=str(error))
        except (BuildkiteError, requests.RequestException, OSError) as error:
            return Outcome(artifact, Status.FAILED, reason=self._learn(artifact, error))
        self._unreachable = 0
        return Outcome(artifact, status, name)

    def _bring(self, artifact: Artifact, name: str) -> tuple[Status, str]:
        found = self._target.find(name, artifact)
        if found is Found.OTHER:
            name = target_name(artifact, unique=True)
            found = self._target.find(name, artifact)
        if found is Found.SAME:
            return Status.PRESENT, name
        pipeline = (artifact.organization_slug, artifact.pipeline_slug)
        if pipeline in self._refused:
            raise TargetError(self._refused[pipeline])
        partial = self._target.partial(name, artifact)
        with claimed(partial):
            try:
                self._fetcher.complete(artifact, partial)
                self._target.publish(partial, name)
            finally:
                self._target.clean(partial)
        return Status.DOWNLOADED, name

    def _learn(self, artifact: Artifact, error: Exception) -> str:
        """Return why an artifact failed, and note what that means for the others."""
        unreachable = isinstance(error, UnreachableError)
        self._unreachable = self._unreachable + 1 if unreachable else 0
        reason = str(error)
        if isinstance(error, requests.RequestException):
            # Its text may hold a signed address.
            reason = f"The request failed: {type(error).__name__}."
        elif isinstance(error, OSError):
            reason = f"The target does not take it: {error.strerror or type(error).__name__}."
            if error.errno in _FULL:
                self.ended = f"{reason} What has arrived is kept: make room and run again."
        elif isinstance(error, ForbiddenError):
            self._refused[artifact.organization_slug, artifact.pipeline_slug] = reason
        ends = isinstance(error, AuthenticationError | RateLimitedError)
        if ends or self._unreachable >= _UNREACHABLE:
            self.ended = reason
        return reason
