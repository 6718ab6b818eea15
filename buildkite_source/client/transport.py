"""One HTTP session for one token: auth, budget, retries, host pin and body checks."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit

import msgspec
import requests

from .api_time import ApiTime
from .auth import TokenAuth, origin
from .budget import USER_SCOPE, RequestBudget, organization_of
from .clock import Clock, SystemClock
from .credentials import Credential
from .errors import (
    TOO_DEEP,
    ForeignHostError,
    StoppedError,
    UncertainError,
    UnexpectedBodyError,
    UnreachableError,
    api_message,
    describe,
    excerpt,
)
from .events import Event, Stopping, Waiting
from .items import split
from .pace import keep_pace
from .refusals import Refusal, Refusals
from .response import (
    ApiResponse,
    TooLargeError,
    is_asked_for,
    joined,
    limit_of,
    read_body,
    retry_after,
    save_body,
)
from .retries import Failure, Retries, is_late, may_have_arrived, reason_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEAVY_STATUSES = frozenset({502, 504})
_READS = frozenset({"GET", "HEAD"})
_MAX_REDIRECTS = 5
_MAX_BODY = 64 << 20
_NO_ADDRESS = "The API pointed to something that is no address. Nothing was sent there."
_TIMEOUT = (10.0, 60.0)


@dataclass(slots=True)
class SessionStats:
    """What the session did. `bytes` counts decompressed bodies, `downloaded` those of files."""

    pages: int = 0
    bytes: int = 0
    downloaded: int = 0
    retried: int = 0
    backed_off: float = 0.0


class Transport(requests.Session):
    """Sends single requests for one Buildkite token; what to send is the session's business."""

    def __init__(
        self,
        token: str | Credential,
        base_url: str,
        *,
        user_agent: str = "buildkite-source",
        budget: RequestBudget | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__()
        keep_pace(self)
        self.base_url = base_url.rstrip("/")
        self.auth = self._auth = TokenAuth(token, base_url)
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
        self._api_time = ApiTime(self.clock)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the session itself: dlt copies the configuration it stands in, to look at it."""
        del memo
        return self

    @property
    def credential(self) -> Credential:
        """What the session proves its right with."""
        return self._auth.credential

    @property
    def api_time(self) -> datetime:
        """The API's time of the newest response."""
        return self._api_time.latest

    def stop(self) -> None:
        """Send nothing more; whoever waits for the budget is told at once."""
        self.tell(Stopping())
        self.budget.stop()
        if isinstance(self.clock, SystemClock):
            self.clock.wake()

    def _fetch(
        self,
        request: requests.PreparedRequest,
        kwargs: Mapping[str, Any],
        tolerated: Refusals,
        send: Callable[..., requests.Response] | None = None,
    ) -> requests.Response:
        settings = self.merge_environment_settings(request.url, {}, None, None, None)
        kwargs = {**settings, **kwargs, "allow_redirects": False, "stream": True}
        kwargs["timeout"] = kwargs.get("timeout") or _TIMEOUT
        response = (send or self._follow)(request, kwargs, tolerated)
        too_deep = response.status_code == 400 and TOO_DEEP in api_message(response)
        if too_deep and Refusal.TOO_DEEP in tolerated:
            return ApiResponse.refused(request, Refusal.TOO_DEEP)
        # 410: step uploads of builds that are older than about 30 days.
        if response.status_code in (404, 410) and Refusal.GONE in tolerated:
            return ApiResponse.refused(request, Refusal.GONE)
        return response

    def _follow(
        self,
        request: requests.PreparedRequest,
        kwargs: dict[str, Any],
        tolerated: Refusals,
    ) -> requests.Response:
        for _ in range(_MAX_REDIRECTS):
            self._check_origin(request.url or "")
            response = self._retry(request, kwargs, tolerated)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return response
            request = request.copy()
            request.url = joined(response.url, target)
        raise UnexpectedBodyError(f"{describe(response)} redirects in a circle.")

    def _retry(
        self,
        request: requests.PreparedRequest,
        kwargs: dict[str, Any],
        tolerated: Refusals,
    ) -> requests.Response:
        failures = rate_limited = 0
        corrected = False
        while True:
            outcome = self._attempt(request, kwargs)
            if isinstance(outcome, requests.Response) and outcome.status_code == 429:
                rate_limited += 1
                if rate_limited > self.retries.rate_limited:
                    return outcome
                continue
            if isinstance(outcome, requests.Response):
                if corrected or not self._auth.corrected(outcome):
                    return outcome
                corrected = True
                continue
            failures += 1
            if request.method not in _READS and outcome.arrived:
                raise UncertainError(
                    f"{outcome.reason}: whether it was done is not known, so it is not repeated."
                )
            if outcome.refusal in tolerated and failures >= outcome.enough(self.retries):
                return ApiResponse.refused(request, outcome.refusal)
            if failures >= self.retries.attempts or outcome.refusal is Refusal.STOPPED:
                raise outcome.final
            self._back_off(outcome, failures)

    def _back_off(self, failure: "Failure", failures: int) -> None:
        seconds = failure.retry_after
        if seconds is None:
            seconds = self.retries.delay(failures, self.rng)
        with self._lock:
            self.stats.retried += 1
            self.stats.backed_off += seconds
        self.tell(Waiting(seconds, f"retry after: {failure.reason}"))
        self.clock.sleep(seconds)

    def _attempt(
        self, request: requests.PreparedRequest, kwargs: dict[str, Any]
    ) -> "requests.Response | Failure":
        path = urlsplit(request.url or "").path
        organization = organization_of(path)
        kwargs = dict(kwargs)
        target: BinaryIO | None = kwargs.pop("target", None)
        if not self.budget.acquire(organization):
            stopped = StoppedError("Stopped before everything was fetched.")
            return Failure("stopped", stopped, refusal=Refusal.STOPPED, arrived=False)
        # What was added when the request was prepared may be too old: it has waited since then.
        self._auth(request)
        headers: Mapping[str, str] = {}
        arrived: float | None = None
        try:
            response = super().send(request, **kwargs)
            headers, arrived = response.headers, self.clock.monotonic()
            unlike = bool(target) and response.ok and not is_asked_for(response)
            if target and response.ok and not unlike:
                save_body(response, target)
            else:
                read_body(response, _MAX_BODY)
        except requests.exceptions.InvalidURL:
            raise
        except requests.RequestException as error:
            reason = reason_of(error)
            final = UnreachableError(self._unreachable(reason))
            heavy = is_late(error) or isinstance(error, TooLargeError)
            refusal = Refusal.TOO_HEAVY if heavy else None
            return Failure(reason, final, refusal=refusal, arrived=may_have_arrived(error))
        except ValueError:
            # `requests` looks at the target of a redirect also when it is not to follow it.
            raise UnexpectedBodyError(_NO_ADDRESS) from None
        finally:
            self.budget.release(organization, headers, arrived)
        if response.status_code == 429:
            self.budget.limited(organization, *limit_of(response))
            return response
        if response.status_code >= 500:
            reason = f"{describe(response)} answered {response.status_code}"
            text = f"{reason} in each of {self.retries.attempts} attempts. Try again later."
            heavy = response.status_code in _HEAVY_STATUSES
            return Failure(
                reason,
                UnreachableError(text),
                retry_after(response),
                Refusal.TOO_HEAVY if heavy else None,
            )
        if unlike:
            kind = response.headers["Content-Type"]
            text = (
                f"{describe(response)} sent {kind!r} where a log was asked for; it starts with "
                f"{excerpt(response, 80)!r}. Is a proxy or a sign-in page between, or is base_url "
                "another server?"
            )
            return Failure("no log", UnexpectedBodyError(text))
        if target or request.method != "GET" or not 200 <= response.status_code < 300:
            self._api_time.of(response)
            with self._lock:
                self.stats.downloaded += target.tell() if target and response.ok else 0
            return response
        return self._checked(response)

    def _checked(self, response: requests.Response) -> "requests.Response | Failure":
        body = response.content
        try:
            items = split(body, self._api_time.of(response))
        except (msgspec.MsgspecError, ValueError) as error:
            start = excerpt(response, 80)
            text = (
                f"{describe(response)} sent a body that is not the JSON the API documents "
                f"({error}); it starts with {start!r}. Is base_url the Buildkite API?"
            )
            return Failure("broken JSON", UnexpectedBodyError(text))
        with self._lock:
            self.stats.pages += 1
            self.stats.bytes += len(body)
        return ApiResponse.of(response, items)

    def _check_origin(self, url: str) -> None:
        try:
            found = origin(url)
        except ValueError:
            raise UnexpectedBodyError(_NO_ADDRESS) from None
        if found != self._origin:
            raise ForeignHostError(found, self._origin)

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
