"""Errors that say what to do. None of them ever holds a token."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from buildkite_source.defaults import SECTIONS
from buildkite_source.printable import one_line, sentence

from .refusals import Refusal, Refusals

# Every address of the API begins with it.
_VERSION = "v2"
TOO_DEEP = "Listing builds this deep is not supported"

TOKEN_PAGE = "https://buildkite.com/user/api-access-tokens"  # noqa: S105 - a page, not a token


class BuildkiteError(Exception):
    """Base of every error this source raises on purpose; its text is meant for people."""


class MissingTokenError(BuildkiteError):
    """No access token is configured."""

    def __init__(self) -> None:
        super().__init__(
            "No Buildkite access token is set. Create one at "
            f"{TOKEN_PAGE} with the scopes read_organizations, read_pipelines and read_builds, "
            "then put it into .dlt/secrets.toml as\n"
            '[sources.buildkite_source]\naccess_token = "…"\n'
            "or into the environment as SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN. "
            "A private_key with its token_id does as well. "
            "Run with --demo to try everything without a token."
        )


class BadCredentialError(BuildkiteError):
    """The access token, or the key pair that stands for one, cannot be used as it is set.

    Args:
        setting: Its name.
        problem: What is wrong with it, as the rest of a sentence.
        sections: Where it stands in dlt's configuration: each account has its own, and so have
            actions.
    """

    def __init__(self, setting: str, problem: str, sections: Sequence[str] = SECTIONS) -> None:
        self.setting, self.problem = setting, problem
        name = "__".join((*sections, setting)).upper()
        super().__init__(f"The setting {setting} ({name}) {problem}")


class UnreachableError(BuildkiteError):
    """No usable answer after every retry: network failure, timeout or server errors."""


class UncertainError(BuildkiteError):
    """A write was sent and no usable answer came: it may have been done, and is not repeated."""


class ForeignHostError(BuildkiteError):
    """The API pointed to another host by a link or redirect; the token does not go there."""

    def __init__(self, found: str, configured: str, setting: str = "base_url") -> None:
        super().__init__(
            f"The API pointed to {found}, which is not the configured host {configured}. Nothing "
            f"was sent there. If that host is right, set {setting} "
            f"(SOURCES__BUILDKITE_SOURCE__{setting.upper()})."
        )


class StoppedError(BuildkiteError):
    """The run was asked to stop."""


class UnexpectedBodyError(BuildkiteError):
    """The API answered with a body the reference does not describe."""


class UnknownSlugError(BuildkiteError):
    """An organization or pipeline slug that the token cannot see was asked for."""

    def __init__(self, kind: str, unknown: list[str], visible: list[str]) -> None:
        shown = ", ".join(map(one_line, sorted(visible)[:50])) or "none"
        more = f" and {len(visible) - 50} more" if len(visible) > 50 else ""
        super().__init__(
            f"Unknown {kind}: {', '.join(map(one_line, unknown))}. This token sees: {shown}{more}. "
            f"Check --{kind}, or the rights of the token at {TOKEN_PAGE}."
        )


class ApiError(BuildkiteError):
    """The API refused a request.

    Attributes:
        status: HTTP status.
        api_message: The API's own words, or the start of the body when it is no JSON.
    """

    def __init__(self, text: str, status: int, api_message: str) -> None:
        super().__init__(text)
        self.status = status
        self.api_message = api_message


class AuthenticationError(ApiError):
    """401: the token is missing, wrong, expired or revoked."""


class ForbiddenError(ApiError):
    """403: the token lacks a scope, or its user a permission."""


class NotFoundError(ApiError):
    """404: absent, or hidden from this user."""


class TooDeepError(ApiError):
    """400 of a build list that is paged too deep: narrow the time window."""


class RateLimitedError(ApiError):
    """429 again and again, although each named window was waited for."""


_ADVICE: dict[int, tuple[type[ApiError], str]] = {
    401: (
        AuthenticationError,
        "The access token was not accepted: it may be mistyped, expired or revoked. "
        f"Create a new one at {TOKEN_PAGE} and set access_token where it was set, as "
        "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN or in .dlt/secrets.toml. With a private_key: is "
        "its public key the one of the token that token_id names?",
    ),
    404: (NotFoundError, "It does not exist, or this token's user may not see it."),
    429: (RateLimitedError, "The rate limit stayed exhausted; another client is using it up."),
}


def raise_for_error(response: requests.Response, scope: str | None = None) -> None:
    """Raise the fitting `ApiError` for a status of 400 and above.

    Args:
        response: Any answer of the API.
        scope: The token scope its endpoint needs, named in the error on a 403.
    """
    status = response.status_code
    if status < 400:
        return
    kind, advice = _ADVICE.get(status, (ApiError, ""))
    message = api_message(response)
    if status == 403:
        kind = ForbiddenError
        needed = f"It needs the scope {scope}. " if scope else ""
        advice = (
            f"The token may not read this. {needed}Edit the token's scopes at {TOKEN_PAGE}, "
            "and check that it is granted this organization."
        )
    elif status == 404 and f"/{_VERSION}/" not in urlsplit(response.url or "").path:
        advice = f"Should the setting base_url end with /{_VERSION}, as Buildkite's does?"
    elif status == 400 and TOO_DEEP in message:
        kind = TooDeepError
    text = f"{describe(response)} answered {status}: {sentence(message)} {advice}".strip()
    raise kind(text, status, message)


@dataclass(frozen=True, slots=True)
class NeedsScope:
    """A response hook that raises on errors and names the scope on a 403.

    Attributes:
        scope: Token scope that the endpoint needs.
        tolerates: Refusals that are no error of this endpoint but an empty page: a list that
            can be asked for in smaller parts may be paged too deep or be too heavy.
    """

    scope: str
    tolerates: Refusals = frozenset({Refusal.STOPPED})

    def __call__(self, response: requests.Response, *_: Any, **__: Any) -> requests.Response | None:
        """Raise the fitting error, if the response is one; otherwise it stays as it is."""
        raise_for_error(response, self.scope)
        return None


def api_message(response: requests.Response) -> str:
    """Return the API's `message` on one line, or the start of a body that is no JSON object."""
    try:
        message = str(json.loads(response.content)["message"])
        return one_line(_without_token(message[:1000], response))
    except (ValueError, KeyError, TypeError, RecursionError):
        return one_line(excerpt(response, 200)) or "(no body)"


