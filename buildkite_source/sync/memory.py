"""What earlier loads know of one build list, kept in dlt's state and committed with the load."""

from datetime import datetime
from typing import Any

from .windows import Window, from_api, to_api, union


class ListMemory:
    """The memory of one build list (an organization's, or one pipeline's) and set of tables.

    Args:
        state: The source's state; changed in place.
        key: Names the list and the tables that are loaded from it, since a table that was not
            loaded has no history.
    """

    def __init__(self, state: dict[str, Any], key: str) -> None:
        self._memory: dict[str, Any] = state.setdefault("lists", {}).setdefault(key, {})

    @property
    def covered(self) -> list[Window]:
        """Creation times whose builds are loaded, as disjoint windows, oldest first."""
        kept = self._memory.get("covered", [])
        return [Window(from_api(start), from_api(end)) for start, end in kept]

    def cover(self, window: Window) -> None:
        """Record that the builds created in `window` are loaded."""
        windows = union([*self.covered, window])
        self._memory["covered"] = [[to_api(w.start), to_api(w.end)] for w in windows]

    @property
    def open(self) -> dict[str, str]:
        """Builds that were last seen unsettled: creation time by id."""
        kept: dict[str, str] = self._memory.setdefault("open", {})
        return kept

    def time(self, name: str) -> datetime | None:
        """Return a watermark: `finished` or `rechecked`."""
        kept = self._memory.get(name)
        return from_api(kept) if kept else None

    def mark(self, name: str, moment: datetime) -> None:
        """Set a watermark."""
        self._memory[name] = to_api(moment)
