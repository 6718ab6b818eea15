"""Clocks the simulated world can be given: real time, sped-up time, or a hand on the dial."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the world, the rate limits and the `Date` header what time it is."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        ...


class RealClock:
    """Time that passes by itself, from `start` on and `speed` times as fast as ours."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self._start = start or datetime.now(UTC)
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)


class ManualClock:
    """Time that stands still until it is moved; safe to move from any thread."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 8, 5, 14, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """Move forward by a timedelta or by its parts (`minutes=5`), and return the new time."""
        step = (by or timedelta()) + timedelta(**parts)
        if step < timedelta():
            raise ValueError(f"time only moves forward, not by {step}")
        with self._lock:
            self._now += step
            return self._now
