"""Pages of API objects → Arrow tables, a whole column at a time."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import attrgetter
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from .decode import ItemDecoder, dump
from .model import Column, Kind, Table
from .shape import UNKNOWN, Node, shape_of

_ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    Kind.JSON: pa.string(),
    Kind.BINARY: pa.binary(),
}


# Microseconds since 1970 of the first and last moments that Python can name.
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999


class Item(Protocol):
    """One API object as it was fetched."""

    raw: bytes
    fetched_at: datetime
    context: dict[str, Any]
    typed: Any


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table; it never depends on data."""
    return pa.schema(
        pa.field(column.name, _ARROW_TYPES[column.kind], nullable=not column.required)
        for column in table.columns
    )


@dataclass(frozen=True, slots=True)
class Rejected:
    """An object that lacks what its table cannot be without.

    Attributes:
        table: Table it was meant for.
        lacks: The columns.
        item: What it came with: the object itself, or the one whose list it is in.
        raw: The object, decoded.
    """

    table: Table
    lacks: tuple[str, ...]
    item: Item
    raw: Any


class Shaper:
    """Turns pages of one kind of API object into the tables read from it.

    Args:
        tables: All tables of that object; each object is decoded once for all of them.
        on_unknown: Called with (table name, field names) when fields turn up that the
            reference does not know.
        on_rejected: Called with objects that lack what their table cannot be without; they get
            no row.
    """

    def __init__(
        self,
        tables: tuple[Table, ...],
        on_unknown: Callable[[str, set[str]], None] | None = None,
        on_rejected: Callable[[Iterable[Rejected]], None] | None = None,
    ) -> None:
        self._shape = shape_of(tables)
        self._decode = ItemDecoder(self._shape)
        self._on_unknown = on_unknown
        self._on_rejected = on_rejected
        self._schemas = {table.name: arrow_schema(table) for table in tables}

    def __call__(self, table: Table, items: Sequence[Item]) -> pa.Table:
        """Return the rows of `table` in `items`.

        Raises:
            ValueError: An item is no JSON object or has no documented field, or a row lacks its
                key and nobody takes what is rejected.
        """
        for item in items:
            if item.typed is None:
                item.typed = self._decode(item.raw)
        try:
            page, arrays = self._columns(table, items)
        except (OverflowError, RecursionError, pa.ArrowException):
            # The strict path takes any text for a time, and numbers that Arrow refuses; the
            # tolerant path sorts them out.
            for item in items:
                item.typed = self._decode.tolerant(item.raw)
            page, arrays = self._columns(table, items)
        needed = {column.name for column in table.columns if column.required}
        if self._on_rejected:
            needed |= {*table.primary_key, *table.needed}
        lacking = {
            column.name: pc.is_null(array)
            for column, array in zip(table.columns, arrays, strict=True)
            if column.name in needed and array.null_count
        }
        if lacking:
            arrays = self._without(table, page, arrays, lacking)
        if page.unknown and self._on_unknown:
            self._on_unknown(table.name, page.unknown)
        return pa.Table.from_arrays(arrays, schema=self._schemas[table.name])

    def _without(
        self, table: Table, page: "_Page", arrays: list[pa.Array], lacking: dict[str, pa.Array]
    ) -> list[pa.Array]:
        """Return the columns without the rows that lack something, and hand those on."""
        if not self._on_rejected:
            raise ValueError(f"{table.name} without {', '.join(lacking)}")
        bad = reduce(pc.or_, lacking.values())
        rows = pc.indices_nonzero(bad).to_pylist()
        own = [
            array
            for column, array in zip(table.columns, arrays, strict=True)
            if not column.path.startswith(("@", "/"))
        ]
        if not all(any(array[row].is_valid for array in own) for row in rows):
            raise ValueError("an object has none of the documented fields")
        self._on_rejected(
            Rejected(table, tuple(name for name in lacking if lacking[name][row].as_py()), *found)
            for row, found in ((row, page.source(row)) for row in rows)
        )
        return [array.filter(pc.invert(bad)) for array in arrays]

    def _columns(self, table: Table, items: Sequence[Item]) -> tuple["_Page", list[pa.Array]]:
        page = _Page(table, self._shape, items)
        arrays = [page.array(column) for column in table.columns]
        for array in arrays:
            _check_calendar(array)
        return page, arrays


def _check_calendar(array: pa.Array) -> None:
    """Raise OverflowError for times that no calendar has once they are UTC."""
    if pa.types.is_timestamp(array.type) and array.null_count < len(array):
        times = pc.min_max(array.cast(pa.int64()))
        if times["min"].as_py() < _FIRST or times["max"].as_py() > _LAST:
            raise OverflowError("a time outside the calendar")


