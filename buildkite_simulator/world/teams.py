"""Teams, and which people, pipelines and suites are in them."""

from dataclasses import dataclass

from buildkite_simulator.instants import DAY, time_ordered_uuid
from buildkite_simulator.world.chance import chance, pick
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization, Pipeline
from buildkite_simulator.world.people import User
from buildkite_simulator.world.suites import Suite, suites_of

_TEAMS = (
    ("everyone", "Everyone", "", "visible"),
    ("platform", "Platform", "Keeps the lights on; <b>ask here first</b>", "visible"),
    ("web", "Web & Mobile 📱", "", "visible"),
    ("security", "Security", "On call: 24 h", "secret"),
    ("contractors", "Dienstleister „extern“", "", "secret"),
)
_ADMINS = 0.2
_MAINTAINERS = 0.25
_IN_TEAM = 0.4
ACCESS_LEVELS = ("read_only", "build_and_read", "manage_build_and_read")


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """A team of an organization."""

    organization: Organization
    id: str
    slug: str
    name: str
    description: str
    privacy: str
    created: int
    created_by: User

    @property
    def is_default(self) -> bool:
        """Whether everybody and everything belongs to it."""
        return self.slug == "everyone"

    def holds(self, identity: str) -> bool:
        """Tell whether a user, pipeline, suite or registry belongs to it."""
        return self.is_default or chance(self.id, identity) < _IN_TEAM


def teams_of(organization: Organization, at: int) -> list[Team]:
    """Return the teams of an organization, newest first."""
    start = organization.created
    teams = [
        Team(
            organization=organization,
            id=time_ordered_uuid(start + position * 50 * DAY, organization.id, "team", slug),
            slug=slug,
            name=named(organization, name),
            description=named(organization, description) if description else "",
            privacy=privacy,
            created=start + position * 50 * DAY,
            created_by=organization.users[0],
        )
        for position, (slug, name, description, privacy) in enumerate(_TEAMS)
    ]
    return [team for team in teams if team.created <= at][::-1]


def teams_holding(identity: str, organization: Organization, at: int) -> list[Team]:
    """Return the teams that a user, pipeline, suite or registry belongs to."""
    return [team for team in teams_of(organization, at) if team.holds(identity)]


def is_admin(organization: Organization, user: User) -> bool:
    """Tell whether a member administers the organization; the first one does."""
    return user is organization.users[0] or chance(user.id, "admin") < _ADMINS


def users_in(team: Team, at: int) -> list[tuple[User, int]]:
    """Return the members of a team, each with when it joined, the longest there first."""
    return [
        (user, max(user.created, team.created))
        for user in team.organization.users
        if user.created <= at and team.holds(user.id)
    ]


def role_in(team: Team, user: User) -> str:
    """Return what a member may do in a team."""
    leads = user is team.created_by or chance(team.id, user.id, "role") < _MAINTAINERS
    return "maintainer" if leads else "member"


def pipelines_in(team: Team, at: int) -> list[tuple[Pipeline, int]]:
    """Return the pipelines of a team, each with when it was added, newest first."""
    return [
        (pipeline, max(pipeline.created, team.created))
        for pipeline in team.organization.pipelines[::-1]
        if pipeline.created <= at and team.holds(pipeline.id)
    ]


def access_to(team: Team, pipeline: Pipeline) -> str:
    """Return what a team may do with a pipeline."""
    return pick(ACCESS_LEVELS, team.id, pipeline.id, "access")


def suites_in(team: Team) -> list[tuple[Suite, int]]:
    """Return the suites of a team, each with when it was added."""
    return [
        (suite, team.created + 40 * DAY)
        for suite in suites_of(team.organization)
        if team.holds(suite.id)
    ]
