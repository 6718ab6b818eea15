"""The storage host: plain HTTP to wherever the API points, with nothing that is secret.

The API's own session never comes here, so neither its token nor its cookies can.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests

from buildkite_source.client.pace import keep_pace

from .errors import StorageError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_TIMEOUT = (10.0, 60.0)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)\Z")


class Storage:
    """Fetches content by addresses that carry their own permission."""

    def __init__(self, user_agent: str) -> None:
        self._session = requests.Session()
        keep_pace(self._session)
        # `requests` adds credentials of a .netrc file or of the address where there is no auth.
        self._session.auth = _no_auth
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Sizes, sums and ranges are those of the file, not of a compressed form.
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})

    @contextmanager
    def open(self, url: str, start: int) -> Iterator[requests.Response]:
        """Ask for what follows the first `start` bytes; yields the answer with its body unread.

        The answer may have any status, and may begin at the first byte all the same: see
        `begins_at`. Redirects are followed, to any host.

        Raises:
            StorageError: The address, or one that it redirects to, is none of HTTP.
            requests.RequestException: The connection failed.
        """
        headers = {"Range": f"bytes={start}-"} if start else {}
        for _ in range(_MAX_REDIRECTS):
            response = self._ask(url, headers)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                with response:
                    yield response
                return
            response.close()
            url = joined(response.url, target)
        raise StorageError("The storage redirects in a circle.")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            if urlsplit(url).scheme not in ("http", "https"):
                raise StorageError("The address of the content is none of HTTP.")
            return self._session.get(
                url, headers=headers, stream=True, allow_redirects=False, timeout=_TIMEOUT
            )
        except ValueError:
            raise StorageError("The address of the content is no address.") from None


def joined(url: str, target: str) -> str:
    """Return where a redirect leads.

    Raises:
        StorageError: Nowhere.
    """
    try:
        return urljoin(url, target)
    except ValueError:
        raise StorageError("The address of the content is no address.") from None


def begins_at(response: requests.Response, start: int) -> bool:
    """Tell whether the body of a success is what follows the first `start` bytes."""
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    continues = found is not None and int(found[1]) == start
    return response.status_code == 206 and plain and continues


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
