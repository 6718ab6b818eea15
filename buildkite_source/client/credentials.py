"""What a request proves its right with: an access token, or JWTs signed with a private key."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import requests

from buildkite_source.defaults import SECTIONS

from .api_time import date_of
from .clock import Clock, SystemClock
from .errors import TOKEN_PAGE, BadCredentialError, MissingTokenError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# The API takes RSA keys of these sizes, and JWTs of five minutes at most (Public key,
# https://buildkite.com/docs/apis/rest-api#authentication).
_SMALLEST_KEY, _LARGEST_KEY = 2048, 4096
_LIFETIME = 60


class Credential(Protocol):
    """What a session needs to know of its right to ask."""

    def bearer(self) -> str:
        """Return the bearer token for a request that is sent now."""

    def learn(self, refused: requests.Response) -> bool:
        """Learn from a 401 that has just arrived; whether another bearer may be accepted."""


class AccessToken:
    """An API access token, the same for every request.

    Raises:
        BadCredentialError: It holds characters that no token has.
    """

    def __init__(self, token: str) -> None:
        self._token = token.strip()
        if not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise BadCredentialError(
                "access_token",
                "holds characters that no token has, such as a line break: copy it from "
                f"{TOKEN_PAGE} again.",
            )

    def bearer(self) -> str:
        """Return the token."""
        return self._token

    def learn(self, refused: requests.Response) -> bool:
        """Return False: there is no other token."""
        del refused
        return False


class SignedToken:
    """A JWT for each request, signed when it is sent.

    The API wants `iat` within ten seconds of its own clock, so none is kept for later, and where
    this machine's clock differs from the API's, the first refusal tells by how much.

    Args:
        private_key: PEM text of an RSA key, or the path of a file that holds it.
        token_id: UUID of the API token that has the public key.
        clock: Tells the time.

    Raises:
        BadCredentialError: The key or the id cannot be used; the text names the setting.
    """

    def __init__(self, private_key: str, token_id: str, clock: Clock | None = None) -> None:
        self._key = _read_key(private_key.strip())
        self._issuer = _read_id(token_id)
        self._clock = clock or SystemClock()
        self._skew = timedelta()

    def bearer(self) -> str:
        """Return a JWT that is valid from now on for a minute, by the API's clock."""
        # Importing it takes a quarter of a second, and few need it.
        import jwt

        issued = int((self._clock.now() + self._skew).timestamp())
        claims = {"iss": self._issuer, "iat": issued, "exp": issued + _LIFETIME}
        return jwt.encode(claims, self._key, algorithm="RS256")

    def learn(self, refused: requests.Response) -> bool:
        """Learn how far the API's clock is from this machine's, if the response tells."""
        told = date_of(refused)
        if told:
            self._skew = told - self._clock.now()
        return told is not None


class LateCredential:
    """A credential that is looked at when the first request is sent.

    Whoever builds a source needs none: a scheduler that reads a pipeline to know its tasks has no
    token.

    Args:
        find: Returns the credential, or raises what is wrong with the settings.
    """

    def __init__(self, find: Callable[[], Credential]) -> None:
        self._find = find
        self._found: Credential | None = None

    def bearer(self) -> str:
        """Return the bearer token of the credential.

        Raises:
            BuildkiteError: There is no credential, or it cannot be used.
        """
        self._found = self._found or self._find()
        return self._found.bearer()

    def learn(self, refused: requests.Response) -> bool:
        """Hand it on."""
        return self._found is not None and self._found.learn(refused)


def credential_of(
    access_token: str | None,
    private_key: str | None,
    token_id: str | None,
    sections: Sequence[str] = SECTIONS,
) -> Credential:
    """Return the credential of the settings of these names, which stand in these sections.

    Raises:
        MissingTokenError: None of them is set.
        BadCredentialError: One cannot be used or is missing, or both ways are set.
    """
    given = ((text or "").strip() for text in (access_token, private_key, token_id))
    try:
        return _credential(*given)
    except BadCredentialError as error:
        raise BadCredentialError(error.setting, error.problem, sections) from None


def _credential(token: str, key: str, key_of: str) -> Credential:
    if not (token or key or key_of):
        raise MissingTokenError
    if token and (key or key_of):
        raise BadCredentialError(
            "private_key" if key else "token_id", "is set as well as access_token: unset one."
        )
    if token:
        return AccessToken(token)
    if not key:
        raise BadCredentialError("private_key", "is missing; token_id goes with one.")
    if not key_of:
        raise BadCredentialError(
            "token_id", "is missing: the UUID of the API token that has the public key."
        )
    return SignedToken(key, key_of)


def _read_id(token_id: str) -> str:
    try:
        return str(UUID(token_id.strip()))
    except ValueError:
        raise BadCredentialError("token_id", "is no UUID of an API token.") from None


def _read_key(text: str) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # An environment variable may have to hold it in one line.
        pem = text.replace("\\n", "\n") if "-----BEGIN" in text else _read_file(text)
        key = load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise BadCredentialError(
            "private_key", "is protected by a passphrase: remove it."
        ) from None
    except (OSError, ValueError, UnsupportedAlgorithm):
        # What was set is not repeated: it may be the key without its first line.
        raise BadCredentialError(
            "private_key", "is neither a private key as PEM text nor a file that holds one."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise BadCredentialError("private_key", "is no RSA key; the API takes RSA keys only.")
    if not _SMALLEST_KEY <= key.key_size <= _LARGEST_KEY:
        raise BadCredentialError(
            "private_key",
            f"has {key.key_size} bits; the API takes {_SMALLEST_KEY} to {_LARGEST_KEY}.",
        )
    return key


def _read_file(path: str) -> str:
    return Path(path).expanduser().read_text()
