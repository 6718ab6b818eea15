"""One slice of a build list while its pages arrive."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from .client import RawItem, Refusal, UnexpectedBodyError
from .sync import Slice, Window, to_api
from .tables.times import parse_time

# A page that the API cannot serve is asked again with fewer builds; after ten such pages the
# next slice tries the larger size again.
_SMALLER = {100: 10, 10: 1}
_LARGER = {1: 10, 10: 100}
_SMALL_PAGES = 10


class Head(msgspec.Struct):
    """What the passes need to know of a build; everything else is skipped while decoding."""

    id: str
    created_at: str
    state: str | None = None
    blocked: bool | None = None


_HEAD = msgspec.json.Decoder(Head)


def _head(item: RawItem) -> Head:
    try:
        return _HEAD.decode(item.raw)
    except msgspec.DecodeError:
        pass
    try:
        # Odd text somewhere in the build is no reason to lose it.
        return msgspec.convert({key: item.get(key) for key in Head.__struct_fields__}, Head)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise UnexpectedBodyError(
            f"A build in the list is not what the API documents: {error}."
        ) from None


class Reading:
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
        self._end = slice_.window.end

    @property
    def full(self) -> bool:
        """As many pages are read as the slice may have."""
        most = self.slice.pages if self.slice.per_page == 100 else _SMALL_PAGES
        return most is not None and self.pages >= most

    @property
    def read(self) -> Window:
        """The creation times that have been read to their end."""
        window = self.slice.window
        if self.complete:
            return window
        return window.cut(self.oldest)[0] if self.oldest else Window(window.end, window.end)

    def heads(self, items: list[RawItem]) -> Iterator[Head]:
        """Take a page and yield what the passes need of its builds."""
        self.pages += 1
        self.builds += len(items)
        for item in items:
            head = _head(item)
            created = parse_time(head.created_at)
            self.oldest = min(created, self.oldest or created)
            yield head

    def moved_end(self) -> str | None:
        """Return the `created_to` that goes on with a moving set; None to follow its pages.

        Builds leave a moving set while it is read, and shift its page numbers; creation times
        do not shift. Pages are followed where a second has more builds than fit on one.
        """
        if self.slice.fixed or not self.oldest:
            return None
        left = self.slice.window.cut(self.oldest)[1]
        if not left or left.end >= self._end:
            return None
        self._end = left.end
        return to_api(left.end)

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
        return {
            "id": " ".join((scope, name, created_from, created_to, "at", to_api(run_at))),
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
