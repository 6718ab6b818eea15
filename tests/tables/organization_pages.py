"""Pages of an organization's objects through the tables."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st

from buildkite_source.tables import AGENT_TABLES, ORGANIZATION_TABLES, Table

from .documented import IDS, ISO_TIMES, Fields, objects
from .documented_organization import DOCUMENTED
from .pages import item, rows, shape
from .reference_organization import CONTEXT, cell

EACH_TABLE = pytest.mark.parametrize("table", ORGANIZATION_TABLES, ids=lambda table: table.name)


def family(table: Table) -> tuple[Table, ...]:
    """Return the tables that are read from the same list."""
    return AGENT_TABLES if table in AGENT_TABLES else (table,)


def own_keys(table: Table) -> list[str]:
    """Return the places of the key that are in the object itself."""
    return [c.path for c in table.columns if c.required and not c.path.startswith("@")]


def drawn(
    table: Table, times: st.SearchStrategy[str] = ISO_TIMES
) -> st.SearchStrategy[dict[str, Any]]:
    keys = dict.fromkeys(own_keys(table), IDS)
    return objects(DOCUMENTED[table.name], times=times, **keys)


FULL: dict[str, Any] = {
    "string": "text",
    "integer": 17,
    "number": 0.25,
    "boolean": False,
    "time": "2026-08-01T04:00:00.123Z",
    "json": ["one", {"two": 2}],
}


def placed(documented: Fields, values: dict[str, Any]) -> dict[str, Any]:
    """Return an object with a value for each documented field, chosen by its type."""
    whole: dict[str, Any] = {}
    for path, kind in documented.items():
        *parents, last = path.split(".")
        target = whole
        for key in parents:
            target = target.setdefault(key, {})
        target[last] = values[kind]
    return whole


def full(table: Table) -> dict[str, Any]:
    return placed(DOCUMENTED[table.name], FULL)


def load(tables: tuple[Table, ...], raws: list[bytes]) -> dict[str, pa.Table]:
    page = [item(raw) for raw in raws]
    for one in page:
        one.update(CONTEXT)
    return shape(tables, page)


def load_rows(table: Table, values: list[dict[str, Any]], **how: Any) -> list[dict[str, Any]]:
    raws = [json.dumps(value, **how).encode() for value in values]
    return rows(table, load(family(table), raws)[table.name])


def expected(table: Table, value: dict[str, Any]) -> dict[str, Any]:
    return {column.name: cell(table.name, column.name, value) for column in table.columns}


def text_of(tables: tuple[Table, ...], raw: bytes) -> str:
    """Return all that is kept of an object, as text."""
    return "\n".join(str(loaded.to_pylist()) for loaded in load(tables, [raw]).values())
