"""Which builds events tell to read again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from buildkite_source.tables.times import parse_time

from .event import Event

_CREATED = "build.scheduled"


@dataclass(frozen=True, slots=True)
class Hint:
    """One build to read again, and how it can be asked for.

    Attributes:
        build_id: Its id.
        organization: Slug of its organization, or None where no event told it.
        pipeline: Slug of its pipeline, likewise.
        pipeline_id: Id of its pipeline, likewise.
        number: Its number, likewise.
        created_at: When it was created, likewise.
        scheduled_at: When its creation was told of, shortly after it; EventBridge sends no other.
    """

    build_id: str
    organization: str | None = None
    pipeline: str | None = None
    pipeline_id: str | None = None
    number: int | None = None
    created_at: datetime | None = None
    scheduled_at: datetime | None = None

    @property
    def around(self) -> datetime | None:
        """When it was created, more or less: where in its list it is looked for."""
        return self.created_at or self.scheduled_at

    @property
    def scope(self) -> str | None:
        """The list of its pipeline in URLs, `acme/pipelines/web`; None where that is not known."""
        if not (self.organization and self.pipeline and self.number is not None):
            return None
        return f"{self.organization}/pipelines/{self.pipeline}"


def hints_of(events: Iterable[Event]) -> list[Hint]:
    """Return the builds that events name, each once, with what all of them know of it.

    The latest to arrive knows best what a pipeline is called.
    """
    known: dict[str, dict[str, object]] = {}
    for event in events:
        build = event.get("build_id")
        if not build:
            continue
        is_new = event.get("event") == _CREATED
        told = {
            "organization": event.get("organization_slug"),
            "pipeline": event.get("pipeline_slug"),
            "pipeline_id": event.get("pipeline_id"),
            "number": event.get("build_number"),
            "created_at": _time(event.get("build_created_at")),
            "scheduled_at": _time(event.get("occurred_at")) if is_new else None,
        }
        known.setdefault(build, {}).update(
            {name: value for name, value in told.items() if value is not None}
        )
    return [Hint(build, **told) for build, told in known.items()]  # type: ignore[arg-type]


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None
