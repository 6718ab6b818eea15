"""What is to be made of a response: an answer, a failure that may pass, or an error."""

import math
import re
from dataclasses import dataclass, replace

import requests

from buildkite_source.client import (
    ForeignHostError,
    RateLimitedError,
    UnexpectedBodyError,
    UnreachableError,
)
from buildkite_source.client.auth import origin
from buildkite_source.client.response import joined, retry_after

from .answers import Answer, messages_of, read_answer
from .errors import GraphqlError, NoGraphqlAccessError, TooHeavyError
from .points import ORGANIZATION_SCOPE, USER_SCOPE

_HEAVY_STATUSES = frozenset({502, 504})
_SECONDS = re.compile(r"try again in ([0-9]{1,6}) second")
_UNTOLD_RESET = 60.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that may be repeated, and what to raise if it was the last.

    Attributes:
        reason: What happened, in a few words.
        final: The error if no other try follows.
        wait: Seconds that the API asks to wait, if it does.
        heavy: Whether asking for less may help.
    """

    reason: str
    final: Exception
    wait: float | None = None
    heavy: bool = False

    def light(self) -> "Failure":
        """Return the same for a query that asks for nothing, so that less would not help."""
        if not isinstance(self.final, TooHeavyError):
            return replace(self, heavy=False)
        return replace(self, heavy=False, final=UnreachableError(str(self.final)))


def outcome_of(response: requests.Response, configured: str, secret: str) -> Answer | Failure:
    """Judge a response of the GraphQL host.

    Args:
        response: Any, its body read.
        configured: Origin of the GraphQL API.
        secret: The token, which no error may repeat.

    Raises:
        NoGraphqlAccessError: 401 or 403.
        ForeignHostError: A redirect to another origin.
        GraphqlError: Any other refusal.
    """
    status = response.status_code
    if "Location" in response.headers and 300 <= status < 400:
        _check_redirect(response, configured)
    if status == 200:
        try:
            return read_answer(response, secret)
        except ValueError as error:
            text = (
                f"The GraphQL API at {configured} sent a body that is not the JSON it documents "
                f"({error}). Is graphql_url right?"
            )
            return Failure("broken JSON", UnexpectedBodyError(text))
    message = messages_of(response, secret)
    if status in (401, 403):
        raise NoGraphqlAccessError(status, message)
    said = f"The GraphQL API at {configured} answered {status}: {message}"
    if status == 429:
        text = f"{said} The limit stayed exhausted; another client is using it up."
        return Failure("rate limited", RateLimitedError(text, status, message), heavy=True)
    if status >= 500:
        heavy = status in _HEAVY_STATUSES
        kind = TooHeavyError if heavy else UnreachableError
        return Failure(f"it answered {status}", kind(said), retry_after(response), heavy)
    raise GraphqlError(f"{said} Is graphql_url the GraphQL API?")


def limit_of(response: requests.Response) -> tuple[str, float]:
    """Return (scope, seconds) of a 429, by its message, else by its headers, else a minute."""
    message, headers = messages_of(response, ""), response.headers
    by_user = headers.get("RateLimit-User-Remaining") == "0" and "organization" not in message
    scope = USER_SCOPE if "per-user" in message or by_user else ORGANIZATION_SCOPE
    match = _SECONDS.search(message)
    if match:
        return scope, float(match[1])
    family = "RateLimit-User-" if scope == USER_SCOPE else "RateLimit-"
    try:
        reset = float(headers.get(family + "Reset", headers.get("Retry-After", "")))
    except ValueError:
        return scope, _UNTOLD_RESET
    return scope, reset if math.isfinite(reset) else _UNTOLD_RESET


def _check_redirect(response: requests.Response, configured: str) -> None:
    try:
        found = origin(joined(response.url, response.headers["Location"]))
    except ValueError:
        found = "something that is no address"
    if found != configured:
        raise ForeignHostError(found, configured, setting="graphql_url")
