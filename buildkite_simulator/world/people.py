"""People, and what is kept of their doings: pauses, schedules, entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from buildkite_simulator.instants import DAY, HOUR

_MONDAY = 4 * DAY


@dataclass(frozen=True, slots=True)
class User:
    """A person or bot with a Buildkite account."""

    id: str
    name: str
    email: str
    created: int


class Pause(NamedTuple):
    """A period in which a queue dispatches no jobs, or an agent takes none."""

    since: int
    until: int
    by: User | None
    note: str | None


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


class Subject(NamedTuple):
    """What something was done to."""

    type: str
    id: str
    name: str


class Deed(NamedTuple):
    """Something done at an instant, by a user or by nobody."""

    at: int
    type: str
    subject: Subject
    actor: User | None
    data: Mapping[str, Any]
