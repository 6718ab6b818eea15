"""Schedules of pipelines."""

from buildkite_simulator.instants import DAY, HOUR, time_ordered_uuid
from buildkite_simulator.world.chance import chance
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Pipeline
from buildkite_simulator.world.people import Schedule

_ABANDONED = 0.3


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
