"""Which organizations and pipelines were asked for, held against what the token sees."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


class Selection:
    """Slugs asked for; an empty selection takes everything.

    The lists tell it what they see and when they end, so that an unknown slug is an error
    as soon as the last list that could have held it has ended.

    Args:
        wanted: Slugs asked for.
        on_unknown: Called with (unknown slugs, visible slugs) when a slug is nowhere.
    """

    def __init__(
        self, wanted: Iterable[str], on_unknown: Callable[[list[str], list[str]], None]
    ) -> None:
        self.wanted = frozenset(wanted)
        self._on_unknown = on_unknown
        self.reset()

    def reset(self) -> None:
        """Forget what was seen; a source can be extracted more than once."""
        self.visible: list[str] = []
        self.lists_ended = 0

    def takes(self, item: Mapping[str, Any]) -> bool:
        """Whether an item was asked for."""
        return not self.wanted or item["slug"] in self.wanted

    def see(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take note of one page of a list."""
        self.visible.extend(item["slug"] for item in items)

    def ended(self, of: int) -> None:
        """Take note that one of `of` lists has ended; report unknown slugs after the last."""
        self.lists_ended += 1
        unknown = sorted(self.wanted.difference(self.visible))
        if self.lists_ended >= of and unknown:
            self._on_unknown(unknown, self.visible)
