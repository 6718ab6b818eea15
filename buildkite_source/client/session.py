"""One HTTP session for one token: auth, budget, retries, host pin and body checks."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.hooks import default_hooks, dispatch_hook

from .auth import TokenAuth, origin
from .budget import USER_SCOPE, RequestBudget
from .clock import Clock, SystemClock
from .errors import ForeignHostError, UnexpectedBodyError, UnreachableError, describe
from .events import Event, PageFetched, Waiting
from .items import split
from .response import ApiResponse, limit_of, page_numbers, retry_after

_RETRIED_STATUSES = frozenset({500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_TIMEOUT = (10.0, 60.0)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long failures are retried, with full jitter between 0 and the delay."""

    attempts: int = 6
    first_delay: float = 1.0
    longest_delay: float = 30.0
    rate_limited: int = 20

    def delay(self, attempt: int, rng: random.Random) -> float:
        """Return seconds to wait before the attempt after `attempt` failures."""
        return rng.uniform(0, min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1)))


@dataclass(slots=True)
class SessionStats:
    """What the session did. `bytes` counts decompressed bodies."""

    pages: int = 0
    bytes: int = 0
    retried: int = 0
    backed_off: float = 0.0


class BuildkiteSession(requests.Session):
    """A `requests` session for one Buildkite token; safe to share between threads.

    Args:
        token: API access token. It is sent to the origin of `base_url` and nowhere else.
        base_url: REST base such as `https://api.buildkite.com/v2`.
        user_agent: Sent with each request.
        budget: Shared request budget; a new one by default.
        retries: Retry policy for failures that are not the caller's fault.
        clock: Time source for waits and for `fetched_at`.
        rng: Source of jitter.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        user_agent: str = "buildkite-source",
        budget: RequestBudget | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__()
        self.base_url = base_url.rstrip("/")
        self.auth = TokenAuth(token, base_url)
        self.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        self.clock = clock or SystemClock()
        self.rng = rng or random.Random()
        self.budget = budget or RequestBudget(self.clock, rng=self.rng)
        self.budget.on_wait = self._waiting_for_budget
        self.retries = retries or Retries()
        self.stats = SessionStats()
        self.listener: Callable[[Event], None] | None = None
        self._origin = origin(base_url)
        self._lock = threading.Lock()
        self._api_time = datetime.min.replace(tzinfo=UTC)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send within the budget, retry what can be retried, and return a checked response.

        Raises:
            ForeignHostError: The request, or a redirect of it, goes to another origin.
            UnreachableError: No answer, or only server errors, in all attempts.
            UnexpectedBodyError: A success whose body is no JSON list or object.
            ApiError: From the endpoint's own hook, for every other refusal.
        """
        # Hooks see the final answer only, not the failures that are retried here.
        hooks, request.hooks = request.hooks, default_hooks()
        kwargs.setdefault("timeout", _TIMEOUT)
        kwargs["timeout"] = kwargs["timeout"] or _TIMEOUT
        response = self._follow(request, {**kwargs, "allow_redirects": False})
        checked: requests.Response = dispatch_hook("response", hooks, response, **kwargs)  # type: ignore[no-untyped-call]
        return checked

    def _follow(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> Any:
        for _ in range(_MAX_REDIRECTS):
            self._check_origin(request.url or "")
            response = self._retry(request, kwargs)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return response
            request = request.copy()
            request.url = urljoin(response.url, target)
        raise UnexpectedBodyError(f"{describe(response)} redirects in a circle.")

    def _retry(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> Any:
        failures = rate_limited = 0
        while True:
            outcome = self._attempt(request, kwargs)
            if isinstance(outcome, requests.Response) and outcome.status_code == 429:
                rate_limited += 1
                if rate_limited > self.retries.rate_limited:
                    return outcome
                continue
            if isinstance(outcome, requests.Response):
                return outcome
            failures += 1
            if failures >= self.retries.attempts:
                raise outcome.final
            seconds = outcome.retry_after
            if seconds is None:
                seconds = self.retries.delay(failures, self.rng)
            with self._lock:
                self.stats.retried += 1
                self.stats.backed_off += seconds
            self.tell(Waiting(seconds, f"retry after: {outcome.reason}"))
            self.clock.sleep(seconds)

    def _attempt(
        self, request: requests.PreparedRequest, kwargs: dict[str, Any]
    ) -> "requests.Response | _Failure":
        path = urlsplit(request.url or "").path
        organization = organization_of(path)
        self.budget.acquire(organization)
        headers: Mapping[str, str] = {}
        try:
            response = super().send(request, **kwargs)
            headers = response.headers
        except requests.exceptions.InvalidURL:
            raise
        except requests.RequestException as error:
            reason = _reason(error)
            return _Failure(reason, UnreachableError(self._unreachable(reason)))
        finally:
            self.budget.release(organization, headers)
        if response.status_code == 429:
            self.budget.limited(organization, *limit_of(response))
            return response
        if response.status_code in _RETRIED_STATUSES:
            reason = f"{describe(response)} answered {response.status_code}"
            text = f"{reason} in each of {self.retries.attempts} attempts. Try again later."
            return _Failure(reason, UnreachableError(text), retry_after(response))
        if response.status_code != 200:
            return response
        return self._checked(response, path)

    def _checked(self, response: requests.Response, path: str) -> "requests.Response | _Failure":
        body = response.content
        try:
            items = split(body, self._fetched_at(response))
        except (msgspec.MsgspecError, ValueError) as error:
            text = (
                f"{describe(response)} sent a body that is not the JSON the API documents "
                f"({error}); it starts with {body[:80]!r}. Is base_url the Buildkite API?"
            )
            return _Failure("broken JSON", UnexpectedBodyError(text))
        with self._lock:
            self.stats.pages += 1
            self.stats.bytes += len(body)
        page, last = page_numbers(response)
        self.tell(PageFetched(path, page, last, self.budget.left(), len(items), len(body)))
        return ApiResponse.of(response, items)

    def _fetched_at(self, response: requests.Response) -> datetime:
        """Return the API's time, pushed on so that a later response always has a later time."""
        try:
            told = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            told = self.clock.now()
        with self._lock:
            self._api_time = max(told, self._api_time + timedelta(microseconds=1))
            return self._api_time

    def _check_origin(self, url: str) -> None:
        if origin(url) != self._origin:
            raise ForeignHostError(
                f"The API pointed to {origin(url)}, which is not the configured host "
                f"{self._origin}. Nothing was sent there. If that host is right, set base_url "
                "(SOURCES__BUILDKITE_SOURCE__BASE_URL)."
            )

    def _unreachable(self, reason: str) -> str:
        return (
            f"The Buildkite API at {self._origin} cannot be reached: {reason} "
            f"({self.retries.attempts} attempts). Check the network, a proxy, or base_url."
        )

    def _waiting_for_budget(self, seconds: float, scope: str) -> None:
        limit = "user" if scope == USER_SCOPE else "organization"
        self.tell(Waiting(seconds, f"the {limit}'s request budget"))

    def tell(self, event: Event) -> None:
        """Pass an event to the listener, if there is one."""
        if self.listener:
            self.listener(event)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A try that may be repeated: why it failed, and what to raise if it was the last."""

    reason: str
    final: Exception
    retry_after: float | None = field(default=None)


def organization_of(path: str) -> str:
    """Return the organization slug in a REST path, or "" where there is none."""
    parts = path.split("/")
    position = parts.index("organizations") + 1 if "organizations" in parts else len(parts)
    return parts[position] if position < len(parts) else ""


def _reason(error: requests.RequestException) -> str:
    """Return a short cause without URL, so that nothing of the query is repeated."""
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate was not accepted"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut off"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return type(error).__name__
