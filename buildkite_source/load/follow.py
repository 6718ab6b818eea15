"""What `serve` does with events: loads what they name, and syncs at an interval besides.

The ordinary sync is the safety net: whatever no event told of, it finds. The warehouse is held only
while a load runs.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from buildkite_source.events import Inbox
from buildkite_source.events.counters import Counters
from buildkite_source.events.inbox import InboxError

from .advice import stopped
from .guards import BusyError
from .report import Report

# Seconds between looks at the inbox; an event waits for the others that come with it anyway.
_LOOK = 0.2
# Events of one load: what a burst leaves is loaded by the next one.
_MOST = 5_000
# Seconds after a failure, doubled with each one that follows.
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0


class Load(Protocol):
    """One load: of what events name, or an ordinary sync without any."""

    def __call__(self, hints: list[dict[str, Any]] | None = None) -> Report:
        """Load, and return the report."""


@dataclass(slots=True)
class _Turn:
    """When one kind of load is tried next.

    Attributes:
        due: By the monotonic clock.
        failures: Of it, one after the other.
    """

    due: float = 0.0
    failures: int = 0


class Follower:
    """Loads from the inbox until it is asked to stop.

    Args:
        load: One load.
        inbox: Where events wait.
        counters: Hear of loads.
        tell: Takes a sentence for people: of a load, or of a failure.
        explain: Turns an error into one.
        gather: Seconds that an event waits for others.
        every: Seconds between ordinary syncs; 0 for none.
        drained: Set when no more events will come; what waits is loaded, and then it ends.
    """

    def __init__(
        self,
        load: Load,
        inbox: Inbox,
        counters: Counters,
        tell: Callable[[str], None],
        explain: Callable[[BaseException], str],
        *,
        gather: float,
        every: float,
        drained: threading.Event | None = None,
    ) -> None:
        self.stop = threading.Event()
        self._load = load
        self._inbox = inbox
        self._counters = counters
        self._tell = tell
        self._explain = explain
        self._gather = gather
        self._every = every
        self._drained = drained or threading.Event()
        # Each waits for itself, so that a sync that always fails holds up no events.
        self._sync, self._of_events = _Turn(), _Turn()

    def follow(self) -> None:
        """Load until asked to stop; a load that is under way is finished."""
        while not self.stop.is_set():
            done = self._drained.is_set()
            try:
                if self._every and time.monotonic() >= self._sync.due:
                    if self._run("sync", self._sync):
                        self._sync = _Turn(time.monotonic() + self._every)
                elif self._is_due():
                    self._load_events()
                elif done and not (self._sync.failures or self._inbox.waiting()[0]):
                    return
                else:
                    self.stop.wait(_LOOK)
            except InboxError as error:
                self._counters.failures += 1
                self._pause(self._of_events, str(error))
                self.stop.wait(_LOOK)

    def _is_due(self) -> bool:
        if time.monotonic() < self._of_events.due:
            return False
        count, oldest = self._inbox.waiting()
        if oldest is None:
            return False
        waited = time.time() - oldest
        return waited >= self._gather or count >= _MOST or self._drained.is_set()

    def _load_events(self) -> None:
        taken = self._inbox.take(_MOST)
        events = [event for _, event in taken]
        oldest = self._inbox.waiting()[1]
        if not self._run("events", self._of_events, events):
            return
        # A kill before this has the next run load the same again, which changes nothing.
        self._inbox.loaded([position for position, _ in taken], time.time())
        self._of_events = _Turn()
        self._counters.loaded += len(events)
        self._counters.lag = time.time() - (oldest or time.time())

    def _run(self, kind: str, turn: _Turn, events: list[dict[str, Any]] | None = None) -> bool:
        """Load; return whether all of it is committed."""
        try:
            report = self._load(events)
        except BusyError as busy:
            # Another process loads: it is done sooner or later, and no failure.
            self._pause(turn, str(busy))
            return False
        except Exception as error:
            if stopped(error):
                self.stop.set()
                return False
            self._counters.failures += 1
            self._pause(turn, self._explain(error))
            return False
        self._counters.loads[kind] += 1
        self._counters.requests += report.requests
        if report.stopped:
            self.stop.set()
            return False
        self._tell(_sentence(kind, events, report))
        return True

    def _pause(self, turn: _Turn, why: str) -> None:
        seconds = min(_FIRST_PAUSE * 2**turn.failures, _LONGEST_PAUSE)
        turn.failures += 1
        turn.due = time.monotonic() + seconds
        self._tell(f"{why} Trying again in {seconds:.0f} s.")


def _sentence(kind: str, events: list[dict[str, Any]] | None, report: Report) -> str:
    rows = f"{report.rows.get('builds', 0):,} builds, {report.rows.get('jobs', 0):,} jobs"
    if details := sum(read.done for read in report.details):
        rows += f", {details:,} of details"
    cost = f"{report.requests:,} requests, {report.seconds:.1f} s"
    if events is None:
        return f"{kind}: {rows} ({cost})"
    left = report.hinted.get("left", 0)
    later = f"; {left:,} builds left to the next sync" if left else ""
    return f"{len(events):,} events: {rows} ({cost}){later}"
