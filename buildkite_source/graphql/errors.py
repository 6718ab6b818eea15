"""Errors of the GraphQL way. None of them ever holds a token."""

from buildkite_source.client import BuildkiteError


class GraphqlError(BuildkiteError):
    """The GraphQL API refused a query as a whole; its own words are in the text."""


class NoGraphqlAccessError(GraphqlError):
    """The token may not use the GraphQL API; whatever it is needed for has to go by REST.

    Attributes:
        status: HTTP status, 401 or 403. Which of the two a token without "Enable GraphQL API
            access" gets is not documented; a revoked token gets 401 and REST then says so.
    """

    def __init__(self, status: int, api_message: str) -> None:
        super().__init__(
            f"This token has no access to the GraphQL API ({status}: {api_message}). Tick "
            '"Enable GraphQL API access" at https://buildkite.com/user/api-access-tokens, or let '
            "everything be loaded by REST."
        )
        self.status = status


class TooHeavyError(GraphqlError):
    """A query is more than the API serves at once; a part of it may pass."""
