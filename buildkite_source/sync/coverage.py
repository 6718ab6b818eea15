"""What earlier loads cover, kept in dlt's state: one window per list and table."""

from collections.abc import Sequence
from typing import Any

from .windows import Window, common, extend, from_api, to_api


class Coverage:
    """Reads and extends the coverage in a state dictionary that dlt commits with the load.

    The state maps a list (an organization id, or an organization and a pipeline id) and a
    table to `[start, end]` in the API's time format.

    Args:
        state: The source's state; changed in place.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._state: dict[str, dict[str, list[str]]] = state.setdefault("covered", {})

    def of(self, key: str, tables: Sequence[str]) -> Window | None:
        """Return what all `tables` have of a list, or None."""
        kept = self._state.get(key, {})
        return common(_read(kept.get(table)) for table in tables)

    def extend(self, key: str, tables: Sequence[str], done: Window) -> None:
        """Record that `tables` now have `done` of a list."""
        kept = self._state.setdefault(key, {})
        for table in tables:
            window = extend(_read(kept.get(table)), done)
            kept[table] = [to_api(window.start), to_api(window.end)]


def _read(kept: list[str] | None) -> Window | None:
    return Window(from_api(kept[0]), from_api(kept[1])) if kept else None
