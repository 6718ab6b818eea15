"""People and schedules at work: what makes builds, and what is done about them afterwards."""

from random import Random
from typing import Any

from buildkite_simulator.instants import DAY, HOUR, MINUTE, NEVER, SECOND
from buildkite_simulator.world.changes import Changes
from buildkite_simulator.world.company import Plan
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline
from buildkite_simulator.world.rhythm import AVERAGE_BUSYNESS, busyness
from buildkite_simulator.world.state import is_blocking, view
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.world import World

_PUSHED_AGAIN = 0.09
_GIVES_UP = 0.03
_RUSH = 14


class Traffic:
    """Keeps one organization building, from its beginning on and for ever."""

    def __init__(
        self,
        world: World,
        organization: Organization,
        plans: dict[Pipeline, Plan],
        builds_per_day: float,
    ) -> None:
        """Prepare the traffic; it flows once `begin` is called."""
        self._world = world
        self._organization = organization
        self._plans = plans
        self._mean_gap = DAY / builds_per_day * AVERAGE_BUSYNESS if builds_per_day else NEVER
        self._rng = Random(f"{world.config.seed}/{organization.slug}/traffic")
        self._changes = Changes(organization, self._rng)
        self._until = NEVER

    def begin(self, at: int, until: int = NEVER) -> None:
        """Start pushes and schedules at an instant; nothing new arrives after `until`."""
        self._until = until
        self._plan_push(at)
        for pipeline, plan in self._plans.items():
            if plan.schedule is not None:
                due = at - at % DAY + plan.schedule * HOUR
                self._plan_schedule(pipeline, due if due > at else due + DAY)

    def rush(self, until: int) -> None:
        """Let some people push shortly before an instant, so that work is under way then."""
        for _ in range(_RUSH):
            self._world.plan(until - int(20 * self._rng.random() ** 2 * MINUTE), self._push_once)

    def _plan_push(self, at: int) -> None:
        """Plan the next push: a Poisson process thinned by how busy the hour is."""
        if self._mean_gap >= NEVER:
            return
        then = at
        while then < self._until:
            then += max(1, int(self._rng.expovariate(1 / self._mean_gap)))
            if self._rng.random() < busyness(then):
                self._world.plan(then, self._push)
                return

    def _plan_schedule(self, pipeline: Pipeline, due: int) -> None:
        if due < self._until:
            self._world.plan(due, lambda at: self._run_schedule(pipeline, at))

    def _push(self, at: int) -> None:
        self._plan_push(at)
        self._push_once(at)

    def _push_once(self, at: int) -> None:
        pipeline = self._choose_pipeline()
        if pipeline is not None:
            self._build(pipeline, at, self._changes.push(pipeline, self._plans[pipeline], at))

    def _run_schedule(self, pipeline: Pipeline, at: int) -> None:
        self._plan_schedule(pipeline, at + DAY)
        if pipeline.archived is None and pipeline in self._organization.pipelines:
            self._build(pipeline, at, self._changes.schedule(pipeline, at))

    def _choose_pipeline(self) -> Pipeline | None:
        candidates = {
            pipeline: self._plans[pipeline].weight
            for pipeline in self._organization.pipelines
            if pipeline.archived is None and pipeline in self._plans
        }
        if not any(candidates.values()):
            return None
        return self._rng.choices(list(candidates), list(candidates.values()))[0]

    def _build(self, pipeline: Pipeline, at: int, fields: dict[str, Any]) -> None:
        rng = self._rng
        build = self._world.create_build(self._organization, pipeline, at=at, **fields)
        self._plan_review(build, at)
        if build.branch != pipeline.default_branch and rng.random() < _PUSHED_AGAIN:
            again = at + int(rng.choice((rng.uniform(3, 25), rng.uniform(25, 300))) * SECOND)
            self._world.plan(again, lambda then: self._push_again(build, then))
        if rng.random() < _GIVES_UP:
            soon = at + int(rng.uniform(0.5, 6) * MINUTE)
            self._world.plan(soon, lambda then: self._give_up(build, then))

    def _push_again(self, build: Build, at: int) -> None:
        if self._gone(build) or at >= self._until:
            return
        fields = self._changes.follow_up(build, at)
        self._build(build.pipeline, at, fields)

    def _give_up(self, build: Build, at: int) -> None:
        if not self._gone(build) and view(build, at).state in ("scheduled", "running"):
            self._world.cancel_build(build, at=at, reason="Canceled by a person")

    def _plan_review(self, build: Build, at: int) -> None:
        """Somebody will look at the build some time after it stops."""
        closed = build.stages[-1].closed
        if closed >= NEVER or closed > at + DAY:
            closed = at + HOUR
        later = closed + int(self._rng.expovariate(1 / 25) * MINUTE) + 20 * SECOND
        self._world.plan(later, lambda then: self._review(build, then))

    def _review(self, build: Build, at: int) -> None:
        if self._gone(build) or build.ended:
            return
        seen, roll = view(build, at), self._rng.random()
        try:
            if seen.blocked:
                gates = [job for job in build.visible_jobs(at) if is_blocking(job, at)]
                if roll < max(gate.chain.step.unblocked for gate in gates):
                    self._unblock(build, gates, at)
            elif seen.state == "failed" and roll < 0.30:
                self._world.retry_failed_jobs(build, ("failed", "timed_out"), at=at)
                self._plan_review(build, at)
            elif seen.state == "failed" and roll < 0.42 and build.rebuilt_from is None:
                by = self._rng.choice(self._organization.users)
                again = self._world.rebuild(build, at=at, creator=by)
                self._plan_review(again, at)
        except RefusedError:
            return

    def _unblock(self, build: Build, gates: list[Job], at: int) -> None:
        for job in gates:
            self._world.unblock(job, at=at, by=self._rng.choice(self._organization.users))
        self._plan_review(build, at)

    def _gone(self, build: Build) -> bool:
        return build.pipeline.numbers.get(build.number) is not build

    def adopt(self, build: Build, at: int) -> None:
        """Let somebody look after a build that came about by itself, as triggered ones do."""
        if build.pipeline.organization is self._organization:
            self._plan_review(build, at)
