"""A GraphQL annotation as the REST list has it, so that one table definition reads both."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def annotation_row(node: Mapping[str, Any], job_id: str | None) -> dict[str, Any]:
    """Return an `Annotation` node with the keys and values of REST.

    REST leaves the style out where none was set, where GraphQL says `DEFAULT`. Fields that REST
    may add later are not in it: GraphQL returns what is asked for only.

    Args:
        node: `uuid context style scope priority createdAt updatedAt body { html }`.
        job_id: The job it belongs to, None in build scope; the node itself does not tell.
    """
    style = str(node.get("style") or "DEFAULT").lower()
    body = node.get("body") or {}
    return {
        "id": node["uuid"],
        "context": node.get("context"),
        "style": None if style == "default" else style,
        "scope": scope_of(node),
        "job_id": job_id,
        "priority": node.get("priority"),
        "body_html": body.get("html"),
        "created_at": rest_time(node.get("createdAt")),
        "updated_at": rest_time(node.get("updatedAt")),
    }


def scope_of(node: Mapping[str, Any]) -> str:
    """Return the scope in REST's spelling: `build` or `job`."""
    return str(node.get("scope") or "BUILD").lower()


def rest_time(text: str | None) -> str | None:
    """Return a GraphQL `DateTime` as `2026-08-01T04:00:00.123Z`; what is none stays as it is."""
    try:
        told = datetime.fromisoformat(text or "")
        told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return text
    return told.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
