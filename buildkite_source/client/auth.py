"""The bearer token, and the one origin it may travel to."""

from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from .credentials import AccessToken, Credential


class TokenAuth(AuthBase):
    """Adds the bearer token of now, to requests for one origin only.

    Args:
        token: An access token, or what gives a bearer token for each request.
        base_url: Any address of the origin.
    """

    def __init__(self, token: str | Credential, base_url: str) -> None:
        self.credential = AccessToken(token) if isinstance(token, str) else token
        self._origin = origin(base_url)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header when the request goes to the API's own origin."""
        if origin(request.url or "") == self._origin:
            request.headers["Authorization"] = f"Bearer {self.credential.bearer()}"
        return request

    def corrected(self, response: requests.Response) -> bool:
        """Whether a response refused the bearer token and taught how to make a better one."""
        return response.status_code == 401 and self.credential.learn(response)

    def __repr__(self) -> str:
        return f"TokenAuth({self._origin})"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, with the default port spelled out."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"
