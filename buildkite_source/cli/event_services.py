"""Which notification services of an organization send events, and whether they are enabled."""

from collections.abc import Iterable, Iterator
from typing import Any

from buildkite_source.client import BuildkiteError, RawItem, unwrap

from .exports_settings import Get

SCOPE = "read_notification_services"
# What is known of EventBridge's provider id is that it names it.
_KINDS = ("webhook", "eventbridge", "event_bridge")


def event_services(get: Get, organizations: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield organization, kind, description, and whether it is enabled; one request for each.

    Nothing of a service's settings is taken: the token is in them.

    Args:
        get: Returns the answer to a GET of a path.
        organizations: Their slugs.
    """
    for slug in organizations:
        try:
            services = _items(get(f"organizations/{slug}/services").items)
        except (BuildkiteError, ValueError):
            # It is said of a load's own resources what the token lacks.
            continue
        for service in services:
            provider = service.get("provider")
            kind = provider.get("id") if isinstance(provider, dict) else provider
            if any(name in str(kind).lower() for name in _KINDS):
                yield {
                    "organization": slug,
                    "kind": str(kind),
                    "description": str(service.get("description") or ""),
                    "enabled": service.get("enabled") is True,
                }


def _items(found: list[RawItem]) -> list[RawItem]:
    """Return the services, whether they come as a list or as one in an object."""
    if len(found) == 1 and "items" in found[0]:
        return unwrap(found[0])[0]
    return found
