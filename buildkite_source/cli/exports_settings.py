"""Whether an organization has its builds exported before it forgets them."""

from collections.abc import Callable, Mapping
from typing import Any

from buildkite_source.client import ApiError

SCOPE = "read_organization_settings"
# Returns the answer to a GET of a path; the session adds its objects as `items`.
Get = Callable[[str], Any]


def exports_of(slug: str, get: Get) -> str:
    """Return how the build exports of an organization are set, in a few words.

    Args:
        slug: Of the organization.
        get: Returns the answer to a GET of a path.
    """
    try:
        told: Any = get(f"organizations/{slug}/pipeline-settings").json()
    except ApiError as error:
        # Only administrators may read them.
        return f"not known ({error.status})"
    # The session splits a body into its objects.
    (found,) = told if isinstance(told, list) and len(told) == 1 else (told,)
    settings = found.get("build_exports") if isinstance(found, Mapping) else None
    if not isinstance(settings, dict):
        return "not known"
    if settings.get("enabled"):
        where = " ".join(str(settings.get(name) or "?") for name in ("strategy_id", "location"))
        return f"on, to {where}"
    return "off" if settings.get("available") else "not in the plan"
