"""Artifacts: what jobs uploaded, with bytes that are made only when somebody wants them."""

import hashlib
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Literal, NamedTuple

from buildkite_simulator.instants import DAY, time_ordered_uuid
from buildkite_simulator.world.annotations import TESTS
from buildkite_simulator.world.artifact_contents import made_of, mime_type
from buildkite_simulator.world.model import Job

State = Literal["new", "error", "finished", "deleted", "expired"]
STATES: tuple[State, ...] = ("new", "error", "finished", "deleted", "expired")
_UPLOAD_FAILURE = 0.004
_BLOCK = 1 << 16


class Sums(NamedTuple):
    """What is known of an artifact's bytes."""

    size: int
    sha1: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file a job uploaded; planted ones have their bytes, or a length of zeros, with them."""

    id: str
    job: Job
    path: str
    uploaded: int
    seed: int
    upload: State = "finished"
    planted: bytes | int | None = None
    content_type: str | None = None

    @property
    def dirname(self) -> str:
        """The directory part of the path."""
        return posixpath.dirname(self.path) or "."

    @property
    def filename(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def mime_type(self) -> str:
        """The MIME type."""
        return self.content_type or mime_type(self.path)

    def state(self, at: int, retention_days: int) -> State:
        """Return its state at an instant."""
        gone = self.upload == "finished" and at >= self.uploaded + retention_days * DAY
        return "expired" if gone else self.upload

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes."""
        if isinstance(self.planted, int):
            whole, rest = divmod(self.planted, _BLOCK)
            for _ in range(whole):
                yield bytes(_BLOCK)
            yield bytes(rest)
        elif self.planted is not None:
            yield self.planted
        else:
            yield made_of(self.path, Random(f"{self.seed}/{self.id}"))

    def sums(self) -> Sums:
        """Return size and checksums."""
        return _sums(self)


@lru_cache(maxsize=100_000)
def _sums(artifact: Artifact) -> Sums:
    size, sha1, sha256 = 0, hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    for block in artifact.blocks():
        size += len(block)
        sha1.update(block)
        sha256.update(block)
    return Sums(size, sha1.hexdigest(), sha256.hexdigest())


def artifacts_of(
    job: Job, at: int, seed: int, planted: Iterable[Artifact] = (), removed: Iterable[str] = ()
) -> list[Artifact]:
    """Return a job's artifacts at an instant; those deleted are not among them."""
    uploaded = [each for each in planted if each.job is job and each.uploaded <= at]
    if job.type == "script" and job.started and job.finished is not None and job.finished <= at:
        uploaded = [*_by_itself(job, job.finished, seed), *uploaded]
    gone = set(removed)
    return [each for each in uploaded if each.id not in gone]


def make_artifact(
    job: Job,
    path: str,
    uploaded: int,
    *,
    state: State = "finished",
    content: bytes | int | None = None,
    content_type: str | None = None,
    seed: int = 0,
    mark: int = 0,
) -> Artifact:
    """Return an artifact; `mark` tells equal paths of one job apart."""
    identity = time_ordered_uuid(uploaded, job.id, "artifact", path, *([mark] if mark else []))
    return Artifact(identity, job, path, uploaded, seed, state, content, content_type)


def _by_itself(job: Job, finished: int, seed: int) -> Iterator[Artifact]:
    rng = Random(f"{seed}/{job.id}/artifacts")
    for path in _paths(job, rng):
        state: State = "error" if rng.random() < _UPLOAD_FAILURE else "finished"
        yield make_artifact(job, path, finished, state=state, seed=seed)


def _paths(job: Job, rng: Random) -> Iterator[str]:
    step, ended = job.chain.step, job.result in ("passed", "failed")
    if not ended or job.fate.exit_status == -1:
        return
    for pattern in (step.artifact_paths or "").split(";"):
        if "*" not in pattern and pattern:
            yield pattern
        elif pattern and job.result == "failed":
            folder = pattern.partition("/")[0]
            for number in range(rng.randint(1, 6)):
                yield f"{folder}/{rng.choice(('cart', 'login', 'search'))}/shot-{number}.png"
    if step.key in TESTS:
        part = "" if job.chain.index is None else f"-{job.chain.index}"
        yield f"reports/junit{part}.xml"
    if job.result != "passed":
        return
    if step.key in ("test", "unit") and not job.chain.index:
        yield "coverage/lcov.info"
        yield "coverage/index.html"
    elif step.key == "image":
        yield "image-digest.txt"
    elif step.key in ("package", "build", "ios", "android"):
        yield f"dist/{step.key}.tar.gz"
