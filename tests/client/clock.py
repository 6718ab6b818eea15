"""Virtual time for one or several threads; nothing here waits for real."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

START = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves only by sleeping, and only once every running thread sleeps or waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._running = 1
        self._elapsed = 0.0
        self._wakes: list[float] = []
        self._changed = threading.Condition()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        with self._changed:
            self.slept.append(seconds)
            wake = self._elapsed + seconds
            if wake > self._elapsed:
                self._wakes.append(wake)
            while self._elapsed < wake:
                if len(self._wakes) >= self._running:
                    self._elapsed = min(self._wakes)
                self._wakes = [later for later in self._wakes if later > self._elapsed]
                self._changed.notify_all()
                if self._elapsed < wake:
                    assert self._changed.wait(timeout=20), "no thread moves the clock"

    def count(self, change: int) -> None:
        """Take note of threads that begin to run, or that end or wait for another thread."""
        with self._changed:
            self._running += change
            self._changed.notify_all()

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run each job in a thread of its own; raise the first error of any."""
        errors: list[BaseException] = []
        self.count(len(jobs) - 1)

        def work(job: Callable[[], None]) -> None:
            try:
                job()
            except BaseException as error:
                errors.append(error)
            self.count(-1)

        threads = [threading.Thread(target=work, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        if errors:
            raise errors[0]
        assert not any(thread.is_alive() for thread in threads), "a thread never ended"
        self.count(1)


class FakeCondition(threading.Condition):
    """A condition whose waiters do not keep the clock from moving."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock
        self._waiting_now = 0

    def wait(self, timeout: float | None = None) -> bool:
        self._waiting_now += 1
        self._clock.count(-1)
        return super().wait(timeout)

    def notify_all(self) -> None:
        self._clock.count(self._waiting_now)
        self._waiting_now = 0
        super().notify_all()
