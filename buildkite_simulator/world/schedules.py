"""Schedules of pipelines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from buildkite_simulator.instants import DAY, HOUR, time_ordered_uuid
from buildkite_simulator.world.chance import chance
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Pipeline, User

_ABANDONED = 0.3
_MONDAY = 4 * DAY


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a pipeline builds by itself: every day at an hour, or on Mondays only."""

    id: str
    name: str
    hour: int
    created: int
    created_by: User | None
    message: str = "Scheduled build"
    branch: str = "main"
    env: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    mondays_only: bool = False
    failed_at: int | None = None
    failed_message: str | None = None

    @property
    def cronline(self) -> str:
        """The schedule as cron has it."""
        return f"0 {self.hour} * * {1 if self.mondays_only else '*'}"

    def next_after(self, at: int) -> int:
        """Return when it is due next."""
        period = 7 * DAY if self.mondays_only else DAY
        offset = self.hour * HOUR + (_MONDAY if self.mondays_only else 0)
        return at + period - (at - offset) % period


def schedules_of(pipeline: Pipeline, at: int) -> list[Schedule]:
    """Return a pipeline's schedules, newest first; some have one that was given up long ago."""
    abandoned = [_abandoned(pipeline)] if chance(pipeline.id, "schedule") < _ABANDONED else []
    existing = [each for each in (*pipeline.schedules, *abandoned) if each.created <= at]
    return sorted(existing, key=lambda each: (each.created, each.id), reverse=True)


def _abandoned(pipeline: Pipeline) -> Schedule:
    created = pipeline.created + HOUR
    return Schedule(
        id=time_ordered_uuid(created, pipeline.id, "abandoned"),
        name=named(pipeline.organization, "Weekly canary"),
        hour=7,
        created=created,
        created_by=pipeline.created_by,
        message="Canary :hatched_chick:",
        branch="canary",
        env={"CANARY": "1"},
        enabled=False,
        mondays_only=True,
        failed_at=created + DAY,
        failed_message="Branch canary does not exist",
    )
