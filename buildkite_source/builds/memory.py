"""What earlier loads know of one build list, kept in dlt's state and committed with the load."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from buildkite_source.windows import Window, common, from_api, to_api, union, without


class ListMemory:
    """The memory of one build list (an organization's, or one pipeline's).

    Each table that is read from the list has a memory of its own, which dlt drops together with
    the table. Tables that are read together know what all of them know.

    Args:
        kept: What each of the tables remembers of the list; changed in place.
    """

    def __init__(self, kept: Sequence[dict[str, Any]]) -> None:
        self._kept = kept

    @property
    def covered(self) -> list[Window]:
        """Creation times whose builds are loaded, as disjoint windows, oldest first."""
        return reduce(common, map(_windows, self._kept)) if self._kept else []

    def cover(self, window: Window) -> None:
        """Record that the builds created in `window` are loaded."""
        for kept in self._kept:
            kept["covered"] = _texts(union([*_windows(kept), window]))

    def forget(self, window: Window) -> None:
        """Record that the builds created in `window` are to be loaded anew."""
        for kept in self._kept:
            kept["covered"] = _texts(without(_windows(kept), window))

    @property
    def open(self) -> dict[str, str]:
        """Builds that were last seen unsettled: creation time by id."""
        return {key: at for kept in self._kept for key, at in kept.get("open", {}).items()}

    def opened(self, build_id: str, created_at: str) -> None:
        """Record that a build was seen unsettled."""
        for kept in self._kept:
            kept.setdefault("open", {})[build_id] = created_at

    def closed(self, build_id: str) -> None:
        """Record that a build was seen settled, or is not followed any more."""
        for kept in self._kept:
            kept.get("open", {}).pop(build_id, None)

    def time(self, name: str) -> datetime | None:
        """Return a watermark, `finished` or `rechecked`: the earliest of all tables."""
        times = [kept.get(name) for kept in self._kept]
        return min((from_api(time) for time in times if time), default=None) if all(times) else None

    def mark(self, name: str, moment: datetime) -> None:
        """Set a watermark."""
        for kept in self._kept:
            kept[name] = to_api(moment)


def _windows(kept: dict[str, Any]) -> list[Window]:
    return [Window(from_api(start), from_api(end)) for start, end in kept.get("covered", [])]


def _texts(windows: Sequence[Window]) -> list[list[str]]:
    return [[to_api(window.start), to_api(window.end)] for window in windows]
