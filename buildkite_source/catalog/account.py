"""The token, its user, and the API itself."""

from buildkite_source.client import Body
from buildkite_source.tables import ACCESS_TOKENS, CURRENT_USER, META, RATE_LIMITS

from .model import Endpoint

ACCOUNT = (
    Endpoint(CURRENT_USER, "user", "read_user", parent=None, group="account", body=Body.OBJECT),
    Endpoint(ACCESS_TOKENS, "access-token", None, parent=None, group="account", body=Body.OBJECT),
    Endpoint(META, "meta", None, parent=None, group="account", body=Body.OBJECT),
    Endpoint(
        RATE_LIMITS,
        "organizations/{organization_slug}/rate_limit",
        "read_accounts",
        group="account",
        body=Body.OBJECT,
    ),
)
