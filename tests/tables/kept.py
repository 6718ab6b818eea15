"""The oracle of tolerance: which leaves of an object are neither in its row nor left out."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from buildkite_source.tables import BUILDS, Kind, Table
from buildkite_source.tables.times import parse_time

from .reference import strict_json

# What no destination stores: it may be replaced, never the text around it.
UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufffd]")


def readable(value: Any) -> Any:
    """The value without what no destination stores, and with numbers that are none as text."""
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [readable(element) for element in value]
    if isinstance(value, dict):
        return {readable(key): readable(element) for key, element in value.items()}
    return value


def read_json(text: str | None) -> Any:
    return None if text is None else readable(strict_json(text))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif value is not None:
        yield path, value


def inside(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def same(cell: Any, value: Any) -> bool:
    return cell == value and isinstance(cell, bool) == isinstance(value, bool)


def holds(kind: Kind, cell: Any, value: Any) -> bool:
    """Whether a column's cell says the same as a leaf of the JSON."""
    if cell is None:
        return False
    if kind is Kind.TIMESTAMP:
        return isinstance(value, str) and parse_time(value) == cell
    if kind is Kind.TEXT:
        return readable(cell) in (value, json.dumps(value), json.dumps(str(value)))
    if kind is Kind.INTEGER:
        return int(value) == cell
    if kind is Kind.NUMBER:
        return float(value) == cell
    return cell is (value in (True, "true"))


def is_kept(table: Table, row: dict[str, Any], extra: Any, path: tuple, value: Any) -> bool:
    if same(inside(extra, path), value):
        return True
    dotted = ".".join(map(str, path))
    for column in table.columns:
        if column.convert or column.path.startswith(("@", "/")):
            continue
        if column.kind is Kind.JSON and f"{dotted}.".startswith(f"{column.path}."):
            depth = column.path.count(".") + 1
            if same(inside(read_json(row[column.name]), path[depth:]), value):
                return True
        elif column.path == dotted and holds(column.kind, row[column.name], value):
            return True
    return dotted == "author" and row.get("author_email") is not None


def lost(table: Table, row: dict[str, Any], value: dict[str, Any]) -> list[tuple]:
    """Return the leaves of an object that are neither in its row nor left out on purpose."""
    extra = read_json(row["extra"])
    missing = []
    for path, leaf in leaves(readable(value)):
        omitted = any(".".join(map(str, path[:end])) in table.omitted for end in range(len(path)))
        omitted = omitted or ".".join(map(str, path)) in table.omitted
        in_rows = path[0] == "jobs" and table is BUILDS
        if not omitted and not in_rows and not is_kept(table, row, extra, path, leaf):
            missing.append((path, leaf))
    return missing
