"""Pages: by number with a `Link` header, and by cursor."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from buildkite_simulator.api.errors import TOO_DEEP, ApiError
from buildkite_simulator.api.query import Query
from buildkite_simulator.switches import Switches

T = TypeVar("T")
DEFAULT_PAGE = 30
LARGEST_PAGE = 100


def numbered_page(
    rows: Sequence[T], url: str, query: Query, switches: Switches, *, deep: bool = False
) -> tuple[Sequence[T], str | None]:
    """Return the rows of the page asked for, and the `Link` header if it has one."""
    page = max(1, query.number("page", 1))
    size = max(1, query.number("per_page", DEFAULT_PAGE))
    if size > LARGEST_PAGE:
        if switches.per_page_over_maximum == "reject":
            raise ApiError(400, f"per_page must be between 1 and {LARGEST_PAGE}")
        size = LARGEST_PAGE
    if deep and switches.deep_limit is not None and page * size > switches.deep_limit:
        raise ApiError(400, TOO_DEEP)
    last = -(-len(rows) // size)
    targets: dict[str, int] = {}
    if page < last:
        targets["next"] = page + 1
        if switches.link_relations == "all":
            targets["last"] = last
    if page > 1 and rows and switches.link_relations == "all":
        targets |= {"prev": page - 1, "first": 1}
    links = [
        f'<{url}?{query.with_values(page=number)}>; rel="{relation}"'
        for relation, number in targets.items()
    ]
    return rows[(page - 1) * size : page * size], ", ".join(links) or None


def cursor_page(
    rows: Sequence[T],
    url: str,
    query: Query,
    identify: Callable[[T], str],
    *,
    clamps: bool = False,
    known: Sequence[str] | None = None,
) -> tuple[Sequence[T], dict[str, str]]:
    """Return the rows of the page asked for, and its `links`.

    With `clamps`, a `per_page` over the maximum counts as the maximum instead of as an error.
    `known` are the identities of the rows and of others that were listed once, all in order: a
    cursor may stand on any of them.
    """
    size = query.number("per_page", DEFAULT_PAGE if query.one("per_page") is None else 0)
    size = min(size, LARGEST_PAGE) if clamps else size
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError(400, f"per_page must be between 1 and {LARGEST_PAGE}")
    after, before = query.one("after"), query.one("before")
    if any(key.startswith(("after[", "before[")) for key, _ in query.pairs):
        raise ApiError(400, "Invalid cursor")
    if after is not None and before is not None:
        raise ApiError(400, "after and before can't be used together")
    identities = [identify(row) for row in rows]
    positions = {each: position for position, each in enumerate(known or identities)}
    places = [positions[each] for each in identities]
    start = 0
    if after is not None:
        start = bisect_right(places, _position(after, positions))
    elif before is not None:
        end = bisect_left(places, _position(before, positions))
        start, size = max(0, end - size), min(size, end)
    page = rows[start : start + size]
    cursorless = query.without("after", "before")

    def link(**cursor: str) -> str:
        asked = cursorless.with_values(**cursor)
        return f"{url}?{asked}" if asked else url

    links = {"self": link(**{k: v for k, v in (("after", after), ("before", before)) if v})}
    if page and start + size < len(rows):
        links["next"] = link(after=_cursor(identify(page[-1])))
    if page and start > 0:
        links["prev"] = link(before=_cursor(identify(page[0])))
        links["first"] = link()
    return page, links


def _cursor(identity: str) -> str:
    return urlsafe_b64encode(f"v1:{identity}".encode()).decode()


def _position(cursor: str, positions: dict[str, int]) -> int:
    try:
        version, _, identity = urlsafe_b64decode(cursor.encode()).decode().partition(":")
    except ValueError:
        raise ApiError(400, "Invalid cursor") from None
    if version != "v1" or identity not in positions:
        raise ApiError(400, "Invalid cursor")
    return positions[identity]
