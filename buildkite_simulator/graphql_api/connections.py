"""Connections: lists by cursor, as Relay has them."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

T = TypeVar("T")
LARGEST_PAGE = 500


def connection(
    rows: Sequence[T],
    render: Callable[[T], dict[str, Any]],
    identify: Callable[[T], str],
    arguments: dict[str, Any],
    largest: int = LARGEST_PAGE,
) -> dict[str, Any]:
    """Return the part of a list asked for by `first`, `last`, `after` and `before`."""
    start, end = 0, len(rows)
    if arguments.get("after") or arguments.get("before"):
        positions = {identify(row): position for position, row in enumerate(rows)}
        if arguments.get("after"):
            start = _position(arguments["after"], positions) + 1
        if arguments.get("before"):
            end = max(start, _position(arguments["before"], positions))
    first, last = arguments.get("first"), arguments.get("last")
    for name, value in (("first", first), ("last", last)):
        if value is not None and value < 0:
            raise GraphQLError(f"`{name}` must be at least 0")
    if first is None and last is None:
        first = largest
    if first is not None:
        end = min(end, start + min(first, largest))
    if last is not None:
        start = max(start, end - min(last, largest))
    edges = [{"cursor": _cursor(identify(row)), "node": render(row)} for row in rows[start:end]]
    return {
        "count": len(rows),
        "edges": edges,
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _cursor(identity: str) -> str:
    return b64encode(f"v1:{identity}".encode()).decode()


def _position(cursor: str, positions: dict[str, int]) -> int:
    try:
        identity = b64decode(cursor.encode(), validate=True).decode().removeprefix("v1:")
    except ValueError:
        identity = ""
    if identity not in positions:
        raise GraphQLError(f"`{cursor}` is not a valid cursor")
    return positions[identity]
