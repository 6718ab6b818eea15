"""Holds the world's things, finds them, and brings the world up to its clock."""

import heapq
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from buildkite_simulator.clock import Clock
from buildkite_simulator.instants import DAY, NEVER, instant
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.layout import lay_out
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline

Action = Callable[[int], None]


class RefusedError(Exception):
    """A move the world does not allow, with the HTTP status the API answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Store:
    """Organizations, pipelines and builds, and what is going to happen to them."""

    def __init__(self, config: WorldConfig, clock: Clock) -> None:
        """Start empty; `epoch` counts changes that touch more than one build, `moves` all."""
        self.config = config
        self.clock = clock
        self.lock = threading.RLock()
        self.retention_days = config.retention_days
        self.organizations: list[Organization] = []
        self.epoch = 0
        self.moves = 0
        self._agenda: list[tuple[int, int, Action]] = []
        self._sequence = count()
        self._job_builds: dict[str, Build] = {}
        self._all_shown_from = 0
        self._held: int | None = None

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.clock.now()

    def catch_up(self) -> int:
        """Let everything happen that was due, and return the present instant."""
        with self.lock:
            present = instant(self.clock.now()) if self._held is None else self._held
            while self._agenda and self._agenda[0][0] <= present:
                at, _, action = heapq.heappop(self._agenda)
                action(at)
            return present

    @contextmanager
    def one_instant(self) -> Iterator[int]:
        """Catch up, and let no time pass until left, so that all that is told goes together."""
        with self.lock:
            before, at = self._held, self.catch_up()
            self._held = at
            try:
                yield at
            finally:
                self._held = before

    def plan(self, at: int, action: Action) -> None:
        """Put an action on the agenda."""
        if at < NEVER:
            heapq.heappush(self._agenda, (at, next(self._sequence), action))

    def organization(self, slug: str | Organization) -> Organization:
        """Return an organization by slug."""
        if isinstance(slug, Organization):
            return slug
        for organization in self.organizations:
            if organization.slug == slug:
                return organization
        raise RefusedError(404, "No organization found")

    def pipeline(self, organization: str | Organization, slug: str | Pipeline) -> Pipeline:
        """Return a pipeline of an organization by slug."""
        if isinstance(slug, Pipeline):
            return slug
        for pipeline in self.organization(organization).pipelines:
            if pipeline.slug == slug:
                return pipeline
        raise RefusedError(404, "No pipeline found")

    def pipelines(self, organization: str | Organization) -> list[Pipeline]:
        """Return an organization's pipelines, newest first."""
        return self.organization(organization).pipelines[::-1]

    def builds(
        self,
        organization: str | Organization | None = None,
        pipeline: str | Pipeline | None = None,
        *,
        since: int = 0,
        until: int = NEVER,
    ) -> list[Build]:
        """Return the builds that the API has now, created in `[since, until)`, newest first."""
        with self.lock:
            present = self.catch_up()
            oldest = max(since, present - self.retention_days * DAY)
            if isinstance(pipeline, Pipeline):
                found = _between(pipeline.builds, oldest, until)
            elif organization is not None and pipeline is not None:
                found = _between(self.pipeline(organization, pipeline).builds, oldest, until)
            elif organization is not None:
                found = _between(self.organization(organization).builds, oldest, until)
            else:
                owners = self.organizations
                found = [b for each in owners for b in _between(each.builds, oldest, until)]
                found.sort(key=lambda build: -build.created)
            if present >= self._all_shown_from:
                return found
            return [build for build in found if build.shown_from <= present]

    def build(self, organization: str, pipeline: str, number: int) -> Build:
        """Return a build by number, unless it is past retention or not shown yet."""
        with self.lock:
            present = self.catch_up()
            build = self.pipeline(organization, pipeline).numbers.get(number)
            if build is None or not self._exists(build, present):
                raise RefusedError(404, "No build found")
            return build

    def job(self, job_id: str | Job) -> Job:
        """Return an attempt that exists now, by id."""
        if isinstance(job_id, Job):
            return job_id
        with self.lock:
            present = self.catch_up()
            build = self._job_builds.get(job_id)
            if build is not None and self._exists(build, present):
                for job in build.visible_jobs(present):
                    if job.id == job_id:
                        return job
        raise RefusedError(404, "No job found")

    def _exists(self, build: Build, at: int) -> bool:
        """Tell whether a build is shown, and neither deleted nor fallen out of retention."""
        known = build.pipeline.numbers.get(build.number) is build
        kept = build.created >= at - self.retention_days * DAY
        return known and kept and build.shown_from <= at

    def _settle(self, build: Build, at: int) -> None:
        """Lay a build out anew and make its jobs findable."""
        lay_out(build, at)
        self.moves += 1
        for job in build.attempts():
            self._job_builds[job.id] = build


def _between(builds: list[Build], since: int, until: int) -> list[Build]:
    first = bisect_left(builds, since, key=_created)
    return builds[first : bisect_left(builds, until, lo=first, key=_created)][::-1]


def _created(build: Build) -> int:
    return build.created
