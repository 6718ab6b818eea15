"""Access by public key: a short-lived signed statement instead of a secret.

`Authorization: Bearer <JWT>` with `iss`, the UUID of the token; `iat`, within seconds of now;
`exp`, at most minutes after `iat`. https://buildkite.com/docs/apis/managing-api-tokens
"""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.types import Options

from buildkite_simulator.instants import SECOND

_SKEW = 10
_LONGEST = 5 * 60
_KEY_SIZES = range(2_048, 4_097)
# The library would compare times with the machine's clock instead of the world's.
_REQUIRED: Options = {
    "require": ["iss", "iat", "exp"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def check_key(pem: str) -> None:
    """Raise ValueError unless a PEM holds an RSA public key of 2048 to 4096 bits."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey) or key.key_size not in _KEY_SIZES:
        raise ValueError("a public key must be RSA of 2048 to 4096 bits")


def issuer(value: str) -> str | None:
    """Return who issued a JWT, as it says itself; None if it is no JWT."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    return claims.get("iss") if isinstance(claims.get("iss"), str) else None


def is_valid(value: str, pem: str, at: int) -> bool:
    """Tell whether a JWT is signed with the key, and good at an instant."""
    try:
        claims: dict[str, Any] = jwt.decode(value, pem, algorithms=["RS256"], options=_REQUIRED)
    except jwt.PyJWTError:
        return False
    issued, expires, now = claims["iat"], claims["exp"], at / SECOND
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return False
    return abs(issued - now) <= _SKEW and now < expires <= issued + _LONGEST
