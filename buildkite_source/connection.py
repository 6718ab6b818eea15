"""A session for the API of the settings, and a GraphQL client that goes with it."""

from .client import BuildkiteSession, Clock, Credential, RequestBudget, Retries, SystemClock
from .defaults import USER_AGENT
from .graphql import GraphqlClient, PointBudget, graphql_url_of
from .settings import Connection


def open_session(
    connection: Connection,
    *,
    credential: Credential | None = None,
    retries: Retries | None = None,
    budget: RequestBudget | None = None,
    clock: Clock | None = None,
) -> BuildkiteSession:
    """Return a session for one token; it sends nothing before it is used.

    Args:
        connection: Where the API is, and its token.
        credential: In place of the connection's, for instance one that is looked at later.
        retries: Another policy than usual for failures.
        budget: That of another session whose token shares the limits.
        clock: Tells the time; that of the machine by default.

    Raises:
        BuildkiteError: The token is missing, or it or another setting cannot be used.
    """
    connection.check()
    return BuildkiteSession(
        credential or connection.credential(),
        connection.base_url,
        user_agent=USER_AGENT,
        budget=budget or RequestBudget(clock or SystemClock(), connection.budget_share),
        clock=clock,
        retries=retries,
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
