"""The request budget: one object per token, shared by every thread that uses the token.

Buildkite counts requests in two fixed windows at once, per user and per organization, and
tells the state of both on every response (REST API rate limits,
https://buildkite.com/docs/apis/rest-api/limits).
"""

import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .clock import Clock

USER_SCOPE = "rest_user"
ORGANIZATION_SCOPE = "rest"

_HEADER_FAMILIES = {USER_SCOPE: "RateLimit-User-", ORGANIZATION_SCOPE: "RateLimit-"}

# The reset header counts whole seconds, so the window may live a second longer than it says.
_RESET_MARGIN = 1.0
# Length of the REST windows in seconds.
_WINDOW = 60.0
# Longer resets than this are taken for nonsense.
_LONGEST_RESET = 3600.0


@dataclass(slots=True)
class Window:
    """One rate limit as last seen: requests per window, what is left, and when it resets."""

    limit: int = 1
    remaining: int = 1
    resets_at: float = -math.inf
    in_flight: int = 0

    def available(self, share: float) -> int:
        """Requests that may still be sent while keeping to `share` of the limit."""
        reserve = self.limit - max(1, math.floor(self.limit * share))
        return self.remaining - reserve


@dataclass(slots=True)
class BudgetStats:
    """What was spent. `waited` is in seconds."""

    requests: int = 0
    limited: int = 0
    waited: float = 0.0


@dataclass(slots=True)
class RequestBudget:
    """Hands out requests so that both windows keep a reserve and no request meets a 429.

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
    stats: BudgetStats = field(default_factory=BudgetStats)
    stopped: bool = False
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, not {self.share}")

    def acquire(self, organization: str = "") -> bool:
        """Wait until a request to `organization` fits into both windows, and count it.

        Returns:
            False when the budget was stopped: nothing may be sent any more.
        """
        while not self.stopped:
            with self._changed:
                scope, seconds = self._blocked(organization)
                if scope is None:
                    # Somebody else's request will tell what the new window holds.
                    self._changed.wait()
                    continue
                if seconds <= 0:
                    for window in self._windows_of(organization).values():
                        window.remaining -= 1
                        window.in_flight += 1
                    self.stats.requests += 1
                    return True
                self.stats.waited += seconds
            if self.on_wait:
                self.on_wait(seconds, scope)
            self.clock.sleep(seconds)
        return False

    def stop(self) -> None:
        """Let nobody send anything any more."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()

    def release(
        self, organization: str, headers: Mapping[str, str], arrived: float | None = None
    ) -> None:
        """Learn from a response's rate limit headers; pass `{}` when there was no response.

        Args:
            organization: Organization of the request.
            headers: Headers of the response.
            arrived: When they arrived, by the clock's `monotonic`; now by default. A body can
                take seconds more, and the headers count from their own time.
        """
        now = self.clock.monotonic() if arrived is None else arrived
        with self._changed:
            for scope, window in self._windows_of(organization).items():
                window.in_flight -= 1
                _learn(window, _HEADER_FAMILIES[scope], headers, now)
            self._changed.notify_all()

    def limited(self, organization: str, scope: str, reset: float) -> None:
        """Record a 429: the window of `scope` is empty for `reset` seconds and some jitter."""
        reset = min(max(reset, 0.0), _LONGEST_RESET)
        resets_at = self.clock.monotonic() + reset + _RESET_MARGIN + self.rng.random()
        with self._changed:
            self.stats.limited += 1
            windows = self._windows_of(organization)
            window = windows.get(scope, windows[USER_SCOPE])
            window.remaining = 0
            window.resets_at = max(window.resets_at, resets_at)

    def left(self) -> int | None:
        """Requests this token may still send now, or None before the first response."""
        now = self.clock.monotonic()
        with self._changed:
            known = [w for w in self._windows.values() if w.resets_at > now]
            return max(0, min(w.available(self.share) for w in known)) if known else None

    def a_minute(self) -> int | None:
        """Return the requests this token may send in a minute, or None if it is not known."""
        with self._changed:
            limits = [w.limit for w in self._windows.values() if w.resets_at > -math.inf]
            return max(1, math.floor(min(limits) * self.share)) if limits else None

    def seconds_for(self, requests: int) -> float:
        """Estimate the seconds until `requests` more have been sent, by the windows as seen."""
        now = self.clock.monotonic()
        with self._changed:
            known = [w for w in self._windows.values() if w.resets_at > now]
            seconds = 0.0
            for window in known:
                beyond = requests - max(0, window.available(self.share))
                if beyond > 0:
                    rounds = math.ceil(beyond / max(1, math.floor(window.limit * self.share)))
                    wait = window.resets_at - now + (rounds - 1) * _WINDOW
                    seconds = max(seconds, wait)
            return seconds

    def _blocked(self, organization: str) -> tuple[str | None, float]:
        """Return the scope that blocks longest and for how many seconds; 0 when none does.

        The scope is None where only the answer to a request in flight can tell.
        """
        now = self.clock.monotonic()
        blocked: tuple[str | None, float] = ("", 0.0)
        for scope, window in self._windows_of(organization).items():
            if window.resets_at <= now:
                # Not seen yet, or expired: what it holds is unknown until a response tells,
                # so one request goes ahead to ask and the others wait for its headers.
                if window.in_flight:
                    return None, 0.0
            elif window.available(self.share) <= 0:
                # No clock sleeps shorter than its own resolution.
                wait = max(window.resets_at - now, 0.001)
                blocked = max(blocked, (scope, wait), key=lambda pair: pair[1])
        return blocked

    def _windows_of(self, organization: str) -> dict[str, Window]:
        scopes = {USER_SCOPE: ""} | ({ORGANIZATION_SCOPE: organization} if organization else {})
        return {
            scope: self._windows.setdefault((scope, name), Window())
            for scope, name in scopes.items()
        }


def _learn(window: Window, family: str, headers: Mapping[str, str], now: float) -> None:
    try:
        limit = int(headers[family + "Limit"])
        remaining = int(headers[family + "Remaining"])
        reset = float(headers[family + "Reset"])
    except (KeyError, ValueError):
        return
    if not 0 <= reset <= _LONGEST_RESET or limit < 1:
        return
    window.limit = limit
    # Requests still in flight may not be counted in this header yet.
    remaining -= window.in_flight
    resets_at = now + reset + _RESET_MARGIN
    if now < window.resets_at and resets_at <= window.resets_at + _WINDOW / 2:
        # An answer about the window that is known already, perhaps one that comes late: it may
        # take away, not give back. A new window would reset a whole window later.
        window.remaining = min(window.remaining, remaining)
        return
    window.remaining = remaining
    window.resets_at = resets_at


def organization_of(path: str) -> str:
    """Return the organization slug in a REST path, or "" where there is none."""
    parts = path.split("/")
    position = parts.index("organizations") + 1 if "organizations" in parts else len(parts)
    return parts[position] if position < len(parts) else ""
