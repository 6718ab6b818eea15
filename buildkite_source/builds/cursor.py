"""One slice of a build list while its pages arrive."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from buildkite_source.client import RawItem, Refusal
from buildkite_source.tables.times import parse_time
from buildkite_source.windows import Window, floor, to_api

from .passes import Slice

# A page that the API cannot serve is asked again with fewer builds; after ten such pages the
# next slice tries the larger size again.
_SMALLER = {100: 10, 10: 1}
_LARGER = {1: 10, 10: 100}
_SMALL_PAGES = 10
# A build that shows up late shifts a page, which then brings what is known; not one after another.
_STALE_PAGES = 2


class Head(msgspec.Struct):
    """What the passes need to know of a build; everything else is skipped while decoding."""

    id: str
    created_at: str
    state: str | None = None
    blocked: bool | None = None


_HEAD = msgspec.json.Decoder(Head)


def _head(item: RawItem) -> Head | None:
    """Return what the passes need of a build; None if it has no id or no creation time."""
    with contextlib.suppress(msgspec.DecodeError, ValueError):
        head = _HEAD.decode(item.raw)
        parse_time(head.created_at)
        return head
    # Odd text somewhere else in the build is no reason to lose it.
    try:
        fields = {name: item.get(name) for name in Head.__struct_fields__}
        parse_time(str(fields["created_at"]))
        if not isinstance(fields["state"], str):
            fields["state"] = None
        if not isinstance(fields["blocked"], bool):
            fields["blocked"] = None
        return msgspec.convert(fields, Head)
    except (ValueError, msgspec.ValidationError, RecursionError):
        return None


class SliceCursor:
    """Follows one slice from page to page.

    Attributes:
        slice: What is asked for.
        pages: Pages so far.
        builds: Builds on them.
        complete: The last page has arrived.
        refusal: Why the page after the last one did not come.
        oldest: Creation time of the oldest build so far.
    """

    def __init__(self, slice_: Slice) -> None:
        self.slice = slice_
        self.pages = 0
        self.builds = 0
        self.complete = False
        self.refusal: Refusal | None = None
        self.oldest: datetime | None = None
        # Ids of the builds that were created in the same second as the oldest, and of the page.
        self._last_second: set[str] = set()
        self._page: set[str] = set()
        self._page_size = slice_.per_page
        self._stale_pages = 0

    @property
    def full(self) -> bool:
        """As many pages are read as the slice may have."""
        most = self.slice.pages if self.slice.per_page == 100 else _SMALL_PAGES
        # Whoever goes on from here must not come upon the same pages again.
        return most is not None and self.pages >= most and bool(self.read)

    @property
    def read(self) -> Window:
        """The creation times that have been read to their end."""
        window = self.slice.window
        if self.complete:
            return window
        return window.cut(self.oldest)[0] if self.oldest else Window(window.end, window.end)

    @property
    def endless(self) -> bool:
        """Page after page brings what the one before it brought."""
        return self._stale_pages > _STALE_PAGES

    def heads(self, items: list[RawItem]) -> Iterator[Head]:
        """Take a page and yield what the passes need of its builds."""
        self.pages += 1
        self.builds += len(items)
        # A page that others follow is a full one; the API may serve fewer than were asked for.
        self._page_size = len(items) or self._page_size
        known, self._page = self._page | self._last_second, set()
        for item in items:
            head = _head(item)
            # A build without id or creation time is set aside with the rows; it takes its place.
            self._page.add(head.id if head else repr(item.raw))
            if head is None:
                self._last_second.add(repr(item.raw))
                continue
            created = parse_time(head.created_at)
            if self.oldest is None or floor(created) < floor(self.oldest):
                self._last_second.clear()
            self.oldest = min(created, self.oldest or created)
            if floor(created) == floor(self.oldest):
                self._last_second.add(head.id)
            yield head
        self._stale_pages = self._stale_pages + 1 if self._page <= known else 0

    def following(self) -> tuple[str, int]:
        """Return the `created_to` and the page that go on after the pages so far.

        Builds that come to a list or leave it shift its pages; creation times do not shift. So
        each page is asked for from the end of the last second read, and only within this second,
        of which more may be left, by its number.
        """
        if self.oldest is None:
            return to_api(self.slice.window.end), self.pages + 1
        end = self.slice.window.cut(self.oldest)[0].start
        pages = len(self._last_second) // self._page_size + self._stale_pages
        return to_api(end), pages + 1

    def rest(self) -> Slice | None:
        """Return what to ask for next to go on with the slice at once, or None."""
        size = self.slice.per_page
        if self.complete or self.refusal is Refusal.STOPPED:
            return None
        if self.refusal is Refusal.TOO_HEAVY:
            return self._after(_SMALLER.get(size, size))
        if self.refusal is Refusal.TOO_DEEP:
            return self._after(size)
        return self._after(_LARGER[size]) if self.full and size < 100 else None

    def record(self, scope: str, run_at: datetime) -> dict[str, Any]:
        """Return the row of the `slices` table."""
        window, name = self.slice.window, self.slice.name
        created_from, created_to = to_api(window.start), to_api(window.end)
        scope = self.slice.scope or scope
        of_build = self.slice.query if self.slice.number is not None else ""
        return {
            "id": " ".join(
                (scope + of_build, name, created_from, created_to, "at", to_api(run_at))
            ),
            "list": scope,
            "pass": name,
            "created_from": created_from,
            "created_to": created_to,
            "read_from": to_api(self.read.start),
            "filters": self.slice.query.removeprefix("?") or None,
            "pages": self.pages,
            "builds": self.builds,
            "complete": self.complete,
            "run_at": to_api(run_at),
        }

    def _after(self, per_page: int) -> Slice | None:
        rest = self.slice.after(self.oldest, per_page)
        if rest == self.slice:
            return None
        return rest if rest.window else None
