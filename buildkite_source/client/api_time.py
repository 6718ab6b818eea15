"""The API's own clock, as its responses tell it."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from .clock import Clock


class ApiTime:
    """Follows the `Date` of responses, which have whole seconds, from several threads.

    Args:
        clock: Tells the time where a response does not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    @property
    def latest(self) -> datetime:
        """The time of the newest response."""
        return self._latest

    def of(self, response: requests.Response) -> datetime:
        """Return a response's time, pushed on so that a later one always has a later time."""
        told = date_of(response) or self._clock.now()
        with self._lock:
            self._latest = max(told, self._latest + timedelta(microseconds=1))
            return self._latest


def date_of(response: requests.Response) -> datetime | None:
    """Return the `Date` of a response, or None where it has none that can be read."""
    try:
        told = parsedate_to_datetime(response.headers["Date"])
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (KeyError, ValueError, OverflowError):
        return None
