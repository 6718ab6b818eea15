"""Key pairs, and a server that lets in who signs with the right one, by the documented rules."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from .server import Asked, Reply, ScriptedServer

TOKEN_ID = "0198f0c2-1111-7000-8000-000000000042"
DENIED = b'{"message": "Authentication required. Please supply a valid API Access Token"}'


@cache
def rsa_key(bits: int = 2048, which: int = 0) -> rsa.RSAPrivateKey:
    """Return the same key for the same arguments within a run of the tests."""
    del which
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def long_key() -> rsa.RSAPrivateKey:
    """Return a key of 4484 bits at once: its primes are Mersenne's."""
    p, q, e = 2**2281 - 1, 2**2203 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def public_pem(key: Any) -> str:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return str(public.decode())


@cache
def curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: str = "") -> str:
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, form, lock).decode())


class VerifyingServer(ScriptedServer):
    """Answers as it is told to whoever sends a JWT that is valid by its own clock; others get 401.

    Attributes:
        now: Its clock.
        skew: What its clock is ahead of `now`.
        dated: Whether its answers have a `Date`.
        let_in: The claims of each JWT that was accepted.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.skew = timedelta()
        self.dated = True
        self.let_in: list[dict[str, Any]] = []
        super().__init__()

    def take(self, asked: Asked) -> Reply:
        now = self.now() + self.skew
        date = {"Date": format_datetime(now.replace(microsecond=0), usegmt=True)}
        bearer = (asked.headers["Authorization"] or "").removeprefix("Bearer ")
        claims = self._claims(bearer, now.timestamp())
        if claims:
            self.let_in.append(claims)
            reply = super().take(asked)
        else:
            self.asked.append(asked)
            reply = Reply(status=401, body=DENIED.replace(b"Please", bearer.encode()))
        headers = {**reply.headers, **(date if self.dated else {})}
        return Reply(reply.status, reply.body, headers, reply.fault, reply.gzipped)

    def _claims(self, bearer: str, now: float) -> dict[str, Any] | None:
        unchecked = {"verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(
                bearer, rsa_key().public_key(), algorithms=["RS256"], options=unchecked
            )
        except jwt.InvalidTokenError:
            return None
        issued, expires = claims["iat"], claims["exp"]
        fits = abs(issued - now) <= 10 and issued < expires <= issued + 300 and now < expires
        return dict(claims) if fits and claims["iss"] == TOKEN_ID else None
