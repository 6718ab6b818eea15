"""User-like objects and organizations as JSON."""

from functools import lru_cache
from hashlib import md5
from typing import Any

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import User


@lru_cache
def user_fields(user: User | None) -> dict[str, Any] | None:
    """Render a creator, unblocker or retrier; the result is shared, not to be changed."""
    if user is None:
        return None
    digest = md5(user.email.encode(), usedforsecurity=False).hexdigest()
    return {
        "id": user.id,
        "graphql_id": graphql_id("User", user.id),
        "name": user.name,
        "email": user.email,
        "avatar_url": f"https://www.gravatar.com/avatar/{digest}",
        "created_at": iso(user.created),
    }


def reference(user: User | None, *names: str) -> Row | None:
    """Render a user where the API shows only some fields."""
    fields = user_fields(user)
    return None if fields is None else {name: fields[name] for name in names}


def organization_fields(organization: Organization, context: Context) -> dict[str, Any]:
    """Render an organization."""
    url = context.organization_url(organization)
    return {
        "id": organization.id,
        "graphql_id": graphql_id("Organization", organization.id),
        "url": url,
        "web_url": f"{WEB}/{organization.slug}",
        "name": organization.name,
        "slug": organization.slug,
        "pipelines_url": f"{url}/pipelines",
        "agents_url": f"{url}/agents",
        "emojis_url": f"{url}/emojis",
        "created_at": iso(organization.created),
    }


def meta_fields() -> Row:
    """Render where webhooks come from."""
    return {"webhook_ips": ["192.0.2.0/24", "198.51.100.7"]}
