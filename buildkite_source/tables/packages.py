"""Package Registries: registries, their tokens, and their packages."""

from .context import HAPPENED, ORGANIZATION, REGISTRY, SEEN
from .model import DERIVABLE_URL, GRAPHQL_ID, Column, Kind, Table, user_columns, user_omissions

_API = "https://buildkite.com/docs/apis/rest-api/package-registries"
_PARENT = "its id and slug are columns"
_ONE_ONLY = "only sent for a single package"

REGISTRIES = Table(
    name="registries",
    description="One row per package registry",
    documentation=f"{_API}/registries",
    columns=(
        Column("id", Kind.TEXT, "id", "Registry id (UUID)", required=True),
        *ORGANIZATION,
        Column("slug", Kind.TEXT, "slug", "Name in URLs; changes when renamed"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("ecosystem", Kind.TEXT, "ecosystem", "Kind of packages, such as ruby"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("emoji", Kind.TEXT, "emoji", "Emoji shown beside the name"),
        Column("color", Kind.TEXT, "color", "Colour shown beside the name"),
        Column("is_public", Kind.BOOLEAN, "public", "Anyone can read its packages"),
        Column("oidc_policy", Kind.TEXT, "oidc_policy", "Who may use it without a token"),
        Column("team_ids", Kind.JSON, "team_ids", "Teams that use it, an array of ids"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={"graphql_id": GRAPHQL_ID, "url": DERIVABLE_URL},
)

REGISTRY_TOKENS = Table(
    name="registry_tokens",
    description="One row per token of a registry: never the token itself",
    documentation=f"{_API}/registry-tokens",
    columns=(
        Column("id", Kind.TEXT, "id", "Token id (UUID)", required=True),
        *REGISTRY,
        Column("description", Kind.TEXT, "description", "Free text"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "organization": _PARENT,
        "registry": _PARENT,
        "token": "a credential, only sent on creation: kept nowhere",
        **user_omissions("created_by"),
    },
)

PACKAGES = Table(
    name="packages",
    description="One row per version of a package in a registry",
    documentation=f"{_API}/packages",
    columns=(
        Column("id", Kind.TEXT, "id", "Package id (UUID)", required=True),
        *REGISTRY,
        Column("name", Kind.TEXT, "name", "Name"),
        Column("version", Kind.TEXT, "version", "Version"),
        Column("sha256", Kind.TEXT, "digests.sha256", "SHA-256 of its content, hexadecimal"),
        Column("sha512", Kind.TEXT, "digests.sha512", "SHA-512 of its content, hexadecimal"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was published"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *HAPPENED,
    ),
    omitted={
        "url": DERIVABLE_URL,
        "organization": _PARENT,
        "registry": _PARENT,
        "variant": _ONE_ONLY,
        "metadata": _ONE_ONLY,
    },
)
