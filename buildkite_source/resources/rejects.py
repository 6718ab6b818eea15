"""Objects that lack what their table cannot be without: set aside in a table of their own."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dlt
import orjson
import pyarrow as pa

from buildkite_source.client import Event, RawItem, RowRejected
from buildkite_source.tables import REJECTED, Rejected, Shaper, Table, harmless, resource_hints


class Rejects:
    """Takes what is rejected while pages are shaped, and gives it back as rows of `rejected`.

    Args:
        keep: Returns a table without what is not to be kept of it.
        tell: Hears of each object.

    Attributes:
        tell: The same.
    """

    def __init__(self, keep: Callable[[Table], Table], tell: Callable[[Event], None]) -> None:
        self._table = keep(REJECTED)
        self._shaper = Shaper((self._table,))
        self.tell = tell
        self._items: list[RawItem] = []

    def take(self, found: Iterable[Rejected]) -> None:
        """Set objects aside."""
        for one in found:
            came_with: Any = one.item
            reason = f"no {' and no '.join(one.lacks)}"
            raw = harmless(one.raw)
            url, number = came_with.get("url"), came_with.get("number")
            row = {
                "id": hashlib.sha256(one.table.name.encode() + raw).hexdigest(),
                "table_name": one.table.name,
                "reason": reason,
                "list": url if isinstance(url, str) else None,
                "number": number if isinstance(number, int) else None,
                "raw": orjson.Fragment(raw),
            }
            self._items.append(RawItem(orjson.dumps(row), one.item.fetched_at))
            where = " ".join(str(part) for part in (url, number and f"number {number}") if part)
            self.tell(RowRejected(one.table.name, reason, where or "an object without an address"))

    def rows(self) -> Iterator[Any]:
        """Yield what was set aside since the last time, for the table `rejected`."""
        if self._items:
            rows: pa.Table = self._shaper(self._table, self._items)
            self._items = []
            hints = resource_hints(self._table)
            name, columns = hints.pop("name"), hints.pop("columns")
            # dlt begins with the columns of the resource that rejects; none takes them away.
            for part, own in (([], {}), (rows, columns)):
                made = dlt.mark.make_hints(table_name=name, columns=own, **hints)
                yield dlt.mark.with_hints(part, made, create_table_variant=True)
