"""Whether a request comes from Buildkite: its token, in clear or by a signature.

https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature
"""

import hashlib
import hmac
from collections.abc import Sequence


class UnsignedError(Exception):
    """Neither a known token nor a signature by one, or one that is too old."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(
    body: bytes,
    token: str | None,
    signature: str | None,
    known: Sequence[bytes],
    now: float,
    window: float,
) -> None:
    """Accept a request that carries one of the known tokens, or is signed with one.

    Args:
        body: As it was received.
        token: The header `X-Buildkite-Token`.
        signature: The header `X-Buildkite-Signature`.
        known: Tokens of the webhook services; several, so that one can follow another.
        now: Seconds since the epoch.
        window: Seconds that a signature may be old, or ahead.

    Raises:
        UnsignedError: Its `reason` is one of unsigned, token, signature, replayed.
    """
    if signature is not None:
        _check_signature(body, signature, known, now, window)
        return
    if token is None:
        raise UnsignedError("unsigned")
    given = token.encode("latin-1", "replace")
    # All are compared, so that the time taken does not tell which one is close.
    if not sum(hmac.compare_digest(given, one) for one in known):
        raise UnsignedError("token")


def _check_signature(
    body: bytes, header: str, known: Sequence[bytes], now: float, window: float
) -> None:
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp, given = parts.get("timestamp", "").strip(), parts.get("signature", "").strip()
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16 and given.isascii()):
        raise UnsignedError("signature")
    signed = stamp.encode() + b"." + body
    made = [hmac.new(one, signed, hashlib.sha256).hexdigest() for one in known]
    if not sum(hmac.compare_digest(given.lower(), one) for one in made):
        raise UnsignedError("signature")
    if abs(now - int(stamp)) > window:
        raise UnsignedError("replayed")
