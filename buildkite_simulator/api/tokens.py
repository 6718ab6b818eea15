"""Access tokens: whose they are, what they may do and see."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from buildkite_simulator.api.errors import UNAUTHENTICATED, ApiError
from buildkite_simulator.instants import DAY, time_ordered_uuid

# Those of the scope table, GraphQL access, and the names that sub-pages have for two of them.
ALL_SCOPES = (
    "graphql",
    "delete_packages",
    "delete_registries",
    "read_accounts",
    "read_agents",
    "read_artifacts",
    "read_audit_events",
    "read_build_logs",
    "read_builds",
    "read_clusters",
    "read_job_env",
    "read_notification_services",
    "read_organization_invitations",
    "read_organization_repository_connections",
    "read_organization_settings",
    "read_organizations",
    "read_packages",
    "read_pipeline_templates",
    "read_pipelines",
    "read_portals",
    "read_registries",
    "read_rules",
    "read_secret_details",
    "read_secrets_details",
    "read_suites",
    "read_teams",
    "read_test_plan",
    "read_user",
    "view_teams",
    "write_agents",
    "write_artifacts",
    "write_build_logs",
    "write_builds",
    "write_clusters",
    "write_notification_services",
    "write_organization_invitations",
    "write_organization_settings",
    "write_organizations",
    "write_packages",
    "write_pipeline_templates",
    "write_pipelines",
    "write_portals",
    "write_registries",
    "write_rules",
    "write_secrets",
    "write_suites",
    "write_teams",
    "write_test_plan",
)


@dataclass
class Token:
    """An access token of a user: a secret, or a key that requests are signed with."""

    value: str
    uuid: str
    user: str
    scopes: tuple[str, ...]
    organizations: frozenset[str] | None
    created: int
    expires: int | None
    revoked: bool = False
    public_key: str | None = None

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
        public_key: str | None = None,
    ) -> Token:
        """Add a token; tokens of one `user` share that user's rate limit.

        The value of one with a `public_key` is its UUID, which opens nothing by itself.
        """
        mark = blake2b(f"{len(self._tokens)}".encode(), digest_size=20).hexdigest()
        uuid = time_ordered_uuid(at, mark)
        if public_key is not None:
            from buildkite_simulator.api.json_web_tokens import check_key

            check_key(public_key)
            value = uuid
        token = Token(
            value=value or f"bkua_{mark}",
            uuid=uuid,
            user=user,
            scopes=ALL_SCOPES if scopes is None else tuple(scopes),
            organizations=None if organizations is None else frozenset(organizations),
            created=at - 7 * DAY,
            expires=at - 1 if expired else None,
            public_key=public_key,
        )
        self._tokens[token.value] = token
        return token

    def revoke(self, value: str) -> None:
        """Reject a token from now on; a JWT stands for the token that issued it."""
        token = self._tokens.get(value) or self._signer(value)
        if token is not None:
            token.revoked = True

    def authenticate(self, authorization: str | None, at: int) -> Token:
        """Return the token of an `Authorization` header, or raise the API's 401."""
        kind, _, value = (authorization or "").partition(" ")
        token = self._find(value.strip(), at) if kind.lower() == "bearer" else None
        if token is None or token.revoked or (token.expires is not None and token.expires <= at):
            raise ApiError(401, UNAUTHENTICATED)
        return token

    def _find(self, value: str, at: int) -> Token | None:
        token = self._tokens.get(value)
        if token is not None:
            return token if token.public_key is None else None
        signer = self._signer(value)
        if signer is None or signer.public_key is None:
            return None
        from buildkite_simulator.api.json_web_tokens import is_valid

        return signer if is_valid(value, signer.public_key, at) else None

    def _signer(self, value: str) -> Token | None:
        """Return the token that a JWT says it is of; cryptography is imported for those alone."""
        if value.count(".") != 2:
            return None
        from buildkite_simulator.api.json_web_tokens import issuer

        token = self._tokens.get(issuer(value) or "")
        return token if token is not None and token.public_key is not None else None


def require_scope(token: Token, scope: str | None) -> None:
    """Raise the API's 403 when a token lacks a scope."""
    if scope is not None and scope not in token.scopes:
        raise ApiError(403, f"Your access token doesn't have the {scope} scope")