class _Page:
    """The rows of one table in one page, and the values of a column over all of them."""

    def __init__(self, table: Table, shape: Node, items: Sequence[Item]) -> None:
        self.unknown: set[str] = set()
        self._table = table
        self._items = items
        self._objects: dict[tuple[str, ...], _Objects] = {}
        roots = [item.typed for item in items]
        self._objects[("/",)] = _Objects(shape, roots)
        self._owner: pa.Array | None = None
        if not table.rows:
            self._objects[("",)] = self._objects[("/",)]
            return
        lists = [getattr(root, table.rows) or () for root in roots]
        rows = [row for rows in lists for row in rows]
        self._objects[("",)] = _Objects(shape.lists[table.rows], rows)
        self._owner = pa.array(
            [index for index, rows in enumerate(lists) for _ in rows], pa.int64()
        )

    def array(self, column: Column) -> pa.Array:
        """Return one value per row."""
        found = self._found(column)
        if column.fallback and found.null_count:
            other = replace(column, path=column.fallback, convert=None, fallback="")
            found = pc.coalesce(found, self._found(other))
        return found

    def _found(self, column: Column) -> pa.Array:
        """Return what each row has at the column's path."""
        if column.path == "@extra":
            unknown = self._objects[("",)].values(UNKNOWN)
            return _array([self._extra(fields) for fields in unknown], column)
        if column.path == "@fetched_at":
            moments = [item.fetched_at for item in self._items]
            return self._per_row(pa.array(moments, _ARROW_TYPES[column.kind]))
        if column.path.startswith("@"):
            key = column.path[1:]
            known = [item.context.get(key) for item in self._items]
            if column.convert:
                known = [column.convert(value) for value in known]
            return self._per_row(pa.array(known, _ARROW_TYPES[column.kind]))
        keys = tuple(column.path.lstrip("/").split("."))
        if column.path.startswith("/"):
            return self._per_row(self._read(("/", *keys), column))
        return self._read(("", *keys), column)

    def source(self, row: int) -> tuple[Item, Any]:
        """Return what a row came with, and the decoded object that it is."""
        if self._owner is None:
            return self._items[row], _decoded(self._items[row])
        owners = self._owner.to_pylist()
        item = self._items[owners[row]]
        listed = [one for one in _decoded(item)[self._table.rows] if isinstance(one, dict)]
        return item, listed[row - owners.index(owners[row])]

    def _read(self, path: tuple[str, ...], column: Column) -> pa.Array:
        objects = self._at(path[:-1])
        values = objects.values(path[-1])
        if objects.node.leaves[path[-1]] is Kind.JSON:
            values = [_json_text(value) for value in values]
        return _array(values, column)

    def _at(self, path: tuple[str, ...]) -> "_Objects":
        if path not in self._objects:
            self._objects[path] = self._at(path[:-1]).inner(path[-1])
        return self._objects[path]

    def _per_row(self, values: pa.Array) -> pa.Array:
        return values if self._owner is None else values.take(self._owner)

    def _extra(self, unknown: dict[str, Any] | None) -> str | None:
        if not unknown:
            return None
        self.unknown.update(unknown)
        return dump(unknown).decode()


def _decoded(item: Item) -> Any:
    return json.loads(item.raw.decode(errors="replace"))


class _Objects:
    """Objects of one shape, and the values of a field over all of them."""

    def __init__(self, node: Node, objects: Sequence[Any]) -> None:
        self.node = node
        self._objects = objects

    def values(self, key: str) -> list[Any]:
        return list(map(attrgetter(key), self._objects))

    def inner(self, key: str) -> "_Objects":
        """Return the objects under a key; a missing one reads as if its fields were missing."""
        node = self.node.objects[key]
        absent = node.struct()
        return _Objects(node, [absent if one is None else one for one in self.values(key)])


def _array(values: list[Any], column: Column) -> pa.Array:
    """Return a column; times are text until here, for Arrow parses them 40 times as fast."""
    if column.convert:
        values = [column.convert(value) for value in values]
    if column.kind is Kind.TIMESTAMP:
        return pa.array(values, pa.string()).cast(_ARROW_TYPES[column.kind])
    return pa.array(values, _ARROW_TYPES[column.kind])


def _json_text(value: Any) -> str | None:
    text = bytes(value)
    return None if text in (b"", b"null") else text.decode()
