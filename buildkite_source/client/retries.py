"""Failures that may pass: how often and how long they are retried, and what remains."""

import random
from dataclasses import dataclass

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from .pace import TooSlowError
from .refusals import Refusal
from .response import TooLargeError


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long failures are retried, with full jitter between 0 and the delay."""

    attempts: int = 6
    heavy_attempts: int = 3
    first_delay: float = 1.0
    longest_delay: float = 30.0
    rate_limited: int = 20

    def delay(self, attempt: int, rng: random.Random) -> float:
        """Return seconds to wait before the attempt after `attempt` failures."""
        return rng.uniform(0, min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1)))


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that may be repeated: why it failed, and what to raise if it was the last.

    Attributes:
        arrived: The API may have had the request, and may have done what it asks for.
    """

    reason: str
    final: Exception
    retry_after: float | None = None
    refusal: Refusal | None = None
    arrived: bool = True

    def enough(self, retries: Retries) -> int:
        """After how many failures asking for less beats asking again."""
        return retries.heavy_attempts if self.refusal is Refusal.TOO_HEAVY else 1


def may_have_arrived(error: requests.RequestException) -> bool:
    """Whether the API may have had a request that failed so; not if no connection was made."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return False
    cause = _inner(error)
    return not isinstance(getattr(cause, "reason", cause), NewConnectionError)


def is_late(error: requests.RequestException) -> bool:
    """Whether an answer did not come, or not go on, in time."""
    # Of a body, `requests` calls that a failed connection.
    return isinstance(error, requests.Timeout) or isinstance(_inner(error), ReadTimeoutError)


def reason_of(error: requests.RequestException) -> str:
    """Return a short cause without URL, so that nothing of the query is repeated."""
    if isinstance(error, TooLargeError):
        return str(error)
    cause = getattr(_inner(error), "__cause__", None)
    if isinstance(cause, TooSlowError):
        return str(cause)
    if is_late(error):
        return "it did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate was not accepted"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut off"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return type(error).__name__


def _inner(error: requests.RequestException) -> object:
    """Return the error of urllib3 that one of `requests` stands for, if any."""
    return error.args[0] if error.args else None
