"""Access tokens: whose they are, what they may do and see."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from buildkite_simulator.api.errors import UNAUTHENTICATED, ApiError
from buildkite_simulator.instants import DAY, time_ordered_uuid

ALL_SCOPES = (
    "graphql",
    "read_agents",
    "read_artifacts",
    "read_build_logs",
    "read_builds",
    "read_clusters",
    "read_job_env",
    "read_organizations",
    "read_packages",
    "read_pipelines",
    "read_registries",
    "read_suites",
    "read_teams",
    "read_user",
    "read_accounts",
    "write_artifacts",
    "write_build_logs",
    "write_builds",
)


@dataclass
class Token:
    """An access token of a user."""

    value: str
    uuid: str
    user: str
    scopes: tuple[str, ...]
    organizations: frozenset[str] | None
    created: int
    expires: int | None
    revoked: bool = False

    def sees(self, organization: str) -> bool:
        """Tell whether an organization was granted."""
        return self.organizations is None or organization in self.organizations


class Tokens:
    """All tokens there are."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def add(
        self,
        at: int,
        *,
        scopes: Iterable[str] | None = None,
        organizations: Iterable[str] | None = None,
        expired: bool = False,
        user: str = "default",
        value: str | None = None,
    ) -> Token:
        """Add a token; tokens of one `user` share that user's rate limit."""
        mark = blake2b(f"{len(self._tokens)}".encode(), digest_size=20).hexdigest()
        token = Token(
            value=value or f"bkua_{mark}",
            uuid=time_ordered_uuid(at, mark),
            user=user,
            scopes=ALL_SCOPES if scopes is None else tuple(scopes),
            organizations=None if organizations is None else frozenset(organizations),
            created=at - 7 * DAY,
            expires=at - 1 if expired else None,
        )
        self._tokens[token.value] = token
        return token

    def revoke(self, value: str) -> None:
        """Reject a token from now on."""
        if value in self._tokens:
            self._tokens[value].revoked = True

    def authenticate(self, authorization: str | None, at: int) -> Token:
        """Return the token of an `Authorization` header, or raise the API's 401."""
        kind, _, value = (authorization or "").partition(" ")
        token = self._tokens.get(value.strip()) if kind.lower() == "bearer" else None
        if token is None or token.revoked or (token.expires is not None and token.expires <= at):
            raise ApiError(401, UNAUTHENTICATED)
        return token


def require_scope(token: Token, scope: str | None) -> None:
    """Raise the API's 403 when a token lacks a scope."""
    if scope is not None and scope not in token.scopes:
        raise ApiError(403, f"Your access token doesn't have the {scope} scope")
