"""Builds that events named: read again by the fewest requests, whatever the passes would ask for.

A page of the list, from the newest of them down, brings all that are as young as the builds on it;
so it never takes more requests than asking for each by its number, and mostly far fewer. Where they
lie further apart than a page reaches, and for one alone, the build itself is asked for, which is
smaller. No watermark moves: what events tell of is read besides what the passes read.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from buildkite_source.client import Event, HintsRead, RawItem, Refusal
from buildkite_source.events import Hint
from buildkite_source.windows import OVERLAP, SECOND, Window, floor, to_api

from .build_list import BuildList
from .cursor import SliceCursor
from .memory import ListMemory
from .passes import Slice, SyncPlan

_NAME = "hinted"
# How long after a build was created its first event may be dated.
_LATE = timedelta(minutes=1)


class HintedList(BuildList):
    """A build list of which a run reads what events named.

    Args:
        scope: As of `BuildList`.
        organization_id: Likewise.
        memory: Likewise.
        plan: Likewise.
        tell: Hears how many were read.
        hints: The builds.
    """

    def __init__(
        self,
        scope: str,
        organization_id: str,
        memory: ListMemory,
        plan: SyncPlan,
        tell: Callable[[Event], None],
        hints: Sequence[Hint],
    ) -> None:
        super().__init__(scope, organization_id, memory, plan, tell, lambda _: {})
        covered = memory.covered
        # What is older than the history is not loaded, and nothing would follow it.
        self._hints = {
            hint.build_id: hint
            for hint in hints
            if covered and (hint.created_at is None or hint.created_at >= covered[0].start)
        }
        self._left = len(hints) - len(self._hints)
        self._read_builds = 0
        self._gone: list[Hint] = []
        # Ways that did not bring a build: its page of the list, its own address.
        self._not_listed: set[str] = set()
        self._not_there: set[str] = set()
        self._reach: timedelta | None = None
        # The newest of those that the list was last asked for: nothing is asked for twice.
        self._sought = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of one request after the other."""
        slice_ = self._next()
        while slice_ and not self._cut_short:
            yield from self._ask(slice_)
            slice_ = self._next()
        left = self._left + len(self._hints)
        self._tell(HintsRead(self.scope, self._read_builds, len(self._gone), left))

    def page(self, items: list[RawItem], *, last: bool, refusal: Refusal | None) -> None:
        """Take note of a page, and of which builds are still to be read."""
        super().page(items, last=last, refusal=refusal)
        if refusal:
            return
        for item in items:
            if self._hints.pop(str(item.get("id")), None):
                self._read_builds += 1

    def ended(self, fetched_at: datetime) -> list[RawItem]:
        """Return the rows that tell of the slice, and of builds that are not there any more."""
        cursor = self.cursor
        rows = super().ended(fetched_at)
        if cursor.slice.number is not None:
            if cursor.refusal is Refusal.GONE:
                self._not_there.update(self._asked_for(cursor.slice))
        else:
            read = cursor.read
            self._not_listed.add(self._sought)
            self._not_listed.update(
                hint.build_id
                for hint in self._hints.values()
                if hint.around and read.start <= hint.around < read.end
            )
            if cursor.oldest and not cursor.complete:
                self._reach = read.end - read.start
        return rows + [
            RawItem(orjson.dumps(row), fetched_at, "missing_builds")
            for row in self._missed(fetched_at)
        ]

    def _missed(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Yield the builds that came by no way, and give up those that may yet show up."""
        for hint in [*self._hints.values()]:
            listed = hint.around is None or hint.build_id in self._not_listed
            there = hint.scope is None or hint.build_id in self._not_there
            if not (listed and there):
                continue
            del self._hints[hint.build_id]
            if hint.created_at is None or hint.created_at >= now - OVERLAP:
                self._left += 1
                continue
            self._gone.append(hint)
            self._memory.closed(hint.build_id)
            yield {
                "id": hint.build_id,
                "created_at": to_api(hint.created_at),
                "noticed_at": to_api(now),
            }

    def _next(self) -> Slice | None:
        """Return what to ask for next."""
        listed = [
            hint
            for hint in self._hints.values()
            if hint.around and hint.build_id not in self._not_listed
        ]
        listed.sort(key=lambda hint: (hint.around, hint.build_id), reverse=True)
        guessed = [hint.around for hint in listed if hint.around and not hint.created_at]
        self._sought = listed[0].build_id if listed else ""
        times = [hint.around for hint in listed if hint.around]
        if len(times) > 1 and (self._reach is None or times[0] - times[1] <= self._reach):
            # What was told a while after the oldest was created lies before it.
            first = min(times[-1], *(each - _LATE for each in guessed)) if guessed else times[-1]
            return Slice(_NAME, Window(floor(first), floor(times[0]) + SECOND), pages=1)
        alone = [*listed[:1], *self._hints.values()]
        for hint in alone:
            if hint.scope and hint.build_id not in self._not_there:
                return Slice(_NAME, self._second(hint), scope=hint.scope, number=hint.number)
        if listed:
            return Slice(_NAME, self._second(listed[0]), pages=1)
        return None

    def _second(self, hint: Hint) -> Window:
        at = floor(hint.around or self._plan.now)
        return Window(at if hint.created_at else at - _LATE, at + SECOND)

    def _asked_for(self, slice_: Slice) -> Iterator[str]:
        for hint in self._hints.values():
            if (hint.scope, hint.number) == (slice_.scope, slice_.number):
                yield hint.build_id

    def _ask(self, slice_: Slice) -> Iterator[dict[str, Any]]:
        rest: Slice | None = slice_
        while rest:
            self._cursor = cursor = SliceCursor(rest)
            yield self._parameters(rest)
            rest = cursor.rest() if rest.number is None else None
        refusal = self.cursor.refusal
        if refusal and refusal is not Refusal.GONE:
            # Stopped, or more than the API can serve: the passes have ways around that.
            self._cut_short = True
