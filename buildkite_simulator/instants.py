"""Moments as whole milliseconds since the epoch: what the world stores and compares."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(moment: datetime) -> int:
    """Return the milliseconds since the epoch of a datetime; a naive one counts as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def as_datetime(at: int) -> datetime:
    """Return the UTC datetime of an instant."""
    return _EPOCH + timedelta(milliseconds=at)


@lru_cache(maxsize=200_000)
def iso(at: int | None) -> str | None:
    """Format as `2026-08-01T04:00:00.123Z`, the form of builds and jobs."""
    if at is None:
        return None
    return as_datetime(at).isoformat(timespec="milliseconds")[:-6] + "Z"


def iso_seconds(at: int) -> str:
    """Format as `2026-08-01T04:00:00Z`."""
    return f"{as_datetime(at):%Y-%m-%dT%H:%M:%SZ}"


def spaced(at: int | None) -> str | None:
    """Format as `2013-09-03 13:24:38 UTC`, the older form."""
    return None if at is None else f"{as_datetime(at):%Y-%m-%d %H:%M:%S} UTC"


def time_ordered_uuid(at: int, *parts: object) -> str:
    """Return a version 7 UUID of an instant whose random bits are a hash of `parts`."""
    noise = blake2b("/".join(map(str, parts)).encode(), digest_size=10).hexdigest()
    stamp = f"{at:012x}"
    variant = "89ab"[int(noise[3], 16) & 3]
    return f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"


def uuid_instant(uuid: str) -> int | None:
    """Return the instant a version 7 UUID was made at; None if it is no UUID."""
    try:
        return UUID(uuid).int >> 80
    except ValueError:
        return None
