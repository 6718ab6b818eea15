"""Lists that are sorted by time, newest first: how far they have to be read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from buildkite_source.windows import from_api, to_api


class NewestFirst:
    """One such list: what earlier loads read of it, and where this one may end.

    A list that turns out to be sorted in another way is read to its end.

    Args:
        kept: What earlier loads know of the list; changed in place when it has been read.
        since: How far back its history is wanted.
        late: So long after its time an object may still change.
    """

    def __init__(self, kept: dict[str, Any], since: datetime, late: timedelta) -> None:
        self._kept = kept
        self._since = since
        self._bound = since
        self._newest: datetime | None = None
        if kept and from_api(kept["from"]) <= since:
            self._newest = from_api(kept["to"])
            self._bound = max(since, self._newest - late)
        self._last: datetime | None = None
        self._sorted = True

    def reached(self, times: Sequence[datetime]) -> bool:
        """Take the times of a page; whether all that follow are known or not wanted."""
        for time in times:
            self._sorted = self._sorted and (self._last is None or time <= self._last)
            self._last = time
            self._newest = time if self._newest is None else max(time, self._newest)
        return self._sorted and bool(times) and times[-1] < self._bound

    def end(self) -> None:
        """Remember that the list has been read as far as it is wanted."""
        newest = self._newest or self._since
        self._kept |= {"from": to_api(self._since), "to": to_api(newest)}
