"""Step uploads: how the first job of a build adds the other steps to it."""

from typing import NamedTuple

from buildkite_simulator.instants import SECOND, time_ordered_uuid
from buildkite_simulator.world.model import Build, Chain, Job, Step

_BEFORE_END = 2 * SECOND
_APART = 200
_PROCESSING = 150


class StepUpload(NamedTuple):
    """Steps that a job uploaded: applied to its build, or refused."""

    id: str
    job: Job
    created: int
    steps: tuple[Step, ...]
    jobs: int
    is_valid: bool

    @property
    def processed(self) -> int:
        """When it was applied or refused."""
        return self.created + _PROCESSING


def step_uploads_of(build: Build, at: int) -> list[StepUpload]:
    """Return a build's uploads, newest first: one for all that follows each waiter or block."""
    if not build.pipeline.uploads:
        return []
    uploads = [
        upload
        for job in build.chains[0].attempts
        if job.finished is not None and job.result in ("passed", "failed")
        for upload in _uploads(job, build.chains[1:], job.finished - _BEFORE_END)
        if upload.created <= at
    ]
    return sorted(uploads, key=lambda each: each.id, reverse=True)


def _uploads(job: Job, chains: list[Chain], begin: int) -> list[StepUpload]:
    segments: list[list[Chain]] = [[]]
    for chain in chains:
        if chain.step.type in ("waiter", "manual"):
            segments.append([])
        segments[-1].append(chain)
    if job.result == "failed":
        segments = segments[:1]
    return [
        StepUpload(
            id=time_ordered_uuid(created, job.id, "upload", position),
            job=job,
            created=created,
            steps=tuple({chain.position: chain.step for chain in segment}.values()),
            jobs=len(segment),
            is_valid=job.result == "passed",
        )
        for position, segment in enumerate(segments)
        for created in (begin + position * _APART,)
    ]
