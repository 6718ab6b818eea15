"""When things were seen for the first time, as the warehouse knows it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .client import RawItem
from .tables import Table
from .warehouse import rows_of, stored_tables

_COLUMN = "first_seen_at"


class FirstSeen:
    """Fills in `first_seen_at` of a table's rows: what is loaded keeps its time.

    Args:
        table: A table that is merged by its key; others are left as they are.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        columns = {column.name: column for column in table.columns}
        self._wanted = _COLUMN in columns
        self._paths = [columns[name].path for name in table.primary_key] if self._wanted else []
        self._known: dict[tuple[Any, ...], datetime] | None = None

    def fill(self, items: list[RawItem]) -> list[RawItem]:
        """Return the items, which know now when they were seen first."""
        if self._wanted and items:
            if self._known is None:
                self._known = self._stored()
            for item in items:
                if _COLUMN not in item.context:
                    seen = self._known.get(self._key(item), item.fetched_at)
                    item.context[_COLUMN] = seen
        return items

    def _key(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(_value(item, path) for path in self._paths)

    def _stored(self) -> dict[tuple[Any, ...], datetime]:
        if self._table.name not in stored_tables():
            return {}
        names = ", ".join((*self._table.primary_key, _COLUMN))
        rows = rows_of(f"SELECT {names} FROM {self._table.name} WHERE {_COLUMN} IS NOT NULL")  # noqa: S608
        return {tuple(key): at.astimezone(UTC) for *key, at in rows}


def _value(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.lstrip("@").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
