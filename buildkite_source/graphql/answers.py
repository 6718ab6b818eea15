"""What an answer of the GraphQL API says: data, errors, costs."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests

from buildkite_source.printable import one_line

_COMPLEXITY = re.compile(r"complexity of ([0-9]{1,9}), which exceeds max complexity")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered query.

    Attributes:
        data: Values by alias; empty when the query as a whole failed.
        failed: Error messages by the alias they belong to.
        errors: Error messages that belong to no alias, or to a query without data.
        spent: Actual complexity in points, if told.
        requested: Requested complexity in points, if told.
    """

    data: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    spent: int | None = None
    requested: int | None = None

    @property
    def refused_complexity(self) -> int | None:
        """The requested complexity for which the query was refused, if it was."""
        for message in self.errors:
            match = _COMPLEXITY.search(message)
            if match:
                return int(match[1])
        return None


def read_answer(response: requests.Response, secret: str) -> Answer:
    """Read a response's JSON and its complexity headers.

    Args:
        response: With status 200.
        secret: What no message may repeat.

    Raises:
        ValueError: The body is not `{"data": …}` or `{"errors": […]}`.
    """
    told = _decoded(response.content)
    if not isinstance(told, dict) or not ("data" in told or "errors" in told):
        raise ValueError("it has neither data nor errors")
    data = told.get("data")
    data = data if isinstance(data, dict) else {}
    failed: dict[str, str] = {}
    errors: list[str] = []
    for error in _errors_of(told):
        path = error.get("path")
        alias = path[0] if isinstance(path, list) and path else None
        if isinstance(alias, str) and alias in data:
            failed.setdefault(alias, _message(error, secret))
        else:
            errors.append(_message(error, secret))
    if not data and not errors:
        raise ValueError("its data is no object")
    stats = told.get("stats")
    stats = stats if isinstance(stats, dict) else {}
    return Answer(
        data,
        failed,
        tuple(errors),
        complexity(response.headers, "Actual", stats.get("actualComplexity")),
        complexity(response.headers, "Requested", stats.get("requestedComplexity")),
    )


def messages_of(response: requests.Response, secret: str) -> str:
    """Return the messages of an error answer, or the start of a body that is none."""
    try:
        told = _decoded(response.content)
    except ValueError:
        told = None
    if isinstance(told, dict):
        messages = [_message(each, secret) for each in _errors_of(told) or [told]]
        if any(messages):
            return " ".join(messages)[:1000]
    start = response.content[:1200].decode(errors="replace")
    return one_line(_without(secret, start)[:200]) or "(no body)"


def complexity(headers: Mapping[str, str], which: str, stated: Any = None) -> int | None:
    """Return the `Requested` or `Actual` complexity in points, by header or as stated."""
    value = headers.get(f"RateLimit-Complexity-{which}", stated)
    try:
        points = int(value)
    except (TypeError, ValueError):
        return None
    return points if points >= 0 else None


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        # Lone surrogates are no text, but no reason to lose an answer either.
        return json.loads(body.decode(errors="replace"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _errors_of(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    errors = told.get("errors")
    errors = errors if isinstance(errors, list) else []
    return [error for error in errors if isinstance(error, dict)]


def _message(error: Mapping[str, Any], secret: str) -> str:
    return one_line(_without(secret, str(error.get("message") or ""))[:500])


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "***") if secret else text
