"""The organizations the token can see."""

from .context import SEEN
from .model import DERIVABLE_URL, GRAPHQL_ID, Column, Kind, Table

ORGANIZATIONS = Table(
    name="organizations",
    description="One row per organization the token can see",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations",
    columns=(
        Column("id", Kind.TEXT, "id", "Organization id (UUID)", required=True),
        Column("slug", Kind.TEXT, "slug", "Name in URLs; can change"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("url", Kind.TEXT, "url", "API URL"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "pipelines_url": DERIVABLE_URL,
        "agents_url": DERIVABLE_URL,
        "emojis_url": DERIVABLE_URL,
    },
)
