"""One build list, read pass by pass: what is asked for next, what arrived, what is remembered.

The states and what leads from one to the next are drawn in docs/passes.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from buildkite_source.client import (
    Event,
    ListRead,
    RawItem,
    Refusal,
    UnreachableError,
)
from buildkite_source.states import is_moving
from buildkite_source.tables.times import parse_time
from buildkite_source.windows import SECOND, Window, floor, to_api

from .cursor import SliceCursor
from .memory import ListMemory
from .passes import Slice, SyncPlan, changes, history, lost, recheck, standing

# A history that ends this long after its wanted begin is worth a word, unless there was none.
_LONG_BEFORE = timedelta(days=1)
# Nothing is forgotten before that: the shortest retention is 30 days.
_KEPT = timedelta(days=29)
# Passes of which a load holds `pages_per_load` pages at most; the rest is for the next one.
_OF_LOAD = ("new", "history")


class BuildList:
    """The build list of one organization or pipeline, as one run reads it.

    Iterating gives the parameters of one slice after the other; the next one is planned only
    when the pages of the one before have arrived, which is how dlt reads declared children.

    Args:
        scope: The list's place in URLs: `acme` or `acme/pipelines/web`.
        organization_id: Owner of the builds.
        memory: What earlier loads know; extended here.
        plan: What this run wants.
        tell: Hears when the list has been read.
        blocked: Returns the creation times, by id, of the builds of a window that are loaded as
            blocked.
        owned_from: When its organization or pipeline was made; None where that is not known.
    """

    def __init__(
        self,
        scope: str,
        organization_id: str,
        memory: ListMemory,
        plan: SyncPlan,
        tell: Callable[[Event], None],
        blocked: Callable[[Window], dict[str, datetime]],
        owned_from: datetime | None = None,
    ) -> None:
        self.scope = scope
        self.left_out = 0
        self._organization_id = organization_id
        self._memory = memory
        self._plan = plan
        self._tell = tell
        self._blocked = blocked
        self._owned_from = owned_from
        self._cursor: SliceCursor | None = None
        self._unseen = {key: parse_time(created) for key, created in memory.open.items()}
        self._standing: dict[str, datetime] = {}
        for key in [key for key, created in self._unseen.items() if created < plan.followed]:
            # Some builds never settle, and nobody shall ask for each of them for ever.
            del self._unseen[key]
            memory.closed(key)
        if plan.again:
            memory.forget(Window(plan.span.start, plan.end))
        self._cut_short = False
        self._oldest: datetime | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of slice after slice."""
        known = bool(self._memory.covered)
        stand = standing(self._memory, self._plan)
        if stand:
            self._standing = self._blocked(stand.window)
        for slice_ in changes(self._memory, self._plan):
            yield from self._read(slice_)
        if known and not self._plan.until and not self._cut_short:
            yield from self._look_for(self._unseen, self._plan.lost_requests)
            again = recheck(self._memory, self._plan)
            if again:
                yield from self._read(again)
            if stand:
                yield from self._stand(stand)
            self.left_out = len(self._unseen)
        for slice_ in history(self._memory, self._plan):
            if not self._cut_short:
                yield from self._read(slice_)
        if not known:
            self._memory.mark("finished", self._plan.now)
            self._memory.mark("rechecked", self._plan.now)
            self._memory.mark("stood", self._plan.now)
        more = bool(history(self._memory, self._plan))
        until = self._plan.span.end
        left = (self.left_out, len(self._standing))
        self._tell(ListRead(self.scope, more, *left, until, self._oldest))

    @property
    def cursor(self) -> SliceCursor:
        """The slice whose pages arrive now."""
        if self._cursor is None:
            raise RuntimeError(f"no slice of {self.scope} was asked for")
        return self._cursor

    def page(self, items: list[RawItem], *, last: bool, refusal: Refusal | None) -> None:
        """Take note of a page before anybody else sees it."""
        self.cursor.complete, self.cursor.refusal = last, refusal
        if refusal:
            return
        for head in self.cursor.heads(items):
            self._unseen.pop(head.id, None)
            self._standing.pop(head.id, None)
            if is_moving(head.state, head.blocked):
                self._memory.opened(head.id, head.created_at)
            else:
                self._memory.closed(head.id)

    def ended(self, fetched_at: datetime) -> list[RawItem]:
        """Remember what the slice has brought; return the rows that tell of it."""
        cursor, name = self.cursor, self.cursor.slice.name
        if name in ("new", "history"):
            # Younger builds may still show up: the next run asks for them again.
            settled = min(cursor.read.end, self._plan.settled)
            self._memory.cover(Window(cursor.read.start, settled))
        if cursor.complete and name in ("finished", "recheck"):
            self._memory.mark("rechecked" if name == "recheck" else name, self._plan.now)
        begin = self._plan.span.start
        if name == "history" and cursor.complete and cursor.slice.window.start == begin:
            self._oldest = self._edge(cursor.oldest, begin)
        rows = [("slices", cursor.record(self.scope, self._plan.now))]
        if name == "lost":
            rows += [("missing_builds", row) for row in self._missing(cursor)]
        return [RawItem(orjson.dumps(row), fetched_at, kind) for kind, row in rows]

    def _edge(self, oldest: datetime | None, begin: datetime) -> datetime | None:
        """Return the time of the oldest build if the API seems to have forgotten what was before.

        An organization that is young or empty has forgotten nothing.
        """
        if oldest is None or oldest - begin <= _LONG_BEFORE or self._plan.now - oldest < _KEPT:
            return None
        is_young = self._owned_from is not None and self._owned_from >= oldest - _LONG_BEFORE
        return None if is_young else oldest

    def _missing(self, cursor: SliceCursor) -> Iterator[dict[str, Any]]:
        read = cursor.read
        for unseen in (self._unseen, self._standing):
            for key in [key for key, at in unseen.items() if read.start <= at < read.end]:
                created = unseen.pop(key)
                self._memory.closed(key)
                noticed = to_api(self._plan.now)
                yield {"id": key, "created_at": to_api(created), "noticed_at": noticed}

    def _look_for(
        self, unseen: Mapping[str, datetime], requests: int, since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Ask for builds by their creation times, until they are found or known to be gone."""
        for _ in range(requests):
            times = [at for at in unseen.values() if since is None or at >= since]
            slice_ = None if self._cut_short else lost(times)
            if slice_ is None:
                return
            yield from self._read(slice_)

    def _stand(self, slice_: Slice) -> Iterator[dict[str, Any]]:
        """Read again what stands blocked, then what stood so and is not among that any more."""
        if self._standing:
            created = self._standing.values()
            window = Window(floor(min(created)), floor(max(created)) + SECOND)
            yield from self._read(replace(slice_, window=window))
            since = self.cursor.read.start
            yield from self._look_for(self._standing, self._plan.lost_requests, since)
        if not self._cut_short:
            self._memory.mark("stood", self._plan.now)

    def _read(self, slice_: Slice | None) -> Iterator[dict[str, Any]]:
        while slice_:
            self._cursor = cursor = SliceCursor(slice_)
            yield self._parameters(slice_)
            slice_ = cursor.rest()
            if cursor.complete or slice_:
                continue
            if cursor.refusal in (Refusal.TOO_DEEP, Refusal.TOO_HEAVY):
                raise UnreachableError(
                    f"The builds of {self.scope} created up to "
                    f"{cursor.slice.window.end:%Y-%m-%d %H:%M:%S} UTC are {cursor.refusal}, "
                    "and no smaller question is left to ask. Try again later."
                )
            # A full page of lost builds, or of blocked ones, is all that was to be asked; one of
            # what is new, or of the past, is all that this load may hold.
            self._cut_short = not cursor.full or cursor.slice.name in _OF_LOAD

    def _parameters(self, slice_: Slice) -> dict[str, Any]:
        return {
            "scope": slice_.scope or self.scope,
            "organization_id": self._organization_id,
            "filters": slice_.query,
            "per_page": slice_.per_page,
            **slice_.window.params(),
        }
