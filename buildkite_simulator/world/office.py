"""What an organization's administrators do besides: queues paused, schedules made, plans chosen."""

from typing import Any

from buildkite_simulator.instants import NEVER, time_ordered_uuid
from buildkite_simulator.world.clusters import pause_of
from buildkite_simulator.world.estate import Estate
from buildkite_simulator.world.hostile import HOSTILE_NAMES
from buildkite_simulator.world.journal import note as enter
from buildkite_simulator.world.model import Feature, Organization, Pipeline
from buildkite_simulator.world.people import Pause, Schedule, User
from buildkite_simulator.world.store import RefusedError


class Office(Estate):
    """Moves that concern an organization and none of its builds."""

    def pause_queue(
        self,
        organization: str | Organization,
        key: str,
        note: str | None = None,
        *,
        by: User | None = None,
        at: int | None = None,
    ) -> None:
        """Stop a queue from dispatching jobs; those of this world run all the same."""
        with self.lock:
            owner = self.organization(organization)
            now = self.catch_up() if at is None else at
            queue, user = owner.queues[key], by or owner.users[0]
            if pause_of(owner, queue, now):
                raise RefusedError(422, "Cluster queue is already paused")
            owner.pauses.setdefault(queue.id, []).append(Pause(now, NEVER, user, note))
            enter(owner, now, "ClusterQueueDispatchPaused", queue, user, note=note or "")

    def resume_queue(
        self,
        organization: str | Organization,
        key: str,
        *,
        by: User | None = None,
        at: int | None = None,
    ) -> None:
        """Let a queue dispatch jobs again."""
        with self.lock:
            owner = self.organization(organization)
            now = self.catch_up() if at is None else at
            queue, user = owner.queues[key], by or owner.users[0]
            pauses = owner.pauses.get(queue.id, [])
            if not pauses or pauses[-1].until < NEVER:
                raise RefusedError(422, "Cluster queue is not paused")
            pauses[-1] = pauses[-1]._replace(until=now)
            enter(owner, now, "ClusterQueueDispatchResumed", queue, user)

    def add_schedule(
        self,
        organization: str | Organization,
        pipeline: str | Pipeline,
        hour: int = 3,
        label: str = "Nightly",
        *,
        at: int | None = None,
        **fields: Any,
    ) -> Schedule:
        """Give a pipeline a daily schedule; builds come of it only where there is traffic."""
        with self.lock:
            owner = self.pipeline(organization, pipeline)
            created = self.catch_up() if at is None else at
            schedule = Schedule(
                id=time_ordered_uuid(created, owner.id, "schedule", len(owner.schedules)),
                name=label,
                hour=hour,
                created=created,
                created_by=owner.created_by,
                **fields,
            )
            owner.schedules.append(schedule)
            enter(
                owner.organization,
                created,
                "PipelineScheduleCreated",
                schedule,
                owner.created_by,
                pipeline_id=owner.id,
            )
            return schedule

    def withhold(self, organization: str | Organization, *features: Feature) -> None:
        """Let an organization's plan lack features: their endpoints answer 403."""
        self.organization(organization).withheld.update(features)

    def plant_hostile_names(self, organization: str | Organization) -> None:
        """Let everything that can be named have a hostile name behind its own, people too."""
        with self.lock:
            owner = self.organization(organization)
            owner.hostile = True
            for name in HOSTILE_NAMES:
                self.add_user(owner, name)
            self.add_queue(owner, HOSTILE_NAMES[0], HOSTILE_NAMES[1], agents=2)
            self.epoch += 1
