"""Asks the GraphQL API for one token: points budget, retries, host pin and body checks."""

import math
import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from buildkite_source.client import (
    Clock,
    Credential,
    Event,
    RateLimitedError,
    Retries,
    StoppedError,
    SystemClock,
    UnexpectedBodyError,
    UnreachableError,
    Waiting,
)
from buildkite_source.client.api_time import ApiTime
from buildkite_source.client.auth import TokenAuth, origin
from buildkite_source.client.errors import bearer_of
from buildkite_source.client.pace import keep_pace
from buildkite_source.client.response import TooLargeError, read_body
from buildkite_source.client.retries import is_late, reason_of

from .address import PUBLIC_URL
from .answers import Answer, complexity
from .cost import MOST_POINTS
from .errors import GraphqlError, TooHeavyError
from .outcomes import Failure, limit_of, outcome_of
from .points import USER_SCOPE, PointBudget
from .stats import GraphqlStats

_MAX_BODY = 64 << 20
_TIMEOUT = (10.0, 60.0)
# 429s of one query, each after a free one told that it fits, until it is taken to be too large.
_OVERSIZED = 2
# Costs nothing, and is answered with the state of both windows.
_PROBE = "{ __typename }"


class GraphqlClient:
    """A client for one Buildkite token; safe to share between threads.

    Args:
        token: Access token or credential; sent to the origin of `graphql_url` and nowhere else.
        graphql_url: Such as `https://graphql.buildkite.com/v1`; see `graphql_url_of`.
        user_agent: Sent with each request.
        budget: Shared budget of points; a new one by default.
        retries: Retry policy for failures that are not the caller's fault.
        clock: Time source for waits.
        rng: Source of jitter.

    Attributes:
        listener: Told of each wait, if set.
        stats: What was done so far.
        unusable: Why it is not to be asked any more, or ""; for its user to set.
    """

    def __init__(
        self,
        token: str | Credential,
        graphql_url: str = PUBLIC_URL,
        *,
        user_agent: str = "buildkite-source",
        budget: PointBudget | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.graphql_url = graphql_url
        self.clock = clock or SystemClock()
        self.rng = rng or random.Random()
        self.budget = budget or PointBudget(self.clock, rng=self.rng)
        self.budget.on_wait = self._waiting_for_budget
        self.retries = retries or Retries()
        self.stats = GraphqlStats()
        self.unusable = ""
        self.listener: Callable[[Event], None] | None = None
        self._origin = origin(graphql_url)
        self._lock = threading.Lock()
        self._api_time = ApiTime(self.clock)
        # How much dearer the API is than the documented rules, which allow special prices.
        self._dearer = 1.0
        # The most points one query may ask for, as far as experience goes.
        self._most = MOST_POINTS
        self._session = requests.Session()
        keep_pace(self._session)
        self._session.auth = self._auth = TokenAuth(token, graphql_url)
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Buildkite-Include-Query-Stats"] = "true"

    def __repr__(self) -> str:
        return f"GraphqlClient({self._origin})"

    @property
    def api_time(self) -> datetime:
        """The API's time of the newest answer."""
        return self._api_time.latest

    def check(self) -> None:
        """Ask for nothing, at no cost: learns how both limits stand.

        Raises:
            NoGraphqlAccessError: The token may not use the GraphQL API.
            BuildkiteError: As `run` does.
        """
        self._repeat(_PROBE, {}, 0)

    def room(self, least: int, *, wait: bool = True) -> int:
        """Wait until a query may ask for `least` points, and return how many it may ask for.

        Args:
            least: Points by the documented rules, as those returned are.
            wait: Otherwise return 0 where it would have to wait.

        Raises:
            StoppedError: The client was stopped.
            BuildkiteError: As `check` does, when it is not known how the limits stand.
        """
        if not self.budget.known:
            self.check()
        points = self.budget.room(math.ceil(least * self._dearer), wait=wait)
        if not points and not (wait or self.budget.stopped):
            return 0
        if not points:
            raise StoppedError("Stopped before everything was fetched.")
        return int(min(points, self._most) / self._dearer)

    def run(self, query: str, variables: Mapping[str, Any], price: int) -> Answer:
        """Send a query within the budget, and retry what can be retried.

        Args:
            query: The query; values belong into `variables`.
            variables: Values of the query's variables.
            price: Points it asks for, by the documented rules.

        Returns:
            An answer with data; some of its aliases may have failed.

        Raises:
            NoGraphqlAccessError: The token may not use the GraphQL API.
            TooHeavyError: The query is too large for the API, for this client, or for the time
                the API takes; a smaller one may pass.
            GraphqlError: The API refused the query as a whole.
            ForeignHostError: A redirect to another origin; nothing was sent there.
            RateLimitedError: 429 again and again, although each window was waited for.
            UnreachableError: No answer, or only server errors, in all attempts.
            UnexpectedBodyError: A success whose body is not what the API documents.
            StoppedError: The client was stopped.
        """
        return self._repeat(query, variables, price)

    def stop(self) -> None:
        """Send nothing more; whoever waits is told at once."""
        self.budget.stop()
        if isinstance(self.clock, SystemClock):
            self.clock.wake()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _repeat(self, query: str, variables: Mapping[str, Any], price: int) -> Answer:
        failures = rate_limited = oversized = 0
        while True:
            outcome = self._try(query, variables, price)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome.final, RateLimitedError):
                rate_limited += 1
                oversized += outcome.heavy
                if oversized >= _OVERSIZED:
                    raise self._too_heavy(price, str(outcome.final))
                if rate_limited > self.retries.rate_limited:
                    raise outcome.final
                continue
            failures += 1
            most = self.retries.heavy_attempts if outcome.heavy else self.retries.attempts
            if failures >= most and outcome.heavy:
                raise self._too_heavy(price, str(outcome.final))
            if failures >= most:
                raise outcome.final
            self._back_off(outcome, failures)

    def _try(self, query: str, variables: Mapping[str, Any], price: int) -> Answer | Failure:
        if price and self.budget.known:
            return self._attempt(query, variables, price)
        # An answer was lost, so what is left of the windows is a guess: ask first.
        probe = self._attempt(_PROBE, {}, 0)
        if isinstance(probe, Failure):
            return probe.light()
        return self._attempt(query, variables, price) if price else probe

    def _attempt(self, query: str, variables: Mapping[str, Any], price: int) -> Answer | Failure:
        points = math.ceil(price * self._dearer)
        if not self.budget.acquire(points):
            raise StoppedError("Stopped before everything was fetched.")
        headers: Mapping[str, str] = {}
        answer = None
        try:
            outcome = self._post(query, variables)
            if not isinstance(outcome, Failure) and self._auth.corrected(outcome):
                outcome = self._post(query, variables)
            if isinstance(outcome, Failure):
                return outcome
            headers = outcome.headers
            read = outcome_of(outcome, self._origin, bearer_of(outcome))
            answer = read if isinstance(read, Answer) else None
        finally:
            self.budget.release(points, headers, answer.spent if answer else None)
        if outcome.status_code == 429:
            self.budget.limited(*limit_of(outcome))
        return self._checked(read, price, complexity(outcome.headers, "Requested"))

    def _post(self, query: str, variables: Mapping[str, Any]) -> requests.Response | Failure:
        with self._lock:
            self.stats.requests += 1
        try:
            response = self._session.post(
                self.graphql_url,
                json={"query": query, "variables": dict(variables)},
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            read_body(response, _MAX_BODY)
        except requests.exceptions.InvalidURL:
            raise
        except requests.RequestException as error:
            reason = reason_of(error)
            text = (
                f"The GraphQL API at {self._origin} cannot be reached: {reason}. "
                "Check the network, a proxy, or graphql_url."
            )
            if isinstance(error, TooLargeError):
                # Asking for the same again brings the same.
                raise TooHeavyError(f"The GraphQL API answered with {reason}.") from None
            if is_late(error):
                return Failure(reason, TooHeavyError(text), heavy=True)
            return Failure(reason, UnreachableError(text))
        except ValueError:
            # `requests` looks at the target of a redirect also when it is not to follow it.
            raise UnexpectedBodyError(
                "The GraphQL API pointed to something that is no address. Nothing was sent there."
            ) from None
        self._api_time.of(response)
        with self._lock:
            self.stats.bytes += len(response.content)
        return response

    def _checked(self, read: Answer | Failure, price: int, told: int | None) -> Answer | Failure:
        if isinstance(read, Answer):
            told = read.refused_complexity or read.requested
        underestimated = told is not None and told > math.ceil(price * self._dearer) > 0
        if underestimated and told:
            self._dearer = told / price
        if isinstance(read, Failure):
            if underestimated and isinstance(read.final, RateLimitedError):
                # It did not fit into what was thought to be enough for it.
                raise TooHeavyError(str(read.final))
            return read
        if not read.errors:
            return read
        text = " ".join(read.errors)[:1000]
        if read.refused_complexity:
            raise self._too_heavy(price, f"The GraphQL API refused a query: {text}")
        raise GraphqlError(f"The GraphQL API at {self._origin} refused a query: {text}")

    def _too_heavy(self, price: int, text: str) -> TooHeavyError:
        """Return the error, and ask for half of it at most from now on."""
        self._most = max(1, min(self._most, math.ceil(price * self._dearer) // 2))
        return TooHeavyError(text)

    def _back_off(self, failure: Failure, failures: int) -> None:
        seconds = failure.wait
        if seconds is None:
            seconds = self.retries.delay(failures, self.rng)
        with self._lock:
            self.stats.retried += 1
            self.stats.backed_off += seconds
        self._tell(Waiting(seconds, f"retry after: {failure.reason}"))
        self.clock.sleep(seconds)

    def _waiting_for_budget(self, seconds: float, scope: str) -> None:
        limit = "user" if scope == USER_SCOPE else "organization"
        self._tell(Waiting(seconds, f"the {limit}'s GraphQL points"))

    def _tell(self, event: Event) -> None:
        if self.listener:
            self.listener(event)
