"""What a token may read: resources it may not are left out with a word, or are an error."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from buildkite_source.client import ApiResponse, BuildkiteSession, NeedsScope, Refusal, Skipped
from buildkite_source.client.errors import api_message

from . import Endpoint

# So many objects without a resource, and none with it, tell that nobody has it.
_ENOUGH_ABSENT = 3


@dataclass(frozen=True, slots=True)
class MayRead(NeedsScope):
    """A response hook that turns refusals that are none into empty pages.

    Attributes:
        absent_on: Statuses that mean that there is nothing to list.
        optional: Whether 403 and 404 are among them, for a resource that nobody asked for by name.
    """

    absent_on: frozenset[int] = frozenset()
    optional: bool = False

    def __call__(self, response: requests.Response, *_: Any, **__: Any) -> requests.Response | None:
        """Return an empty page, or raise the fitting error if the response is one."""
        status = response.status_code
        if status in self.absent_on:
            return ApiResponse.refused(response.request, Refusal.GONE)
        if self.optional and status in (403, 404):
            refusal = Refusal.FORBIDDEN if status == 403 else Refusal.ABSENT
            page = ApiResponse.refused(response.request, refusal)
            page.reason = f"{status}: {api_message(response)}"
            return page
        return NeedsScope.__call__(self, response)


class Access:
    """Knows what this token may read, and says so once for each resource it may not.

    Args:
        session: Asks for the token's scopes, once and only if something is optional.
        optional: Resources that were not asked for by name.
    """

    def __init__(self, session: BuildkiteSession, optional: Iterable[str]) -> None:
        self.session = session
        self._optional = frozenset(optional)
        self._scopes: frozenset[str] | None = None
        self._told: set[str] = set()
        self._absent: Counter[str] = Counter()
        self._read: set[str] = set()

    def needs(self, endpoint: Endpoint) -> MayRead:
        """Return the hook for an endpoint's responses."""
        tolerates = frozenset({Refusal.STOPPED})
        optional = endpoint.name in self._optional
        return MayRead(endpoint.scope or "", tolerates, endpoint.absent_on, optional)

    def lacks(self, endpoint: Endpoint) -> bool:
        """Whether an optional resource is not to be asked for; tells it once."""
        if endpoint.name not in self._optional:
            return False
        if endpoint.name in self._told:
            return True
        if endpoint.scope is None or endpoint.scope in self._scopes_of_token():
            return False
        self.refused(endpoint, f"the token lacks the scope {endpoint.scope}")
        return True

    def refused(self, endpoint: Endpoint, reason: str) -> None:
        """Take note that the API refused a resource: it is not asked for again in this load."""
        if endpoint.name not in self._told:
            self._told.add(endpoint.name)
            has_scope = endpoint.scope is None or endpoint.scope in self._scopes_of_token()
            scope = None if has_scope else endpoint.scope
            self.session.tell(Skipped(endpoint.name, scope, reason))

    def read(self, endpoint: Endpoint) -> None:
        """Take note that the API has answered for one of the objects a resource is asked for."""
        self._read.add(endpoint.name)

    def absent(self, endpoint: Endpoint, path: str, reason: str) -> None:
        """Take note that the API knows nothing of an object, which may be gone or hidden.

        Where it knows of none of the first few, the resource is not asked for again in this load.
        """
        self._absent[endpoint.name] += 1
        count = self._absent[endpoint.name]
        where = f"{count} of its lists, such as {path}" if count > 1 else path
        self.session.tell(Skipped(endpoint.name, None, f"{reason} for {where}"))
        if count >= _ENOUGH_ABSENT and endpoint.name not in self._read:
            self._told.add(endpoint.name)

    def _scopes_of_token(self) -> frozenset[str]:
        if self._scopes is None:
            self._scopes = scopes_of(token_of(self.session))
        return self._scopes


def token_of(session: BuildkiteSession) -> Mapping[str, Any]:
    """Return what the API says of the token; its value is not part of it.

    See https://buildkite.com/docs/apis/rest-api/access-token. It needs no scope.
    """
    (token,) = session.ask("access-token").json()
    told: Mapping[str, Any] = token
    return told


def scopes_of(token: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes of a token."""
    scopes = token.get("scopes")
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset()
