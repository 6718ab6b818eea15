"""What the API knows by itself: the token that asks, and how the rate limits stand."""

from dataclasses import dataclass

from buildkite_simulator.api.limits import Windows
from buildkite_simulator.api.points import Points
from buildkite_simulator.api.tokens import Token
from buildkite_simulator.instants import SECOND, iso, iso_seconds, spaced
from buildkite_simulator.render.context import Row
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import User
from buildkite_simulator.world.world import World


def access_token_fields(token: Token, user: User | None, switches: Switches) -> Row:
    """Render a token as it may see itself."""
    date = iso if switches.pipeline_dates == "iso" else spaced
    return {
        "uuid": token.uuid,
        "scopes": list(token.scopes),
        "description": "Simulated token",
        "created_at": date(token.created),
        "expires_at": date(token.expires),
        "user": {"name": user.name, "email": user.email} if user else None,
    }


def rate_limit_fields(windows: Windows, points: Points, slug: str, at: int) -> Row:
    """Render how the windows of an organization stand."""
    usages = {
        "rest": windows.usage("rest", slug, at),
        "graphql": points.usage("graphql", slug, at),
    }
    return {
        "scopes": {
            scope: {
                "limit": usage.limit,
                "current": usage.current,
                "reset": usage.reset,
                "reset_at": iso_seconds(at + usage.reset * SECOND),
                "enforced": True,
            }
            for scope, usage in usages.items()
        }
    }


@dataclass(frozen=True)
class Accounts:
    """Tells the truth of what is not in the world."""

    world: World
    switches: Switches
    windows: Windows
    points: Points
    token: Token

    def access_token(self) -> Row:
        """Return what the API says of the token that may do everything."""
        users = self.world.organizations[0].users if self.world.organizations else [None]
        return access_token_fields(self.token, users[0], self.switches)

    def rate_limit(self, organization: Organization, at: int) -> Row:
        """Return how the windows of an organization stand."""
        return rate_limit_fields(self.windows, self.points, organization.slug, at)
