"""GraphQL's rate limits: complexity points in windows of five minutes."""

from buildkite_simulator.api.limits import RateLimits, Usage
from buildkite_simulator.instants import MINUTE, SECOND

_WINDOW = 5 * MINUTE


class Points:
    """Counts points per user and per organization; both windows are in force."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}

    def usage(self, scope: str, key: str, at: int) -> Usage:
        """Return how a window stands; scopes are `graphql` and `graphql_user`."""
        limit = (
            self._limits.graphql_user
            if scope == "graphql_user"
            else self._limits.graphql_organization
        )
        return Usage(limit, self._count(scope, key, at), -(-(_WINDOW - at % _WINDOW) // SECOND))

    def charge(self, user: str, organization: str, points: int, at: int) -> None:
        """Count points in both windows."""
        for scope, key in (("graphql_user", user), ("graphql", organization)):
            count = self._count(scope, key, at) + points
            self._counts[scope, key] = at // _WINDOW, count

    def refusal(self, user: str, organization: str, at: int, requested: int = 1) -> str | None:
        """Return the message of the 429 for a query that needs `requested` points, if any."""
        mine = self.usage("graphql_user", user, at)
        ours = self.usage("graphql", organization, at)
        if mine.remaining < requested:
            return exceeded("graphql_user", mine)
        return exceeded("graphql", ours) if ours.remaining < requested else None

    def headers(self, user: str, organization: str, at: int) -> dict[str, str]:
        """Return the headers of both windows."""
        return window_headers(
            self.usage("graphql", organization, at), self.usage("graphql_user", user, at)
        )

    def _count(self, scope: str, key: str, at: int) -> int:
        window = at // _WINDOW
        known, count = self._counts.get((scope, key), (window, 0))
        return count if known == window else 0


def exceeded(scope: str, usage: Usage) -> str:
    """Return the message of the 429 of a window."""
    who = "You have" if scope == "graphql_user" else "Your organization has"
    what = "your per-user limit" if scope == "graphql_user" else "the limit"
    return (
        f"{who} exceeded {what} of {usage.limit} complexity points. "
        f"Please try again in {usage.reset} seconds."
    )


def window_headers(ours: Usage, mine: Usage) -> dict[str, str]:
    """Return the headers of an organization's and a user's window."""
    return {
        f"{prefix}-{name}": str(value)
        for prefix, usage in (("RateLimit", ours), ("RateLimit-User", mine))
        for name, value in (
            ("Limit", usage.limit),
            ("Remaining", usage.remaining),
            ("Reset", usage.reset),
        )
    }


def storm(scope: str, reset: int) -> tuple[dict[str, str], str]:
    """Return headers and message of a used-up window of Buildkite's default size."""
    usual = RateLimits()
    mine = Usage(usual.graphql_user, 10, reset)
    ours = Usage(usual.graphql_organization, 10, reset)
    if scope == "graphql_user":
        used_up = mine = Usage(usual.graphql_user, usual.graphql_user, reset)
    else:
        used_up = ours = Usage(usual.graphql_organization, usual.graphql_organization, reset)
    return window_headers(ours, mine), exceeded(scope, used_up)
