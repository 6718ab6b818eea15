"""Slices: the requests a run makes of one build list, pass by pass. Pure.

Buildkite has no `updated_at`, so several passes together find what changed (see
`docs/passes.md`). Every pass asks the build list of the organization or pipeline:

* new: created since the last run, and what of the history is still missing;
* open: created before that, and still unsettled;
* finished: created before that, and finished since the last run;
* lost: unsettled when last seen, and returned by no pass;
* recheck: everything of the last days, once a day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from .memory import ListMemory
from .windows import SECOND, Window, floor, gaps, to_api

# Builds may show up in the lists so long after they were created. Nothing younger counts as
# covered, and what has finished is asked for again from as long before the last run.
OVERLAP = timedelta(minutes=5)
# Lost builds created this close together are asked for in one request.
_TOGETHER = timedelta(minutes=1)

OPEN_STATES = ("creating", "scheduled", "running", "failing", "canceling", "blocked")
_UNSETTLED = frozenset(OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Slice:
    """One query of a build list, read page by page.

    Attributes:
        name: The pass it belongs to.
        window: Creation times asked for.
        filters: Query parameters besides the window.
        per_page: Builds a page; less than the maximum where the API cannot serve more.
        pages: Read at most this many pages, then leave the rest for another slice.
    """

    name: str
    window: Window
    filters: tuple[tuple[str, str], ...] = ()
    per_page: int = 100
    pages: int | None = None

    @property
    def query(self) -> str:
        """The filters as the end of a URL, or nothing."""
        return "?" + urlencode(self.filters) if self.filters else ""

    def after(self, oldest: datetime | None, per_page: int) -> "Slice":
        """Return what is left of it once everything younger than `oldest` has been read."""
        window = self.window if oldest is None else self.window.cut(oldest)[1]
        return replace(self, window=window, per_page=per_page)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a run wants of a build list.

    Attributes:
        since: How far back the history is to reach.
        until: Up to when; None for now, which also follows changes.
        now: The API's time at the start of the run.
        pages: Pages of history to read in one load, or None for all.
        open_days: Blocked or running builds older than this are no longer followed.
        recheck_days: Days to read again once a day; 0 for never.
        lost_requests: Requests to spend on lost builds in one run.
        again: Read the wanted history anew, whatever earlier loads know of it.
    """

    since: datetime
    now: datetime
    until: datetime | None = None
    pages: int | None = None
    open_days: int = 90
    recheck_days: int = 7
    lost_requests: int = 50
    again: bool = False

    @property
    def end(self) -> datetime:
        """Up to when builds are wanted."""
        return self.until or self.now

    @property
    def settled(self) -> datetime:
        """Up to when no build can show up any more."""
        return self.now - OVERLAP

    @property
    def span(self) -> Window:
        """The wanted history, as far as it is settled; never empty, so that it has a begin."""
        end = min(self.end, self.settled)
        return Window(min(self.since, end - SECOND), end)


def is_unsettled(state: str | None, blocked: bool | None) -> bool:
    """Whether a build may still change without a retry (Builds API: `blocked` is a flag)."""
    return bool(blocked) or state in _UNSETTLED


def changes(memory: ListMemory, aim: Aim) -> Iterator[Slice]:
    """Yield the slices that bring what is loaded up to date; none before the first load."""
    covered = memory.covered
    if not covered or aim.until:
        return
    newest = covered[-1].end
    new = Window(min(newest, aim.now), aim.now)
    if new:
        yield Slice("new", new, pages=aim.pages)
    oldest = covered[0].start
    open_start = max(oldest, floor(aim.now - timedelta(days=aim.open_days)))
    if Window(open_start, new.start):
        states = tuple(("state[]", state) for state in OPEN_STATES)
        yield Slice("open", Window(open_start, new.start), states)
    before = Window(oldest, new.start)
    finished = (memory.time("finished") or newest) - OVERLAP
    if before:
        yield Slice("finished", before, (("finished_from", to_api(finished)),))


def lost(unseen: dict[str, datetime], aim: Aim) -> tuple[list[Slice], int]:
    """Return slices that ask for builds by their creation time, and how many are left out.

    A creation time finds a build also after its pipeline was renamed, and one request finds
    neighbours.

    Args:
        unseen: Creation time by id.
        aim: Bounds the requests.
    """
    windows: list[Window] = []
    for created in sorted(unseen.values(), reverse=True):
        start = floor(created)
        if windows and windows[-1].start - start <= _TOGETHER:
            windows[-1] = Window(start, windows[-1].end)
        else:
            windows.append(Window(start, start + SECOND))
    asked = windows[: aim.lost_requests]
    left = sum(1 for created in unseen.values() if not _within(created, asked))
    return [Slice("lost", window) for window in asked], left


def history(memory: ListMemory, aim: Aim) -> list[Slice]:
    """Return slices for what is missing of the wanted history, newest first."""
    missing = gaps(memory.covered, aim.span)
    if missing and missing[0].end == aim.span.end and not _after(memory.covered, aim.span.end):
        # What is not settled yet comes along in the same request.
        missing[0] = Window(missing[0].start, aim.end)
    return [Slice("history", gap, pages=aim.pages) for gap in missing]


def recheck(memory: ListMemory, aim: Aim) -> Slice | None:
    """Return the daily slice that reads the last days again, if it is due."""
    last = memory.time("rechecked")
    if not aim.recheck_days or aim.until or not memory.covered:
        return None
    if last and aim.now - last < timedelta(days=1):
        return None
    start = max(floor(aim.now - timedelta(days=aim.recheck_days)), memory.covered[0].start)
    window = Window(start, memory.covered[-1].end)
    return Slice("recheck", window) if window else None


def _within(moment: datetime, windows: Iterable[Window]) -> bool:
    return any(window.start <= moment < window.end for window in windows)


def _after(windows: Iterable[Window], moment: datetime) -> bool:
    return any(window.end > moment for window in windows)
