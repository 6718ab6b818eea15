"""Reads build lists slice by slice, and remembers what has been read."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource

from buildkite_source.client import (
    BuildkiteSession,
    Event,
    ListRead,
    RawItem,
    Refusal,
    UnexpectedBodyError,
    UnreachableError,
)
from buildkite_source.settings import History
from buildkite_source.states import is_moving
from buildkite_source.tables import BUILDS, JOBS
from buildkite_source.tables.times import parse_time
from buildkite_source.warehouse.state import follow_destination, list_state
from buildkite_source.windows import SECOND, Window, check_since, floor, to_api

from .blocked import blocked_builds
from .memory import ListMemory
from .passes import Aim, Slice, changes, history, lost, recheck, standing
from .reading import Reading

_TABLES = (BUILDS.name, JOBS.name)
# A history that ends this long after its wanted begin is worth a word, unless there was none.
_LONG_BEFORE = timedelta(days=1)
# Nothing is forgotten before that: the shortest retention is 30 days.
_KEPT = timedelta(days=29)


class BuildList:
    """The build list of one organization or pipeline, as one run reads it.

    Iterating gives the parameters of one slice after the other; the next one is planned only
    when the pages of the one before have arrived, which is how dlt reads declared children.

    Args:
        scope: The list's place in URLs: `acme` or `acme/pipelines/web`.
        organization_id: Owner of the builds.
        memory: What earlier loads know; extended here.
        aim: What this run wants.
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
        aim: Aim,
        tell: Callable[[Event], None],
        blocked: Callable[[Window], dict[str, datetime]],
        owned_from: datetime | None = None,
    ) -> None:
        self.scope = scope
        self.left_out = 0
        self._organization_id = organization_id
        self._memory = memory
        self._aim = aim
        self._tell = tell
        self._blocked = blocked
        self._owned_from = owned_from
        self._reading: Reading | None = None
        self._unseen = {key: parse_time(created) for key, created in memory.open.items()}
        self._standing: dict[str, datetime] = {}
        for key in [key for key, created in self._unseen.items() if created < aim.followed]:
            # Some builds never settle, and nobody shall ask for each of them for ever.
            del self._unseen[key]
            memory.closed(key)
        if aim.again:
            memory.forget(Window(aim.span.start, aim.end))
        self._cut_short = False
        self._oldest: datetime | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of slice after slice."""
        known = bool(self._memory.covered)
        stand = standing(self._memory, self._aim)
        if stand:
            self._standing = self._blocked(stand.window)
        for slice_ in changes(self._memory, self._aim):
            yield from self._read(slice_)
        if known and not self._aim.until and not self._cut_short:
            yield from self._look_for(self._unseen, self._aim.lost_requests)
            again = recheck(self._memory, self._aim)
            if again:
                yield from self._read(again)
            if stand:
                yield from self._stand(stand)
            self.left_out = len(self._unseen)
        for slice_ in history(self._memory, self._aim):
            if not self._cut_short:
                yield from self._read(slice_)
        if not known:
            self._memory.mark("finished", self._aim.now)
            self._memory.mark("rechecked", self._aim.now)
            self._memory.mark("stood", self._aim.now)
        more = bool(history(self._memory, self._aim))
        until = self._aim.span.end
        left = (self.left_out, len(self._standing))
        self._tell(ListRead(self.scope, more, *left, until, self._oldest))

    @property
    def reading(self) -> Reading:
        """The slice whose pages arrive now."""
        if self._reading is None:
            raise RuntimeError(f"no slice of {self.scope} was asked for")
        return self._reading

    def page(self, items: list[RawItem], *, last: bool, refusal: Refusal | None) -> None:
        """Take note of a page before anybody else sees it."""
        self.reading.complete, self.reading.refusal = last, refusal
        if refusal:
            return
        for head in self.reading.heads(items):
            self._unseen.pop(head.id, None)
            self._standing.pop(head.id, None)
            if is_moving(head.state, head.blocked):
                self._memory.opened(head.id, head.created_at)
            else:
                self._memory.closed(head.id)

    def ended(self, fetched_at: datetime) -> list[RawItem]:
        """Remember what the slice has brought; return the rows that tell of it."""
        reading, name = self.reading, self.reading.slice.name
        if name in ("new", "history"):
            # Younger builds may still show up: the next run asks for them again.
            settled = min(reading.read.end, self._aim.settled)
            self._memory.cover(Window(reading.read.start, settled))
        if reading.complete and name in ("finished", "recheck"):
            self._memory.mark("rechecked" if name == "recheck" else name, self._aim.now)
        begin = self._aim.span.start
        if name == "history" and reading.complete and reading.slice.window.start == begin:
            self._oldest = self._edge(reading.oldest, begin)
        rows = [("slices", reading.record(self.scope, self._aim.now))]
        if name == "lost":
            rows += [("missing_builds", row) for row in self._missing(reading)]
        return [RawItem(orjson.dumps(row), fetched_at, kind) for kind, row in rows]

    def _edge(self, oldest: datetime | None, begin: datetime) -> datetime | None:
        """Return the time of the oldest build if the API seems to have forgotten what was before.

        An organization that is young or empty has forgotten nothing.
        """
        if oldest is None or oldest - begin <= _LONG_BEFORE or self._aim.now - oldest < _KEPT:
            return None
        is_young = self._owned_from is not None and self._owned_from >= oldest - _LONG_BEFORE
        return None if is_young else oldest

    def _missing(self, reading: Reading) -> Iterator[dict[str, Any]]:
        read = reading.read
        for unseen in (self._unseen, self._standing):
            for key in [key for key, at in unseen.items() if read.start <= at < read.end]:
                created = unseen.pop(key)
                self._memory.closed(key)
                noticed = to_api(self._aim.now)
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
            since = self.reading.read.start
            yield from self._look_for(self._standing, self._aim.lost_requests, since)
        if not self._cut_short:
            self._memory.mark("stood", self._aim.now)

    def _read(self, slice_: Slice | None) -> Iterator[dict[str, Any]]:
        while slice_:
            self._reading = reading = Reading(slice_)
            yield {
                "scope": self.scope,
                "organization_id": self._organization_id,
                "filters": slice_.query,
                "per_page": slice_.per_page,
                **slice_.window.params(),
            }
            slice_ = reading.rest()
            if reading.complete or slice_:
                continue
            if reading.refusal in (Refusal.TOO_DEEP, Refusal.TOO_HEAVY):
                raise UnreachableError(
                    f"The builds of {self.scope} created up to "
                    f"{reading.slice.window.end:%Y-%m-%d %H:%M:%S} UTC are {reading.refusal}, "
                    "and no smaller question is left to ask. Try again later."
                )
            self._cut_short = True


class BuildLists:
    """All build lists of a run: plans them from their parents and finds them by URL.

    Args:
        session: Knows the API's time.
        settings: How far back the history is to reach, and how changes are followed.
    """

    def __init__(self, session: BuildkiteSession, settings: History) -> None:
        check_since(settings.since)
        self._session = session
        self._settings = settings
        self._lists: dict[str, BuildList] = {}

    def resource(self) -> DltResource:
        """Return the transformer from organizations or pipelines to slices."""

        @dlt.transformer(name="build_slices", selected=False)
        def build_slices(parents: list[RawItem]) -> Iterator[BuildList]:
            follow_destination(self._session.tell)
            # An iterable that is no list: dlt hands it on whole, and its declared child draws
            # one slice after the other from it.
            for parent in parents:
                yield self._list_of(parent)

        return build_slices

    def at(self, url: str) -> BuildList:
        """Return the list that a URL asks for."""
        return self._lists[_scope_of(url)]

    def _list_of(self, parent: RawItem) -> BuildList:
        # A parent with an organization in its context is a pipeline, else an organization.
        if not (parent.get("id") and parent.get("slug")):
            raise UnexpectedBodyError(
                f"The API sent an organization or pipeline without id or slug "
                f"({parent.get('url') or 'no url'}): its builds cannot be asked for."
            )
        organization_id = parent.context.get("organization_id", parent["id"])
        scope, key = parent["slug"], organization_id
        if organization_id != parent["id"]:
            scope = f"{parent.context['organization_slug']}/pipelines/{scope}"
            key = f"{organization_id}/{parent['id']}"
        memory = ListMemory([list_state(table, key) for table in _selected()])
        aim = Aim.of(self._settings, floor(self._session.api_time))
        owner = "organization_id" if organization_id == parent["id"] else "pipeline_id"

        def blocked(window: Window) -> dict[str, datetime]:
            return blocked_builds(owner, parent["id"], window)

        self._lists[scope] = BuildList(
            scope, organization_id, memory, aim, self._session.tell, blocked, _made_at(parent)
        )
        return self._lists[scope]


def _made_at(parent: RawItem) -> datetime | None:
    with contextlib.suppress(ValueError):
        return parse_time(str(parent.get("created_at")))
    return None


def _scope_of(url: str) -> str:
    return url.partition("/organizations/")[2].partition("/builds")[0]


def _selected() -> list[str]:
    """Return those tables of the build lists that this extraction fills."""
    selected = dlt.current.source().resources.selected
    return [table for table in _TABLES if table in selected]
