"""The API's side of the rate limits, as plainly as it can be said: counters per fixed window."""

import math
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .clock import FakeClock

WINDOW = 60

Key = tuple[str, str]


def headers(
    *,
    user: tuple[int, int, float] | None = None,
    organization: tuple[int, int, float] | None = None,
) -> dict[str, str]:
    """Return rate limit headers from (limit, remaining, reset) of each family."""
    told = {}
    for family, values in (("RateLimit-User-", user), ("RateLimit-", organization)):
        for name, value in zip(("Limit", "Remaining", "Reset"), values or (), strict=False):
            told[family + name] = str(value)
    return told


@dataclass
class ReferenceApi:
    """Two limits in force at once; `starts` shifts where windows begin.

    Attributes:
        ours: Requests of the client under test, per limit and window.
        told: What the client was last told about a window: requests that remain.
        limited: Number of 429s.
    """

    clock: FakeClock
    user_limit: int
    organization_limit: int
    starts: float = 0.0
    rounding: Callable[[float], float] = math.ceil
    ours: Counter[tuple[Key, int]] = field(default_factory=Counter)
    others: Counter[tuple[Key, int]] = field(default_factory=Counter)
    told: dict[tuple[Key, int], int] = field(default_factory=dict)
    limited: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def limits(self, organization: str) -> dict[Key, int]:
        user: dict[Key, int] = {("rest_user", ""): self.user_limit}
        return user | ({("rest", organization): self.organization_limit} if organization else {})

    def window(self) -> int:
        return math.floor((self.clock.monotonic() + self.starts) / WINDOW)

    def reset(self) -> float:
        left = (self.window() + 1) * WINDOW - (self.clock.monotonic() + self.starts)
        return self.rounding(left)

    def others_send(self, organization: str, count: int) -> None:
        with self.lock:
            for key in self.limits(organization):
                self.others[key, self.window()] += count

    def take(self, organization: str) -> tuple[dict[str, str], tuple[str, float] | None]:
        """Count a request; return the headers, and scope and reset of a 429."""
        with self.lock:
            window, families, over = self.window(), {}, None
            for key, limit in self.limits(organization).items():
                self.ours[key, window] += 1
                left = limit - self.ours[key, window] - self.others[key, window]
                if left < 0:
                    over = (key[0], self.reset())
                self.told[key, window] = max(0, left)
                family = "user" if key[0] == "rest_user" else "organization"
                families[family] = (limit, max(0, left), self.reset())
            self.limited += over is not None
            return headers(**families), over


def allowed(limit: int, share: float) -> int:
    """Requests a window may see from a client that keeps to `share`."""
    return max(1, math.floor(limit * share))
