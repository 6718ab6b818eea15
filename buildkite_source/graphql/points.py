"""The budget of GraphQL points: one object per token, shared by every thread that uses it.

Buildkite counts the points that answers cost in two fixed windows of five minutes, per user and
per organization, and tells the state of both on every response (GraphQL resource limits,
https://buildkite.com/docs/apis/graphql/graphql-resource-limits). What a query will cost is not
known before it is answered, so each query reserves what it asks for, the most that it can cost,
and gives back the rest.
"""

import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from buildkite_source.client import Clock

from .stats import PointStats

USER_SCOPE = "graphql_user"
ORGANIZATION_SCOPE = "graphql"

_FAMILIES = {USER_SCOPE: "RateLimit-User-", ORGANIZATION_SCOPE: "RateLimit-"}
# Documented defaults; the headers tell the true ones.
_LIMITS = {USER_SCOPE: 5_000, ORGANIZATION_SCOPE: 20_000}
_WINDOW = 300.0
# The reset header counts whole seconds, so the window may live a second longer than it says.
_RESET_MARGIN = 1.0
# An answer may come so much later than it was given; what it says of a reset is late as well.
_LATEST = 75.0
# Longer resets than this are taken for nonsense.
_LONGEST_RESET = 3600.0
_FREE = ("", 0.0)


@dataclass(slots=True)
class Window:
    """One limit as last seen, in points; `sure` is False until the API told how it stands."""

    limit: int
    remaining: int
    resets_at: float = -math.inf
    sure: bool = False

    def allowance(self, share: float) -> int:
        """Points of a whole window that may be spent."""
        return max(1, math.floor(self.limit * share))

    def left(self, share: float) -> int:
        """Points that may still be spent, those that are reserved included."""
        return self.remaining - (self.limit - self.allowance(share))

    def roll(self, now: float) -> None:
        """Begin a new window if the one that was seen has ended."""
        if self.resets_at <= now:
            self.remaining = self.limit
            self.resets_at = now + _WINDOW


