"""What has been done in an organization, for its audit log."""

from typing import Any, Protocol

from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import Deed, Subject, User

_TYPES = {"Queue": "CLUSTER_QUEUE", "Schedule": "PIPELINE_SCHEDULE"}


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
