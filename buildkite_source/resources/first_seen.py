"""When things were seen, for the first time and the last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from buildkite_source.client import RawItem
from buildkite_source.tables import Table
from buildkite_source.warehouse.stored import has_column, rows_of

_FIRST, _LAST = "first_seen_at", "last_seen_at"


class FirstSeen:
    """Fills in `first_seen_at`, which what is loaded keeps, and `last_seen_at`.

    Args:
        table: A table that is merged by its key; one without these columns is left as it is.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        columns = {column.name: column for column in table.columns}
        self._wanted = _FIRST in columns
        self._paths = [columns[name].path for name in table.primary_key] if self._wanted else []
        self._known: dict[tuple[Any, ...], datetime] | None = None

    def fill(self, items: list[RawItem]) -> list[RawItem]:
        """Return the items, which know now when they were seen."""
        if self._wanted and items:
            if self._known is None:
                self._known = self._stored()
            for item in items:
                if _FIRST not in item.context:
                    first = self._known.get(self._key(item), item.fetched_at)
                    item.context |= {_FIRST: first, _LAST: item.fetched_at}
        return items

    def _key(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(_value(item, path) for path in self._paths)

    def _stored(self) -> dict[tuple[Any, ...], datetime]:
        if not has_column(self._table.name, _FIRST):
            return {}
        key = ", ".join(self._table.primary_key)
        sql = f"SELECT {key}, {_FIRST} FROM {self._table.name}"  # noqa: S608 - names of ours
        return {tuple(values): at for *values, at in rows_of(sql) if at}


def _value(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.lstrip("@").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
