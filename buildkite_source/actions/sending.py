"""One action as a request, and its answer as an outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import requests

from buildkite_source.catalog.access import scopes_of, token_of
from buildkite_source.client import (
    AuthenticationError,
    BuildkiteError,
    BuildkiteSession,
    StoppedError,
    UncertainError,
)
from buildkite_source.client.errors import api_message
from buildkite_source.printable import sentence
from buildkite_source.settings import ACTIONS_SECTIONS, SettingError

from .asked import Asked
from .outcome import Outcome, Status

_LONGEST_ERROR = 500
_HINTS = {
    401: "The actions' token was not accepted.",
    403: "It needs the scope {scope}, and its user the permission.",
    404: "It is not there, or the user of the actions' token may not see it.",
    429: "The rate limit stayed exhausted.",
}


class Sender:
    """Sends actions by a token of their own.

    Args:
        session: Of the actions' token.
    """

    def __init__(self, session: BuildkiteSession) -> None:
        self.session = session
        self._scopes: frozenset[str] | None = None

    def refusal(self, asked: Asked) -> str:
        """Return why the token may not do it, or ""; costs one request, once.

        Raises:
            SettingError: The token is not accepted at all.
        """
        if self._scopes is None:
            try:
                self._scopes = scopes_of(token_of(self.session))
            except AuthenticationError as error:
                raise SettingError(
                    "The actions' token was not accepted: it may be mistyped, expired or revoked. "
                    f"It is access_token below [{'.'.join(ACTIONS_SECTIONS)}]; the API says: "
                    f"{error.api_message}"
                ) from None
        scope = asked.action.scope
        may = not scope or scope in self._scopes
        return "" if may else f"the actions' token lacks the scope {scope}"

    def send(self, asked: Asked, claim: Outcome) -> Outcome:
        """Carry out an action that was claimed, and return what became of it.

        Raises:
            StoppedError: The run was asked to stop; nothing was sent.
        """
        url = f"{self.session.base_url}{asked.path}"
        try:
            answer = self.session.write(asked.method, url, asked.body)
        except UncertainError as error:
            return replace(claim, status=Status.UNKNOWN, error=str(error)[:_LONGEST_ERROR])
        except StoppedError:
            raise
        except BuildkiteError as error:
            return replace(claim, status=Status.FAILED, error=str(error)[:_LONGEST_ERROR])
        claim = replace(claim, answered_at=self.session.api_time, http_status=answer.status_code)
        if not 200 <= answer.status_code < 300:
            return replace(claim, status=Status.FAILED, error=_error(answer, asked))
        told = _object(answer)
        if told is None:
            text = "the answer is not the API's: is a proxy or a sign-in page between?"
            return replace(claim, status=Status.UNKNOWN, error=text)
        return answered(claim, told)


def answered(claim: Outcome, answer: Mapping[str, Any]) -> Outcome:
    """Return a claim that was carried out, with what the answer tells of its object."""
    number, address = answer.get("number"), answer.get("web_url") or answer.get("url")
    return replace(
        claim,
        status=Status.DONE,
        error=None,
        answer_id=_text(answer.get("id")),
        answer_number=number if type(number) is int else None,
        answer_url=_text(address),
    )


def _error(answer: requests.Response, asked: Asked) -> str:
    hint = _HINTS.get(answer.status_code, "").format(scope=asked.action.scope or "of this address")
    text = f"{answer.status_code}: {sentence(api_message(answer))} {hint}".strip()
    # What was sent may come back in the answer.
    for one in asked.action.fields:
        for secret in _texts(asked.fields.get(one.name)) if one.secret else ():
            text = text.replace(secret, "***") if len(secret) > 3 else text
    return text[:_LONGEST_ERROR]


def _texts(value: Any) -> Iterator[str]:
    """Yield the values within a value, however deep they lie, as texts."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)


def _object(answer: requests.Response) -> Mapping[str, Any] | None:
    """Return the object of an answer, {} of an empty one; None where it is no JSON at all."""
    if not answer.content.strip():
        return {}
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value[:_LONGEST_ERROR] if isinstance(value, str) else None
