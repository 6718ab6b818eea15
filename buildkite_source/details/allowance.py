"""What one load may spend on details."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Allowance:
    """What one load may spend on details.

    Attributes:
        requests: Returns how many were sent so far, by whatever way.
        stopped: Returns whether the run was asked to stop.
        max_requests: Requests, or None for any number.
        max_bytes: Bytes of logs, or None.
        spent_bytes: Bytes of logs so far.
    """

    requests: Callable[[], int]
    stopped: Callable[[], bool]
    max_requests: int | None = None
    max_bytes: int | None = None
    spent_bytes: int = 0
    _before: int | None = field(default=None)

    def begin(self) -> None:
        """Count from now on; what a run spent on lists before does not count."""
        if self._before is None:
            self._before = self.requests()

    def left_bytes(self) -> int | None:
        """Return the bytes of logs that may still be fetched, or None for any number."""
        return None if self.max_bytes is None else max(0, self.max_bytes - self.spent_bytes)

    def left_requests(self) -> int | None:
        """Return the requests that may still be sent, or None for any number."""
        if self.max_requests is None:
            return None
        return max(0, self.max_requests - (self.requests() - (self._before or 0)))

    def refuses(self) -> str:
        """Return the name of the bound that is reached, or ""."""
        if self.stopped():
            return "stopped"
        if self.left_requests() == 0:
            return "max_requests"
        if self.max_bytes is not None and self.spent_bytes >= self.max_bytes:
            return "max_bytes"
        return ""
