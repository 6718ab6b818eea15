"""Rate limits: fixed windows per user and per organization, both in force."""

from dataclasses import dataclass

from buildkite_simulator.api.errors import ApiError
from buildkite_simulator.instants import SECOND

_WARNING = "You have exceeded your API rate limit."


@dataclass(frozen=True)
class RateLimits:
    """Requests a window for each user and each organization, and GraphQL points in 5 minutes."""

    user: int = 50
    organization: int = 200
    window_seconds: int = 60
    graphql_user: int = 5_000
    graphql_organization: int = 20_000


UNLIMITED = RateLimits(
    user=1_000_000,
    organization=1_000_000,
    graphql_user=1_000_000_000,
    graphql_organization=1_000_000_000,
)


@dataclass(frozen=True)
class Usage:
    """How one window stands."""

    limit: int
    current: int
    reset: int

    @property
    def remaining(self) -> int:
        """What is left in the window."""
        return max(0, self.limit - self.current)


class Windows:
    """Counts requests in windows that start on the clock's full minutes."""

    def __init__(self, limits: RateLimits) -> None:
        self.limits = limits
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}

    def take(
        self, user: str, organization: str, at: int, *, count_rejected: bool
    ) -> tuple[dict[str, str], ApiError | None]:
        """Count a request; return the headers, and the 429 when a window is used up."""
        keys = (("rest_user", user), ("rest", organization))
        over = any(self.usage(*key, at).current >= self.usage(*key, at).limit for key in keys)
        if count_rejected or not over:
            for key in keys:
                window, count = self._window(key, at)
                self._counts[key] = window, count + 1
        mine, ours = self.usage(*keys[0], at), self.usage(*keys[1], at)
        error = None
        if over:
            exceeds = mine.current > mine.limit or (not count_rejected and not mine.remaining)
            scope, usage = ("rest_user", mine) if exceeds else ("rest", ours)
            error = too_many(scope, usage)
        return _headers("RateLimit", "rest", ours) | _headers(
            "RateLimit-User", "rest_user", mine
        ), error

    def usage(self, scope: str, key: str, at: int) -> Usage:
        """Return how a window stands."""
        limit = self.limits.user if scope == "rest_user" else self.limits.organization
        _, count = self._window((scope, key), at)
        length = self.limits.window_seconds * SECOND
        return Usage(limit, count, -(-(length - at % length) // SECOND))

    def _window(self, key: tuple[str, str], at: int) -> tuple[int, int]:
        window = at // (self.limits.window_seconds * SECOND)
        known, count = self._counts.get(key, (window, 0))
        return (window, count) if known == window else (window, 0)


def storm(scope: str, reset: int) -> tuple[dict[str, str], ApiError]:
    """Return the headers and the 429 of a window of Buildkite's default size that is used up."""
    usual = RateLimits()
    mine, ours = Usage(usual.user, 1, reset), Usage(usual.organization, 1, reset)
    if scope == "rest_user":
        used_up = mine = Usage(usual.user, usual.user + 1, reset)
    else:
        used_up = ours = Usage(usual.organization, usual.organization + 1, reset)
    headers = _headers("RateLimit", "rest", ours) | _headers("RateLimit-User", "rest_user", mine)
    return headers, too_many(scope, used_up)


def too_many(scope: str, usage: Usage) -> ApiError:
    """Return the API's 429."""
    return ApiError(
        429,
        f"{_WARNING} Please wait {usage.reset} seconds before making more requests.",
        scope=scope,
        limit=usage.limit,
        current=usage.current,
        reset=usage.reset,
    )


def _headers(prefix: str, scope: str, usage: Usage) -> dict[str, str]:
    headers = {
        f"{prefix}-Scope": scope,
        f"{prefix}-Limit": str(usage.limit),
        f"{prefix}-Remaining": str(usage.remaining),
        f"{prefix}-Reset": str(usage.reset),
    }
    if usage.remaining == 0:
        headers[f"{prefix}-Warning"] = _WARNING
    return headers
