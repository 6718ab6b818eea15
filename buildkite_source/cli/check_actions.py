"""What `check` says of actions: whether the reading token could write, and what theirs may do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.catalog.access import scopes_of, token_of
from buildkite_source.client import AuthenticationError, BuildkiteError, BuildkiteSession
from buildkite_source.connection import open_session
from buildkite_source.settings import Connection, acting

if TYPE_CHECKING:
    from .check import Check

_WRITING = ("write_", "delete_")


def may_write(scopes: Iterable[str]) -> list[str]:
    """Return the warning of a reading token that has more scopes than reading needs."""
    more = sorted(scope for scope in scopes if scope.startswith(_WRITING))
    if not more:
        return []
    return [
        f"the token that reads can write: {', '.join(more)}. Reading needs none of it; actions "
        "have a token of their own (docs/actions.md)."
    ]


def look_at_actions(found: "Check", connection: Connection, session: BuildkiteSession) -> None:
    """Ask what the actions' token may do, if there is one; it costs one request.

    Args:
        found: What is found out is added here; what is wrong, to its warnings: a load works.
        connection: How to reach the API.
        session: Of the token that reads; both share its budget.
    """
    try:
        settings = acting()
        if not settings.access_token:
            return
        own = open_session(
            connection,
            credential=settings.credential(),
            retries=session.retries,
            budget=session.budget,
        )
        scopes = scopes_of(token_of(own))
    except AuthenticationError as error:
        found.warnings.append(f"the actions' token was not accepted: {error.api_message}")
        return
    except BuildkiteError as error:
        found.warnings.append(f"actions: {error}")
        return
    allowed = [name for name in settings.actions or () if name in ACTIONS]
    needed = {name: ACTIONS[name].scope for name in allowed}
    found.acting = {
        "scopes": sorted(scopes),
        "pipelines": settings.pipelines or [],
        "actions": [
            {"action": name, "scope": scope, "may": not scope or scope in scopes}
            for name, scope in needed.items()
        ],
    }
    found.warnings += [
        f"the action {name} is allowed, and the actions' token lacks its scope {scope}"
        for name, scope in needed.items()
        if scope and scope not in scopes
    ]
    if more := sorted({one for one in scopes if one.startswith(_WRITING)} - set(needed.values())):
        found.warnings.append(
            f"the actions' token can do more than is allowed here: {', '.join(more)}"
        )
