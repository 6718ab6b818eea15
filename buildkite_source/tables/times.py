"""Timestamps in the two forms the API uses."""

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?\s?(Z|UTC|[+-]\d\d:?\d\d)", re.ASCII
)


def parse_time(text: str) -> datetime:
    """Parse `2026-08-01T04:00:00.123Z` or `2013-09-03 13:24:38 UTC` into aware UTC.

    Digits beyond microseconds are rounded.

    Raises:
        ValueError: The text has neither form, or names no real moment.
    """
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not a timestamp: {text!r}")
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in ("Z", "UTC") else zone
    moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"not a timestamp: {text!r}") from error
    try:
        return moment + timedelta(microseconds=(int((fraction or "0")[:7].ljust(7, "0")) + 5) // 10)
    except OverflowError as error:
        raise ValueError(f"not a timestamp: {text!r}") from error
