"""What belongs to the token and to the host: user, token, addresses; and how much was used."""

from .context import OBSERVED_AT, ORGANIZATION_SLUG, SEEN, key
from .model import EXTRA, GRAPHQL_ID, ORGANIZATION_ID, Column, Kind, Table

CURRENT_USER = Table(
    name="current_user",
    description="One row per user whose token loaded",
    documentation="https://buildkite.com/docs/apis/rest-api/user",
    columns=(
        Column(
            "id", Kind.TEXT, "id", "User id (UUID); joins organization_members.id", required=True
        ),
        Column("name", Kind.TEXT, "name", "Name", personal=True),
        Column("email", Kind.TEXT, "email", "E-mail", personal=True),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When the user signed up"),
        *SEEN,
    ),
    omitted={"graphql_id": GRAPHQL_ID, "avatar_url": "a picture of the user"},
)

ACCESS_TOKENS = Table(
    name="access_tokens",
    description="One row per token that loaded: what it may do, never the token itself",
    documentation="https://buildkite.com/docs/apis/rest-api/access-token",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Token id (UUID)", required=True),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("scopes", Kind.JSON, "scopes", "What it may do, an array of text"),
        Column("user_name", Kind.TEXT, "user.name", "Its owner: name", personal=True),
        Column("user_email", Kind.TEXT, "user.email", "Its owner: e-mail", personal=True),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("expires_at", Kind.TIMESTAMP, "expires_at", "When it stops working; null = never"),
        *SEEN,
    ),
    primary_key=("uuid",),
)

META = Table(
    name="meta",
    description="One row per API that was loaded from: what it tells of itself",
    documentation="https://buildkite.com/docs/apis/rest-api/meta",
    columns=(
        Column("base_url", Kind.TEXT, "@base_url", "Address of the API", required=True),
        Column(
            "webhook_ips",
            Kind.JSON,
            "webhook_ips",
            "Addresses webhooks come from, an array of CIDR or IP",
        ),
        *SEEN,
    ),
    primary_key=("base_url",),
)


def _limit(scope: str, what: str) -> tuple[Column, ...]:
    """Return the columns of one of an organization's limits."""
    place = f"scopes.{scope}"
    return (
        Column(f"{scope}_limit", Kind.INTEGER, f"{place}.limit", f"{what} allowed in a window"),
        Column(f"{scope}_current", Kind.INTEGER, f"{place}.current", f"{what} used in this window"),
        Column(f"{scope}_reset", Kind.INTEGER, f"{place}.reset", "Seconds until the window ends"),
        Column(f"{scope}_reset_at", Kind.TIMESTAMP, f"{place}.reset_at", "When the window ends"),
        Column(f"{scope}_enforced", Kind.BOOLEAN, f"{place}.enforced", "More is refused"),
    )


RATE_LIMITS = Table(
    name="rate_limits",
    description="One row per organization and load: how much of its limits all its users had used",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/rate-limits",
    columns=(
        key(ORGANIZATION_ID),
        ORGANIZATION_SLUG,
        *_limit("rest", "Requests"),
        *_limit("graphql", "Complexity points"),
        OBSERVED_AT,
        EXTRA,
    ),
    primary_key=(),
    append=True,
)
