"""Pages of API objects → Arrow tables, a whole column at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
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
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    Kind.JSON: pa.string(),
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


class Shaper:
    """Turns pages of one kind of API object into the tables read from it.

    Args:
        tables: All tables of that object; each object is decoded once for all of them.
        on_unknown: Called with (table name, field names) when fields turn up that the
            reference does not know.
    """

    def __init__(
        self,
        tables: tuple[Table, ...],
        on_unknown: Callable[[str, set[str]], None] | None = None,
    ) -> None:
        self._shape = shape_of(tables)
        self._decode = ItemDecoder(self._shape)
        self._on_unknown = on_unknown
        self._schemas = {table.name: arrow_schema(table) for table in tables}

    def __call__(self, table: Table, items: Sequence[Item]) -> pa.Table:
        """Return the rows of `table` in `items`.

        Raises:
            ValueError: An item is no JSON object, or a row has no primary key.
        """
        for item in items:
            if item.typed is None:
                item.typed = self._decode(item.raw)
        try:
            page, arrays = self._columns(table, items)
        except (OverflowError, RecursionError, pa.ArrowException):
            # The strict path takes a few values that Arrow does not, such as a time before the
            # year 1; the tolerant path sorts them out.
            for item in items:
                item.typed = self._decode.tolerant(item.raw)
            page, arrays = self._columns(table, items)
        schema = self._schemas[table.name]
        for column, array in zip(table.columns, arrays, strict=True):
            if column.required and array.null_count:
                raise ValueError(f"{array.null_count} {table.name} without {column.name}")
        if page.unknown and self._on_unknown:
            self._on_unknown(table.name, page.unknown)
        return pa.Table.from_arrays(arrays, schema=schema)

    def _columns(self, table: Table, items: Sequence[Item]) -> tuple["_Page", list[pa.Array]]:
        page = _Page(table, self._shape, items)
        fields = self._schemas[table.name]
        arrays = [
            pa.array(page.values(column), field.type)
            for column, field in zip(table.columns, fields, strict=True)
        ]
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
        self._items = items
        self._shape = shape
        self._roots = [item.typed for item in items]
        self._objects: dict[tuple[str, ...], list[Any]] = {}
        if table.rows:
            self._row_shape = shape.lists[table.rows]
            lists = [getattr(root, table.rows) or () for root in self._roots]
            self._rows = [row for rows in lists for row in rows]
            self._owner: list[int] | None = [
                index for index, rows in enumerate(lists) for _ in rows
            ]
        else:
            self._row_shape = shape
            self._rows = self._roots
            self._owner = None

    def values(self, column: Column) -> list[Any]:
        """Return one value per row, ready for Arrow."""
        if column.path == "@extra":
            return [self._extra(row) for row in self._rows]
        if column.path == "@fetched_at":
            return self._per_row([item.fetched_at for item in self._items])
        if column.path.startswith("@"):
            key = column.path[1:]
            return self._per_row([item.context.get(key) for item in self._items])
        if column.path.startswith("/") and self._owner is not None:
            keys = tuple(column.path[1:].split("."))
            return self._per_row(self._read(self._shape, self._roots, ("/", *keys), column))
        keys = tuple(column.path.lstrip("/").split("."))
        return self._read(self._row_shape, self._rows, ("", *keys), column)

    def _read(
        self, node: Node, objects: list[Any], keys: tuple[str, ...], column: Column
    ) -> list[Any]:
        for position, key in enumerate(keys[1:-1], start=2):
            node = node.objects[key]
            if keys[:position] not in self._objects:
                # A missing object reads as one whose fields are all missing.
                absent = node.struct()
                self._objects[keys[:position]] = [
                    inner if inner is not None else absent
                    for inner in map(attrgetter(key), objects)
                ]
            objects = self._objects[keys[:position]]
        values = list(map(attrgetter(keys[-1]), objects))
        if node.leaves[keys[-1]] is Kind.JSON:
            values = [_json_text(value) for value in values]
        return [column.convert(value) for value in values] if column.convert else values

    def _per_row(self, values: list[Any]) -> list[Any]:
        return values if self._owner is None else [values[index] for index in self._owner]

    def _extra(self, row: Any) -> str | None:
        unknown = getattr(row, UNKNOWN)
        if not unknown:
            return None
        self.unknown.update(unknown)
        return dump(unknown).decode()


def _json_text(value: Any) -> str | None:
    text = bytes(value)
    return None if text in (b"", b"null") else text.decode()