def excerpt(response: requests.Response, length: int) -> str:
    """Return the start of a body, without the token should the server echo it."""
    text = response.content[: length + 1000].decode(errors="replace")
    return _without_token(text, response)[:length]


def bearer_of(response: requests.Response) -> str:
    """Return the token that was sent for a response, or ""."""
    sent = response.request.headers if response.request is not None else {}
    return str(sent.get("Authorization", "")).removeprefix("Bearer ")


def _without_token(text: str, response: requests.Response) -> str:
    token = bearer_of(response)
    return text.replace(token, "***") if token else text


def endless(response: requests.Response) -> UnexpectedBodyError:
    """Return the error of a list that names a next page for ever."""
    parts = urlsplit(response.url)
    # Old samples of the API echo credentials that came in the query.
    query = [pair for pair in parse_qsl(parts.query) if "token" not in pair[0]]
    page = "?".join(filter(None, (parts.path, urlencode(query, safe="[]:"))))
    return UnexpectedBodyError(
        f"{describe(response)} does not come to an end: {page} and the pages after it bring "
        "nothing new. The list was given up; what was loaded before is kept."
    )


def describe(response: requests.Response) -> str:
    """Return method, path and request id: enough to find the request, and never a secret."""
    method = response.request.method if response.request is not None else "GET"
    request_id = response.headers.get("X-Request-Id")
    suffix = f" (request id {request_id})" if request_id else ""
    return one_line(f"{method} {urlsplit(response.url).path}{suffix}")
