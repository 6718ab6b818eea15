"""Which organizations and pipelines were asked for, held against what the token sees."""

from collections.abc import Iterable, Mapping
from typing import Any

from buildkite_source.client import UnknownSlugError


class Selection:
    """Slugs asked for; an empty selection takes everything.

    The lists tell it what they see and when they end, so that an unknown slug is an error
    as soon as the last list that could have held it has ended.

    Args:
        kind: What has these slugs, such as `pipeline`.
        wanted: Slugs asked for.
        one_list_for: The selection of the objects that have a list each; None where there is one
            list in all.
    """

    def __init__(
        self, kind: str, wanted: Iterable[str] | None, one_list_for: "Selection | None" = None
    ) -> None:
        self.wanted = frozenset(wanted or ())
        self._kind = kind
        self._parents = one_list_for
        self.visible: list[str] = []
        self._lists_ended = 0

    def takes(self, item: Mapping[str, Any]) -> bool:
        """Whether an item was asked for."""
        return not self.wanted or item["slug"] in self.wanted

    def see(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take note of one page of a list."""
        self.visible.extend(item["slug"] for item in items)

    def ended(self) -> None:
        """Take note that a list has ended.

        Raises:
            UnknownSlugError: It was the last one, and a slug that was asked for is in none.
        """
        self._lists_ended += 1
        lists = len(self._parents.wanted or self._parents.visible) if self._parents else 1
        unknown = sorted(self.wanted.difference(self.visible))
        if self._lists_ended >= lists and unknown:
            raise UnknownSlugError(self._kind, unknown, self.visible)
