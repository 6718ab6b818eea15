"""Renders builds to bytes, and remembers the bytes until the next event changes them."""

from dataclasses import astuple, dataclass
from typing import Any

import orjson

from buildkite_simulator.render.builds import build_fields
from buildkite_simulator.render.context import Context
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.render.pipelines import live_counters, pipeline_fields
from buildkite_simulator.world.model import Build, Job, Pipeline
from buildkite_simulator.world.state import is_retried, next_event
from buildkite_simulator.world.store import Store


@dataclass(slots=True)
class _EncodedBuild:
    until: int
    version: int
    head: bytes
    all_jobs: bytes
    latest_jobs: bytes


@dataclass(slots=True)
class _EncodedPipeline:
    until: int
    moves: int
    body: bytes


class Renderer:
    """The API's JSON for the things of one world."""

    def __init__(self, world: Store, context: Context) -> None:
        self.context = context
        self._world = world
        self._builds: dict[str, _EncodedBuild] = {}
        self._pipelines: dict[str, _EncodedPipeline] = {}
        self._settings: tuple[object, ...] = ()

    def build(
        self,
        build: Build,
        at: int,
        *,
        with_jobs: bool = True,
        with_pipeline: bool = True,
        with_retried: bool = False,
    ) -> bytes:
        """Return a build of a list, encoded."""
        encoded = self._encoded(build, at)
        parts = [encoded.head]
        if with_pipeline:
            parts += [b',"pipeline":', self._pipeline(build.pipeline, at)]
        else:
            parts.append(self._instead_of_pipeline(build.pipeline))
        if with_jobs:
            jobs = encoded.all_jobs if with_retried else encoded.latest_jobs
            parts += [b',"jobs":[', jobs, b"]"]
        parts.append(b"}")
        return b"".join(parts)

    def build_object(
        self, build: Build, at: int, jobs: list[Job] | None, *, with_pipeline: bool
    ) -> dict[str, Any]:
        """Return a build by itself, with the given jobs embedded."""
        whole: dict[str, Any] = orjson.loads(
            self.build(build, at, with_jobs=False, with_pipeline=with_pipeline)
        )
        if jobs is not None:
            whole["jobs"] = [job_fields(job, at, self.context) for job in jobs]
        return whole

    def job(self, job: Job, at: int) -> dict[str, Any]:
        """Return a job by itself."""
        return job_fields(job, at, self.context, embedded=False)

    def pipeline(self, pipeline: Pipeline, at: int) -> dict[str, Any]:
        """Return a pipeline."""
        return pipeline_fields(pipeline, live_counters(pipeline, at)[0], self.context)

    def check_settings(self) -> None:
        """Forget everything when a switch or something shared by many builds has changed."""
        settings = (self._world.epoch, self.context.base_url, *astuple(self.context.switches))
        if settings != self._settings:
            self._builds.clear()
            self._pipelines.clear()
            self._settings = settings

    def _encoded(self, build: Build, at: int) -> _EncodedBuild:
        known = self._builds.get(build.id)
        if known is not None and at < known.until and known.version == build.version:
            return known
        jobs = build.visible_jobs(at)
        rows = [orjson.dumps(job_fields(job, at, self.context)) for job in jobs]
        latest = [row for row, job in zip(rows, jobs, strict=True) if not is_retried(job, at)]
        encoded = self._builds[build.id] = _EncodedBuild(
            until=next_event(build, at),
            version=build.version,
            head=orjson.dumps(build_fields(build, at, self.context))[:-1],
            all_jobs=b",".join(rows),
            latest_jobs=b",".join(latest),
        )
        if len(latest) == len(rows):
            encoded.latest_jobs = encoded.all_jobs
        return encoded

    def _pipeline(self, pipeline: Pipeline, at: int) -> bytes:
        known = self._pipelines.get(pipeline.id)
        if known is None or known.moves != self._world.moves or at >= known.until:
            counters, until = live_counters(pipeline, at)
            body = orjson.dumps(pipeline_fields(pipeline, counters, self.context))
            known = _EncodedPipeline(until, self._world.moves, body)
            self._pipelines[pipeline.id] = known
        return known.body

    def _instead_of_pipeline(self, pipeline: Pipeline) -> bytes:
        remains = self.context.switches.excluded_pipeline
        if remains == "absent":
            return b""
        brief = {"id": pipeline.id, "slug": pipeline.slug} if remains == "brief" else None
        return b',"pipeline":' + orjson.dumps(brief)
