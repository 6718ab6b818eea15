"""How to reach the API: settings → a session, and a GraphQL client that goes with it."""

import dlt
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from .client import (
    BuildkiteError,
    BuildkiteSession,
    Credential,
    RequestBudget,
    SystemClock,
    credential_of,
)
from .graphql import GraphqlClient, PointBudget, graphql_url_of
from .settings import BASE_URL, BUDGET_SHARE, USER_AGENT

_SECTIONS = ("sources", "buildkite_source")
# What an account has of its own, or not at all.
_OF_ACCOUNT = ("access_token", "private_key", "token_id")


@configspec
class Connection(BaseConfiguration):
    """How to reach the API; resolved from `[sources.buildkite_source]`."""

    access_token: TSecretStrValue | None = None
    private_key: TSecretStrValue | None = None
    token_id: str | None = None
    base_url: str = BASE_URL
    budget_share: float = BUDGET_SHARE
    graphql_url: str | None = None

    def credential(self) -> Credential:
        """Return the access token, or what signs JWTs.

        Raises:
            BuildkiteError: There is none, or it cannot be used; its text says what to do.
        """
        return credential_of(self.access_token, self.private_key, self.token_id)


def resolve_connection(account: str | None = None) -> Connection:
    """Return the configured connection, by dlt's rules.

    Args:
        account: Name below `[sources.buildkite_source.accounts]`; what it does not set is taken
            from `[sources.buildkite_source]`, but for the token.

    Raises:
        BuildkiteError: The account has no token of its own.
    """
    if not account:
        return resolve_configuration(Connection(), sections=_SECTIONS)
    sections = (*_SECTIONS, "accounts", account)
    connection = resolve_configuration(Connection(), sections=sections)
    # dlt would go on to another account's token, and load it under a wrong name.
    for name in _OF_ACCOUNT:
        setattr(connection, name, dlt.secrets.get(".".join((*sections, name))))
    if not (connection.access_token or connection.private_key):
        raise BuildkiteError(
            f"The account {account!r} has no access_token: set it in .dlt/secrets.toml below "
            f"[{'.'.join(sections)}], or in {'__'.join(sections).upper()}__ACCESS_TOKEN."
        )
    return connection


def open_session(
    credential: str | Credential, base_url: str, budget_share: float
) -> BuildkiteSession:
    """Return a session for one token; it sends nothing before it is used."""
    return BuildkiteSession(
        credential,
        base_url,
        user_agent=USER_AGENT,
        budget=RequestBudget(SystemClock(), budget_share),
    )


def open_graphql(session: BuildkiteSession, graphql_url: str | None) -> GraphqlClient | None:
    """Return a GraphQL client for the token of a session; it sends nothing before it is used.

    None where no GraphQL URL is set and none is documented for the session's host.
    """
    url = graphql_url or graphql_url_of(session.base_url)
    if not url:
        return None
    client = GraphqlClient(
        session.credential,
        url,
        user_agent=USER_AGENT,
        budget=PointBudget(session.clock, session.budget.share),
        clock=session.clock,
    )
    client.listener = session.tell
    return client
