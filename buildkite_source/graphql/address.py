"""Where the GraphQL API is."""

from urllib.parse import urlsplit

PUBLIC_URL = "https://graphql.buildkite.com/v1"

_PUBLIC_API = "api.buildkite.com"


def graphql_url_of(base_url: str) -> str | None:
    """Return the GraphQL URL that belongs to a REST base, or None where none is documented.

    Only the public API's is (https://buildkite.com/docs/apis/graphql-api); for any other base a
    guess could send the token to a stranger.
    """
    return PUBLIC_URL if urlsplit(base_url).hostname == _PUBLIC_API else None
