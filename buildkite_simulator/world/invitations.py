"""Invitations to an organization: those its members followed, and others that led nowhere."""

from typing import NamedTuple

from buildkite_simulator.instants import DAY, time_ordered_uuid
from buildkite_simulator.world.chance import chance, number
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import User
from buildkite_simulator.world.teams import Team, teams_of

_EVERY = 5 * DAY
_GOOD_FOR = 30 * DAY
_REVOKED = 0.4


class Invitation(NamedTuple):
    """An invitation, with what becomes of it; only one of the last three instants is set."""

    id: str
    email: str
    created: int
    created_by: User
    teams: tuple[Team, ...]
    user: User | None = None
    accepted: int | None = None
    revoked: int | None = None
    expired: int | None = None

    def state(self, at: int) -> str:
        """Return the state the API shows."""
        for state in ("accepted", "revoked", "expired"):
            moment = getattr(self, state)
            if moment is not None and moment <= at:
                return state
        return "pending"


def invitations_of(organization: Organization, at: int) -> list[Invitation]:
    """Return all invitations, newest first."""
    host = organization.users[0]
    teams = tuple(teams_of(organization, organization.created))
    followed = [
        Invitation(
            id=time_ordered_uuid(user.created - DAY, user.id, "invitation"),
            email=user.email,
            created=user.created - DAY,
            created_by=host,
            teams=(),
            user=user,
            accepted=user.created,
        )
        for user in organization.users[1:]
    ]
    others = [
        _unanswered(organization, begin, teams)
        for begin in range(organization.created, at + 1, _EVERY)
    ]
    made = [each for each in (*followed, *others) if each.created <= at]
    return sorted(made, key=lambda each: each.id, reverse=True)


def _unanswered(organization: Organization, begin: int, teams: tuple[Team, ...]) -> Invitation:
    created = begin + number(organization.id, begin, "invited") % _EVERY
    ends = created + int((0.5 + 5 * chance(organization.id, begin, "ends")) * DAY)
    is_revoked = chance(organization.id, begin, "revoked") < _REVOKED
    return Invitation(
        id=time_ordered_uuid(created, organization.id, "invitation", begin),
        email=named(organization, f"guest-{begin // _EVERY}@{organization.slug}.example"),
        created=created,
        created_by=organization.users[0],
        teams=teams,
        revoked=ends if is_revoked else None,
        expired=None if is_revoked else created + _GOOD_FOR,
    )
