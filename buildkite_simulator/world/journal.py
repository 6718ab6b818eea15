"""What has been done in an organization, for its audit log."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from buildkite_simulator.world.model import Organization, User

_TYPES = {"Queue": "CLUSTER_QUEUE", "Schedule": "PIPELINE_SCHEDULE"}


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


class Named(Protocol):
    """Whatever has an id and a name."""

    @property
    def id(self) -> str:
        """Its UUID."""

    @property
    def name(self) -> str:
        """What people call it."""


def note(
    organization: Organization, at: int, kind: str, thing: Named, by: User | None, **data: Any
) -> None:
    """Enter a deed such as `PipelineArchived` into an organization's journal."""
    kind_of_thing = type(thing).__name__
    subject = Subject(_TYPES.get(kind_of_thing, kind_of_thing.upper()), thing.id, thing.name)
    organization.journal.append(Deed(at, kind, subject, by, data))
