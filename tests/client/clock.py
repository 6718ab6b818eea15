"""Virtual time for one or several threads; nothing here waits for real."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

START = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves only by sleeping, and only once every running thread sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._threads = 1
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
                if len(self._wakes) >= self._threads:
                    self._elapsed = min(self._wakes)
                self._wakes = [later for later in self._wakes if later > self._elapsed]
                self._changed.notify_all()
                if self._elapsed < wake:
                    assert self._changed.wait(timeout=20), "no thread moves the clock"

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run each job in a thread of its own; raise the first error of any."""
        errors: list[BaseException] = []
        self._threads = len(jobs)

        def work(job: Callable[[], None]) -> None:
            try:
                job()
            except BaseException as error:
                errors.append(error)
            with self._changed:
                self._threads -= 1
                self._changed.notify_all()

        threads = [threading.Thread(target=work, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        self._threads = 1
        if errors:
            raise errors[0]
        assert not any(thread.is_alive() for thread in threads), "a thread never ended"
