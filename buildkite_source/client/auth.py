"""The access token, and the one origin it may travel to."""

from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from .errors import BadTokenError


class TokenAuth(AuthBase):
    """Adds the bearer token, to requests for one origin only."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token.strip()
        if not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise BadTokenError
        self._origin = origin(base_url)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header when the request goes to the API's own origin."""
        if origin(request.url or "") == self._origin:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return f"TokenAuth({self._origin})"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, with the default port spelled out."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"
