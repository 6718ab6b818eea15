"""Slices: the requests a run makes of one build list, pass by pass. Pure.

Buildkite has no `updated_at`, so several passes together find what changed (see
`docs/passes.md`). Every pass asks the build list of the organization or pipeline:

* new: created since the last run, and what of the history is still missing;
* open: created before that, and in a state that moves by itself;
* finished: created before that, and finished since the last run;
* lost: expected to be there, and returned by no pass;
* recheck: everything of the last days, once a day;
* standing: those that stand at a block step, once a day.

Besides, events name builds that are read at once, by `hinted.py`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from buildkite_source.settings import History, SettingError, of_setting
from buildkite_source.states import MOVING_STATES
from buildkite_source.windows import (
    OVERLAP,
    SECOND,
    Window,
    floor,
    gaps,
    parse_since,
    parse_until,
    to_api,
)

from .memory import ListMemory

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slice:
    """One query of a build list, read page by page.

    Attributes:
        name: The pass it belongs to.
        window: Creation times asked for.
        filters: Query parameters besides the window.
        per_page: Builds a page; less than the maximum where the API cannot serve more.
        pages: Read at most this many pages, then leave the rest for another slice.
        scope: The pipeline whose build is asked for by its number, such as `acme/pipelines/web`.
        number: This number; None for a list.
    """

    name: str
    window: Window
    filters: tuple[tuple[str, str], ...] = ()
    per_page: int = 100
    pages: int | None = None
    scope: str | None = None
    number: int | None = None

    @property
    def query(self) -> str:
        """The filters, or the number of the build, as the end of a URL; or nothing."""
        if self.number is not None:
            return f"/{self.number}"
        return "?" + urlencode(self.filters) if self.filters else ""

    def after(self, oldest: datetime | None, per_page: int) -> "Slice":
        """Return what is left of it once everything younger than `oldest` has been read."""
        window = self.window if oldest is None else self.window.cut(oldest)[1]
        return replace(self, window=window, per_page=per_page)


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a run wants of a build list.

    Attributes:
        since: How far back the history is to reach.
        until: Up to when; None for now, which also follows changes.
        now: The API's time at the start of the run.
        pages: Pages of history to read in one load, or None for all.
        open_days: Blocked or running builds older than this are no longer followed.
        recheck_days: Days to read again once a day; 0 for never.
        lost_requests: Requests to spend on lost builds in one run.
        blocked_requests: Requests to spend once a day on builds that stand blocked; 0 for never.
        again: Read the wanted history anew, whatever earlier loads know of it.
    """

    since: datetime
    now: datetime
    until: datetime | None = None
    pages: int | None = None
    open_days: int = 90
    recheck_days: int = 7
    lost_requests: int = 50
    blocked_requests: int = 50
    again: bool = False

    @classmethod
    def of(cls, settings: History, now: datetime) -> "SyncPlan":
        """Return what settings want, at a time of the API's.

        Raises:
            SettingError: They name no time, or one to come.
        """
        with of_setting("since"):
            since = parse_since(settings.since, now)
        with of_setting("until"):
            until = parse_until(settings.until, now) if settings.until else None
        if until and since >= until:
            raise SettingError(
                f"There is no time from {to_api(since)} on and before {to_api(until)}: the "
                "settings since and until are where the history begins, and where it ends."
            )
        return cls(
            since=since,
            until=until,
            now=now,
            pages=settings.pages_per_load,
            open_days=settings.open_days,
            recheck_days=settings.recheck_days,
            lost_requests=settings.lost_requests,
            blocked_requests=settings.blocked_requests,
            again=settings.again,
        )

    @property
    def end(self) -> datetime:
        """Up to when builds are wanted."""
        return self.until or self.now

    @property
    def settled(self) -> datetime:
        """Up to when no build can show up any more."""
        return self.now - OVERLAP

    @property
    def followed(self) -> datetime:
        """Since when builds that have not settled are followed."""
        return floor(self.now - timedelta(days=self.open_days))

    @property
    def span(self) -> Window:
        """The wanted history, as far as it is settled; never empty, so that it has a begin."""
        end = min(self.end, self.settled)
        return Window(min(self.since, end - SECOND), end)


def changes(memory: ListMemory, plan: SyncPlan) -> Iterator[Slice]:
    """Yield the slices that bring what is loaded up to date; none before the first load."""
    covered = memory.covered
    if not covered or plan.until:
        return
    newest = covered[-1].end
    new = Window(min(newest, plan.now), plan.now)
    if new:
        yield Slice("new", new, pages=plan.pages)
    oldest = covered[0].start
    open_start = max(oldest, plan.followed)
    if Window(open_start, new.start):
        states = tuple(("state[]", state) for state in MOVING_STATES)
        yield Slice("open", Window(open_start, new.start), states)
    before = Window(oldest, new.start)
    finished = (memory.time("finished") or newest) - OVERLAP
    if before:
        yield Slice("finished", before, (("finished_from", to_api(finished)),))


def lost(created: Collection[datetime]) -> Slice | None:
    """Return the slice that asks for builds by their creation time; None when none are left.

    A creation time finds a build also after its pipeline was renamed or its state changed. The
    page from the newest one down answers for all that are as young as the builds on it, or for
    all there are, where the API has forgotten what is older.

    Args:
        created: Creation times of the builds.
    """
    if not created:
        return None
    return Slice("lost", Window(floor(min(created)), floor(max(created)) + SECOND), pages=1)


def history(memory: ListMemory, plan: SyncPlan) -> list[Slice]:
    """Return slices for what is missing of the wanted history, newest first."""
    missing = gaps(memory.covered, plan.span)
    if missing and missing[0].end == plan.span.end and not _after(memory.covered, plan.span.end):
        # What is not settled yet comes along in the same request.
        missing[0] = Window(missing[0].start, plan.end)
    return [Slice("history", gap, pages=plan.pages) for gap in missing]


def recheck(memory: ListMemory, plan: SyncPlan) -> Slice | None:
    """Return the daily slice that reads the last days again, if it is due."""
    if not plan.recheck_days or not _is_due("rechecked", memory, plan):
        return None
    start = max(floor(plan.now - timedelta(days=plan.recheck_days)), memory.covered[0].start)
    window = Window(start, memory.covered[-1].end)
    return Slice("recheck", window) if window else None


def standing(memory: ListMemory, plan: SyncPlan) -> Slice | None:
    """Return the daily slice that reads the builds that stand blocked again, if it is due.

    A build that is unblocked shows while it runs, and mostly by a new finish. It shows by neither
    when it came to stand again between two runs and its `finished_at` did not move.
    """
    if not plan.blocked_requests or not _is_due("stood", memory, plan):
        return None
    window = Window(max(plan.followed, memory.covered[0].start), memory.covered[-1].end)
    blocked = (("state[]", "blocked"),)
    return Slice("standing", window, blocked, pages=plan.blocked_requests) if window else None


def _is_due(name: str, memory: ListMemory, plan: SyncPlan) -> bool:
    last = memory.time(name)
    due = not last or plan.now - last >= _DAY
    return due and bool(memory.covered) and not plan.until


def _after(windows: Iterable[Window], moment: datetime) -> bool:
    return any(window.end > moment for window in windows)
