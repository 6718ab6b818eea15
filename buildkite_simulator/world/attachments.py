"""What hangs on builds and jobs: annotations, artifacts and logs, and what is done to them."""

from collections.abc import Sequence
from typing import Any

from buildkite_simulator.clock import Clock
from buildkite_simulator.world.annotations import (
    DEFAULT_PRIORITY,
    STYLES,
    Annotation,
    Saying,
    Style,
    annotations_of,
    as_html,
    find,
)
from buildkite_simulator.world.artifacts import Artifact, State, artifacts_of, make_artifact
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.fleet import Fleet
from buildkite_simulator.world.hostile import HOSTILE_BODIES, HOSTILE_PATHS
from buildkite_simulator.world.logs import JobLog, PlantedLog, log_of
from buildkite_simulator.world.model import Build, Job
from buildkite_simulator.world.store import RefusedError

_LONGEST_BODY = 1 << 20


class Attachments(Fleet):
    """Derives attachments from their jobs when asked; keeps only what moves added or removed."""

    def __init__(self, config: WorldConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self._sayings: dict[str, list[Saying]] = {}
        self._planted: dict[str, list[Artifact]] = {}
        self._removed: dict[str, set[str]] = {}
        self._logs: dict[str, PlantedLog] = {}
        self._shown: dict[str, Job] = {}

    def annotations(self, build: Build, at: int | None = None) -> list[Annotation]:
        """Return a build's annotations of both scopes, newest first."""
        with self.lock:
            moment = self.catch_up() if at is None else at
            return annotations_of(build, moment, self.config.seed, self._sayings.get(build.id, ()))

    def artifacts(self, of: Build | Job, at: int | None = None) -> list[Artifact]:
        """Return the artifacts of a job or of all attempts of a build."""
        with self.lock:
            moment = self.catch_up() if at is None else at
            build = of if isinstance(of, Build) else of.build
            jobs = of.visible_jobs(moment) if isinstance(of, Build) else [of]
            planted, removed = self._planted.get(build.id, ()), self._removed.get(build.id, ())
            return [
                artifact
                for job in jobs
                for artifact in artifacts_of(job, moment, self.config.seed, planted, removed)
            ]

    def artifact(self, identity: str) -> Artifact | None:
        """Return an artifact that has been shown to somebody, by id."""
        job = self._shown.get(identity)
        if job is None or not self._exists(job.build, self.catch_up()):
            return None
        return next((each for each in self.artifacts(job) if each.id == identity), None)

    def show(self, artifacts: Sequence[Artifact]) -> None:
        """Note that somebody has seen these artifacts, and so may ask for them by id alone."""
        for artifact in artifacts:
            self._shown[artifact.id] = artifact.job

    def log(self, job: str | Job, at: int | None = None) -> JobLog | None:
        """Return a job's log, or None if it has none."""
        with self.lock:
            moment = self.catch_up() if at is None else at
            found = self.job(job)
            planted = self._logs.get(found.id)
            return log_of(found, moment, self.config.seed, planted, self.config.log_bytes)

    def log_is_deleted(self, job: Job) -> bool:
        """Tell whether a job's log was deleted."""
        planted = self._logs.get(job.id)
        return planted is not None and planted.is_deleted

    def annotate(
        self,
        target: Build | Job,
        body: str,
        *,
        context: str = "default",
        style: Style | None = None,
        priority: int = DEFAULT_PRIORITY,
        append: bool = False,
        html: str | None = None,
        at: int | None = None,
    ) -> Annotation:
        """Write onto a build or a job; the same context again replaces or, asked so, appends.

        Args:
            target: The build, or the job for an annotation in job scope.
            body: Its text.
            context: What tells it from the target's other annotations.
            style: Its style; None leaves it as it is.
            priority: From 1 to 10.
            append: Whether to add to what is there.
            html: The body as the API is to return it; by default made from `body`.
            at: When; now by default.
        """
        if style is not None and style not in STYLES:
            raise RefusedError(422, f"Style must be one of {', '.join(STYLES)}")
        if not 1 <= priority <= 10:
            raise RefusedError(422, "Priority must be between 1 and 10")
        if len(body.encode()) > _LONGEST_BODY:
            raise RefusedError(422, "Body must be at most 1 MiB")
        rendered = as_html(body) if html is None else html
        with self.lock:
            now = self.catch_up() if at is None else at
            build, job = (target, None) if isinstance(target, Build) else (target.build, target)
            self._sayings.setdefault(build.id, []).append(
                Saying(now, context, job, body, rendered, style, priority, append)
            )
            notes = self.annotations(build, now)
            return next(note for note in notes if note.context == context and note.job is job)

    def remove_annotation(self, build: Build, identity: str, *, at: int | None = None) -> None:
        """Delete an annotation of a build or of one of its jobs."""
        with self.lock:
            now = self.catch_up() if at is None else at
            note = find(self.annotations(build, now), identity)
            if note is None:
                raise RefusedError(404, "No annotation found")
            self._sayings.setdefault(build.id, []).append(
                Saying(now, note.context, note.job, None, None, None)
            )

    def plant_artifact(
        self,
        job: str | Job,
        path: str,
        content: bytes | int = b"",
        *,
        state: State = "finished",
        mime_type: str | None = None,
        at: int | None = None,
    ) -> Artifact:
        """Let a job have uploaded a file: these bytes, or as many zeros."""
        with self.lock:
            now = self.catch_up() if at is None else at
            found = self.job(job)
            planted = self._planted.setdefault(found.build.id, [])
            artifact = make_artifact(
                found,
                path,
                now,
                state=state,
                content=content,
                content_type=mime_type,
                mark=len(planted) + 1,
            )
            planted.append(artifact)
            return artifact

    def remove_artifact(self, artifact: Artifact) -> None:
        """Delete an artifact."""
        with self.lock:
            self._removed.setdefault(artifact.job.build.id, set()).add(artifact.id)

    def plant_log(
        self, job: str | Job, content: bytes | None = None, *, size: int | None = None
    ) -> None:
        """Give a job a log of its own, or let the one it has be at least `size` bytes long."""
        if (content is None) == (size is None):
            raise ValueError("give either content or size")
        with self.lock:
            self._logs[self.job(job).id] = PlantedLog(content, size)

    def delete_log(self, job: str | Job) -> None:
        """Delete a job's log."""
        with self.lock:
            found = self.job(job)
            if self.log(found) is None:
                raise RefusedError(404, "No log found")
            self._logs[found.id] = PlantedLog()

    def plant_hostile(self, build: Build, **when: Any) -> None:
        """Write every hostile body onto a build, and let its first job upload hostile names."""
        job = next(job for job in build.attempts() if job.type == "script")
        for number, body in enumerate(HOSTILE_BODIES):
            owner = job if number % 3 == 2 else build
            self.annotate(owner, body, context=f"hostile-{number}", html=body, **when)
        for path in HOSTILE_PATHS:
            self.plant_artifact(job, path, path.encode(), **when)
