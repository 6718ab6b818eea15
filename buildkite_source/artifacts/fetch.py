"""One artifact's content, into one partial file: addresses, broken connections, bounds."""

import os
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import requests

from buildkite_source.client import BuildkiteSession, StoppedError, Waiting, raise_for_error
from buildkite_source.client.retries import reason_of

from .errors import GoneError, LeftError, StorageError, WrongContentError
from .model import Artifact
from .storage import Storage, begins_at, joined
from .targets import matches

# What a broken connection costs at most of what has arrived.
_BLOCK = 1 << 15
_SCOPE = "read_artifacts"
_MAX_HOPS = 3
# How much has to arrive for a broken connection not to count as one more failure in a row.
_PROGRESS = 1 << 20
# What storage hosts answer to an address that has expired.
_EXPIRED = frozenset({400, 401, 403, 404, 410})


class _RefusedError(Exception):
    """The storage host answered with a status that may mean an expired address."""


class _BrokenError(Exception):
    """The content broke off, or did not begin; trying again may help."""


class Fetcher:
    """Fetches contents one after the other, within the bounds of one run.

    Attributes:
        received: Bytes that came from storage.
        sent: Requests that went to the API.
    """

    def __init__(
        self,
        session: BuildkiteSession,
        storage: Storage,
        *,
        max_bytes: int | None,
        max_requests: int | None,
    ) -> None:
        self._session = session
        self._storage = storage
        self._max_bytes = max_bytes
        self._max_requests = max_requests
        self._sent_before = session.budget.stats.requests
        self.received = 0

    @property
    def sent(self) -> int:
        """Requests that went to the API, those that were repeated included."""
        return self._session.budget.stats.requests - self._sent_before

    def complete(self, artifact: Artifact, partial: Path) -> None:
        """Fetch what is missing of an artifact, and check the file; it stays if that fails.

        Raises:
            WrongContentError: The content is wrong; what there was of it is removed.
            GoneError: The API does not know it (404).
            LeftError: `max_bytes` or `max_requests` leave no room for it.
            StorageError: The storage host refuses, or breaks off in every attempt.
            BuildkiteError: The API refuses, or cannot be reached.
            OSError: The file cannot be written.
        """
        with partial.open("ab") as file:
            resumed = file.tell() > 0
        try:
            self._fill(artifact, partial)
        except WrongContentError:
            # What another run left behind may be at fault, so it gets one new beginning.
            if not resumed:
                raise
            self._fill(artifact, partial)

    def _fill(self, artifact: Artifact, partial: Path) -> None:
        try:
            with partial.open("ab", buffering=0) as file:
                if file.tell() != artifact.file_size:
                    self._check_room(artifact, file.tell())
                    self._content(artifact, file)
                # The content has to reach the disk before its name does.
                os.fsync(file.fileno())
            _check_sum(artifact, partial)
        except WrongContentError:
            partial.open("wb").close()
            raise

    def _check_room(self, artifact: Artifact, have: int) -> None:
        missing = (artifact.file_size or have + 1) - have
        if self._max_bytes is not None and self.received + max(missing, 0) > self._max_bytes:
            raise LeftError("max_bytes leaves no room for it.")

    def _content(self, artifact: Artifact, file: BinaryIO) -> None:
        address = self._address(artifact)
        failures, furthest, renewed_at = 0, file.tell(), -1
        while True:
            self._check_stop()
            try:
                self._copy(artifact, address, file)
            except _RefusedError as refusal:
                if renewed_at >= file.tell():
                    raise StorageError(f"{refusal}, also at a new address.") from None
                renewed_at = file.tell()
                address = self._address(artifact)
            except _BrokenError as broken:
                failures = 1 if file.tell() >= furthest + _PROGRESS else failures + 1
                furthest = max(furthest, file.tell())
                if failures >= self._session.retries.attempts:
                    raise StorageError(f"{broken}, in each of {failures} attempts.") from None
                delay = self._session.retries.delay(failures, self._session.rng)
                self._session.tell(Waiting(delay, f"retry of a download: {broken}"))
                self._session.clock.sleep(delay)
            else:
                return

    def _copy(self, artifact: Artifact, address: str, file: BinaryIO) -> None:
        """Append what follows, or begin anew where the storage host does not continue files."""
        try:
            with self._storage.open(address, file.tell()) as response:
                _check(artifact, response, file)
                if not begins_at(response, file.tell()):
                    file.seek(0)
                    file.truncate()
                for block in response.iter_content(_BLOCK):
                    self._take(artifact, block, file)
        except requests.RequestException as error:
            raise _BrokenError(f"The storage: {reason_of(error)}") from None
        size, expected = file.tell(), artifact.file_size
        if expected is not None and size < expected:
            raise _BrokenError(f"The storage sent {size:,} of {expected:,} bytes")

    def _take(self, artifact: Artifact, block: bytes, file: BinaryIO) -> None:
        self._check_stop()
        self.received += len(block)
        if artifact.file_size is not None and file.tell() + len(block) > artifact.file_size:
            raise WrongContentError(
                f"The storage has more than the {artifact.file_size:,} bytes the API says."
            )
        written = 0
        while written < len(block):
            written += file.write(block[written:])
        if self._max_bytes is not None and self.received > self._max_bytes:
            raise LeftError("max_bytes was reached within it.")

    def _check_stop(self) -> None:
        if self._session.budget.stopped:
            raise StoppedError("Stopped before everything was fetched.")

    def _address(self, artifact: Artifact) -> str:
        """Ask the API where the content is.

        A pipeline may have been renamed since; then the job is still known by its id.
        """
        base = f"{self._session.base_url}/organizations/{_quoted(artifact.organization_slug)}"
        job = f"jobs/{_quoted(artifact.job_id)}/artifacts/{_quoted(artifact.id)}/download"
        build = f"pipelines/{_quoted(artifact.pipeline_slug)}/builds/{artifact.build_number}"
        for url in (f"{base}/{build}/{job}", f"{base}/{job}"):
            response = self._ask(url)
            if response.status_code != 404:
                raise_for_error(response, _SCOPE)
                return _target_of(response)
        raise GoneError("The API has it no more, or hides it from this token (404).")

    def _ask(self, url: str) -> requests.Response:
        """Ask the API; where it redirects to itself, ask there."""
        api = f"{self._session.base_url}/"
        for _ in range(_MAX_HOPS):
            if self._max_requests is not None and self.sent >= self._max_requests:
                raise LeftError("max_requests leaves no room for it.")
            response = self._session.locate(url)
            if response.status_code >= 400 or not _target_of(response).startswith(api):
                return response
            url = _target_of(response)
        raise StorageError("The API redirects in a circle.")


def _check(artifact: Artifact, response: requests.Response, file: BinaryIO) -> None:
    status, size = response.status_code, file.tell()
    if status == 416 and size:
        expected = "more" if artifact.file_size is None else f"{artifact.file_size:,} bytes"
        raise WrongContentError(f"The storage has {size:,} bytes or less, the API says {expected}.")
    if status in _EXPIRED:
        raise _RefusedError(f"The storage answers {status}")
    if status == 206 and not begins_at(response, size):
        file.seek(0)
        file.truncate()
        raise _BrokenError("The storage sent another part than it was asked for")
    if status not in (200, 206):
        raise _BrokenError(f"The storage answers {status}")


def _target_of(response: requests.Response) -> str:
    """Return the address in the answer to a download request: its header, else its body."""
    target = response.headers.get("Location", "")
    if not target and response.status_code == 200:
        target = next((str(item.get("url") or "") for item in response.json()), "")
    if not target:
        raise StorageError(f"The API answers {response.status_code} without an address.")
    return joined(response.url, target)


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _check_sum(artifact: Artifact, partial: Path) -> None:
    with partial.open("rb") as file:
        if not matches(file, artifact):
            raise WrongContentError("The content has another SHA-1 than the API says.")