@dataclass(slots=True)
class PointBudget:
    """Hands out points so that both windows keep a reserve and no query meets a limit.

    A token of several organizations is answered with the window of one of them at a time; this
    class keeps one window for all, which is the tighter reading.

    Args:
        clock: Time source; `sleep` of it is the only way this class waits.
        share: Part of each limit this token may use, above 0 and at most 1. The rest is left
            to the other clients of the same user and organization.
        rng: Source of jitter.
        on_wait: Called with (seconds, scope) before each wait.
    """

    clock: Clock
    share: float = 0.9
    rng: random.Random = field(default_factory=random.Random)
    on_wait: Callable[[float, str], None] | None = None
    stats: PointStats = field(default_factory=PointStats)
    stopped: bool = False
    _reserved: int = 0
    _windows: dict[str, Window] = field(
        default_factory=lambda: {name: Window(limit, limit) for name, limit in _LIMITS.items()}
    )
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, not {self.share}")

    @property
    def known(self) -> bool:
        """Whether the API told how both windows stand, and no answer was lost since."""
        return all(window.sure for window in self._windows.values())

    def room(self, least: int, *, wait: bool = True) -> int:
        """Wait until `least` points can be had, or a whole window's share; return what can be.

        Returns:
            Points that a query may ask for now; 0 when the budget was stopped, or would have
            to wait and is not to.
        """
        if not wait:
            with self._changed:
                blocked = self.stopped or self._blocked(least) != _FREE
                return 0 if blocked else max(1, self._left())
        return self._wait_for(least)

    def acquire(self, points: int) -> bool:
        """Wait until `points` can be had, or a whole window's share, and reserve them.

        Args:
            points: Requested complexity of a query; 0 for one that costs nothing, which has to
                wait only while a window is used up.

        Returns:
            False when the budget was stopped: nothing may be sent any more.
        """
        return self._wait_for(points, reserve=True) > 0

    def release(self, points: int, headers: Mapping[str, str], spent: int | None = None) -> None:
        """Give back what `acquire` reserved, and learn what was spent.

        Args:
            points: As given to `acquire`.
            headers: Of the response; `{}` when there was none.
            spent: Actual complexity, if the answer told it.
        """
        now = self.clock.monotonic()
        with self._changed:
            self._reserved -= points
            self.stats.points += spent or 0
            for scope, window in self._windows.items():
                window.roll(now)
                if not _learn(window, _FAMILIES[scope], headers, now, asked=not points):
                    window.remaining -= points if spent is None else spent
                    window.sure = window.sure and spent is not None
            self._changed.notify_all()

    def limited(self, scope: str, reset: float) -> None:
        """Record a 429: the window of `scope` is empty for `reset` seconds and some jitter."""
        reset = min(max(reset, 0.0), _LONGEST_RESET)
        resets_at = self.clock.monotonic() + reset + _RESET_MARGIN + self.rng.random()
        with self._changed:
            self.stats.limited += 1
            window = self._windows.get(scope, self._windows[USER_SCOPE])
            window.remaining = 0
            window.resets_at = resets_at
            window.sure = False

    def stop(self) -> None:
        """Let nobody send anything any more."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()

    def _wait_for(self, points: int, *, reserve: bool = False) -> int:
        while not self.stopped:
            with self._changed:
                scope, seconds = self._blocked(points)
                if scope is None:
                    # An answer on its way will give back some of what it reserved.
                    self._changed.wait()
                    continue
                if seconds <= 0:
                    if reserve:
                        self._reserved += points
                        self.stats.queries += 1
                    return max(1, self._left())
                self.stats.waited += seconds
            if self.on_wait:
                self.on_wait(seconds, scope)
            self.clock.sleep(seconds)
        return 0

    def _left(self) -> int:
        return min(each.left(self.share) for each in self._windows.values()) - self._reserved

    def _blocked(self, points: int) -> tuple[str | None, float]:
        """Return the scope that blocks longest and for how many seconds; 0 when none does.

        The scope is None where the answer to a query in flight may be enough.
        """
        now = self.clock.monotonic()
        blocked: tuple[str | None, float] = _FREE
        for scope, window in self._windows.items():
            window.roll(now)
            left = window.left(self.share) if points else window.remaining
            wanted = min(max(points, 1), window.allowance(self.share))
            if left - self._reserved >= wanted:
                continue
            if left >= wanted:
                return None, 0.0
            # No clock sleeps shorter than its own resolution.
            wait = max(window.resets_at - now, 0.001)
            blocked = max(blocked, (scope, wait), key=lambda pair: pair[1])
        return blocked


def _learn(
    window: Window, family: str, headers: Mapping[str, str], now: float, *, asked: bool
) -> bool:
    """Take over what a response tells of a window; return whether it told anything.

    Args:
        window: The window to change.
        family: Prefix of its headers.
        headers: Of the response.
        now: Monotonic seconds.
        asked: Whether the query was a free one, sent to learn how the window stands.
    """
    try:
        limit = int(headers[family + "Limit"])
        remaining = int(headers[family + "Remaining"])
        reset = float(headers[family + "Reset"])
    except (KeyError, ValueError):
        return False
    if not 0 <= reset <= _LONGEST_RESET or limit < 1:
        return False
    resets_at = now + reset + _RESET_MARGIN
    window.limit = limit
    if resets_at > window.resets_at + _LATEST or (asked and not window.sure):
        window.remaining = remaining
        window.resets_at = resets_at
        window.sure = window.sure or asked
    elif window.sure and resets_at < window.resets_at - 2 * _RESET_MARGIN:
        # Perhaps a late answer about the window before, perhaps not: ask again.
        window.sure = False
    else:
        # The window that is known already. Every answer tells what was left after it, so the
        # least of them is what is left after all of them, however late they come.
        window.remaining = min(window.remaining, remaining)
    return True
