"""Time windows: what of a list is covered, and what still has to be asked for. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Overlap of the next run with the last: covers builds that become visible late and the
# second's precision of the API's filters.
OVERLAP = timedelta(minutes=10)

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+)([mhdw])")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Builds created at or after `start` and before `end`, as the API's filters count them."""

    start: datetime
    end: datetime

    def params(self) -> dict[str, str]:
        """Return the API's filters; whole seconds, which every filter takes."""
        return {"created_from": to_api(self.start), "created_to": to_api(self.end)}


def to_api(moment: datetime) -> str:
    """Return a time as the API's filters take it, cut to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_api(text: str) -> datetime:
    """Return the time that `to_api` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def parse_since(text: str, now: datetime) -> datetime:
    """Parse a date, a time, or a duration such as `30d`, `12h` or `2w` before `now`.

    Raises:
        ValueError: With a message that shows the forms; also when the time is in the future.
    """
    duration = _DURATION.fullmatch(text.strip())
    try:
        if duration:
            since = now - timedelta(**{_UNITS[duration[2]]: int(duration[1])})
        else:
            since = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no date and no duration. Use a date such as 2026-08-01, a time such "
            "as 2026-08-01T04:00:00Z, or a duration such as 30d, 12h or 2w."
        ) from None
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    if since >= now:
        raise ValueError(f"{text!r} lies in the future; it is {to_api(now)} at Buildkite.")
    return since.astimezone(UTC)


def missing(covered: Window | None, since: datetime, now: datetime) -> list[Window]:
    """Return the windows to ask for, newest first, so that `since` to `now` is covered.

    Args:
        covered: What earlier runs have, or None.
        since: How far back the history is to reach.
        now: The API's time.
    """
    if covered is None:
        return [Window(since, now)]
    windows = [Window(min(covered.end - OVERLAP, now), now)]
    if since < covered.start:
        windows.append(Window(since, covered.start))
    return [window for window in windows if window.start < window.end]


def extend(covered: Window | None, done: Window) -> Window:
    """Return what is covered once `done` is loaded.

    A window that leaves a gap to what is covered does not count as coverage of the gap: the
    newer of the two is kept, and the older part is asked for again.
    """
    if covered is None:
        return done
    if done.end < covered.start or covered.end < done.start:
        return max(covered, done, key=lambda window: window.end)
    return Window(min(covered.start, done.start), max(covered.end, done.end))


def common(windows: Iterable[Window | None]) -> Window | None:
    """Return what is covered in every one of several tables, or None."""
    every = list(windows)
    if not every or any(window is None for window in every):
        return None
    known = [window for window in every if window is not None]
    start, end = max(w.start for w in known), min(w.end for w in known)
    return Window(start, end) if start < end else None
