"""Time windows as the API's filters take them, and what of a span they cover. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)
# Builds may show up in the lists so long after they were created. Nothing younger counts as
# covered, and what has finished is asked for again from as long before the last run.
OVERLAP = timedelta(minutes=5)

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+)([mhdw])")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Builds created at or after `start` and before `end`, as the API's filters count them.

    Both are whole seconds, which every filter of the API takes.
    """

    start: datetime
    end: datetime

    def params(self) -> dict[str, str]:
        """Return the API's filters."""
        return {"created_from": to_api(self.start), "created_to": to_api(self.end)}

    def cut(self, oldest: datetime) -> tuple["Window", "Window"]:
        """Return (read, left) when everything younger than `oldest` has been read.

        Others may have been created in the same second as `oldest`, so that second is left.
        """
        edge = min(max(floor(oldest) + SECOND, self.start), self.end)
        return Window(edge, self.end), Window(self.start, edge)

    def __bool__(self) -> bool:
        return self.start < self.end


def floor(moment: datetime) -> datetime:
    """Return a time cut to the second."""
    return moment.replace(microsecond=0)


def to_api(moment: datetime) -> str:
    """Return a time as the API's filters take it, cut to the second."""
    return floor(moment.astimezone(UTC)).isoformat().replace("+00:00", "Z")


def to_sql(moment: datetime) -> str:
    """Return a time as text that any destination compares with its times, also where they are text.

    Cut to the second, as in `to_api`.
    """
    return floor(moment.astimezone(UTC)).isoformat(" ")


def from_api(text: str) -> datetime:
    """Return the time that `to_api` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def parse_duration(text: str) -> timedelta | None:
    """Return a duration such as `30d`, `12h` or `2w`; None of what is none.

    Raises:
        ValueError: It is longer than a calendar.
    """
    duration = _DURATION.fullmatch(text.strip())
    try:
        return timedelta(**{_UNITS[duration[2]]: int(duration[1])}) if duration else None
    except OverflowError:
        raise ValueError(_no_time(text)) from None


def parse_since(text: str, now: datetime) -> datetime:
    """Parse a date, a time, or a duration such as `30d`, `12h` or `2w` before `now`.

    Raises:
        ValueError: With a message that shows the forms; also when the time is not past.
    """
    since = _parse(text, now)
    if since >= now:
        raise ValueError(f"{text!r} lies in the future; it is {to_api(now)} at Buildkite.")
    return floor(since)


def check_since(text: str) -> None:
    """Check the form of what `parse_since` takes, where the API's time is not known yet.

    Raises:
        ValueError: With a message that shows the forms.
    """
    _parse(text, datetime.max.replace(tzinfo=UTC))
    if parse_duration(text) == timedelta(0):
        raise ValueError(_no_time(text))


def parse_until(text: str, now: datetime) -> datetime:
    """Parse the same forms as the end of a span, which is never later than `now`."""
    return floor(min(_parse(text, now), now))


def _parse(text: str, now: datetime) -> datetime:
    try:
        duration = parse_duration(text)
        since = datetime.fromisoformat(text.strip()) if duration is None else now - duration
        return since.astimezone(UTC) if since.tzinfo else since.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(_no_time(text)) from None


def _no_time(text: str) -> str:
    return (
        f"{text!r} is no date and no duration. Use a date such as 2026-08-01, a time such "
        "as 2026-08-01T04:00:00Z, or a duration such as 30d, 12h or 2w."
    )


def union(windows: Iterable[Window]) -> list[Window]:
    """Return the same moments as disjoint windows, oldest first; touching ones are joined."""
    joined: list[Window] = []
    for window in sorted(filter(None, windows)):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined


def common(windows: Iterable[Window], others: Iterable[Window]) -> list[Window]:
    """Return the moments that lie in both, as disjoint windows, oldest first."""
    others = list(others)
    shared = [
        Window(max(one.start, other.start), min(one.end, other.end))
        for one in windows
        for other in others
    ]
    return union(shared)


def without(windows: Iterable[Window], left_out: Window) -> list[Window]:
    """Return the moments of `windows` outside of another one, as disjoint windows."""
    parts = []
    for window in windows:
        parts.append(Window(window.start, min(window.end, left_out.start)))
        parts.append(Window(max(window.start, left_out.end), window.end))
    return union(parts)


def gaps(covered: Iterable[Window], span: Window) -> list[Window]:
    """Return the parts of `span` that nothing covers, newest first."""
    found: list[Window] = []
    end = span.end
    for window in reversed(union(covered)):
        found.append(Window(max(window.end, span.start), end))
        end = min(end, window.start)
    found.append(Window(span.start, end))
    return [gap for gap in found if gap]
