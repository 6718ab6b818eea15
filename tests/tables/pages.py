"""Pages of API objects through the tables, as the source puts them through."""

import json
from typing import Any

import pyarrow as pa

from buildkite_source.client import RawItem
from buildkite_source.tables import (
    BUILDS,
    JOBS,
    ORGANIZATIONS,
    PIPELINES,
    Kind,
    Shaper,
    Table,
    arrow_schema,
)

from .documented import FETCHED
from .reference import read_cell

FAMILIES = {
    "organizations": (ORGANIZATIONS,),
    "pipelines": (PIPELINES,),
    "builds": (BUILDS, JOBS),
}

# The tables read from the API's JSON; the others tell of the source's own work.
API_TABLES = tuple(table for family in FAMILIES.values() for table in family)


def item(raw: bytes) -> RawItem:
    one = RawItem(raw, FETCHED)
    one.update({"organization_id": "organization-17"})
    return one


def items(objects: list[Any], **how: Any) -> list[RawItem]:
    return [item(json.dumps(value, **how).encode()) for value in objects]


def shape(tables: tuple[Table, ...], page: list[RawItem]) -> dict[str, pa.Table]:
    """Return every table of one page; none may have another schema than the declared one."""
    shaper = Shaper(tables)
    loaded = {table.name: shaper(table, page) for table in tables}
    assert all(loaded[table.name].schema.equals(arrow_schema(table)) for table in tables)
    return loaded


def rows(table: Table, loaded: pa.Table) -> list[dict[str, Any]]:
    """Return rows with the values that JSON columns mean."""
    is_json = {column.name: column.kind is Kind.JSON for column in table.columns}
    return [
        {name: read_cell(value, is_json[name]) for name, value in row.items()}
        for row in loaded.to_pylist()
    ]


def one_row(table: Table, value: dict[str, Any] | bytes) -> dict[str, Any]:
    """Return the row of one object, or of the one job of a build."""
    tables = next(family for family in FAMILIES.values() if table in family)
    page = [item(value if isinstance(value, bytes) else json.dumps(value).encode())]
    (row,) = rows(table, shape(tables, page)[table.name])
    return row


def one_job(**values: Any) -> dict[str, Any]:
    return one_row(JOBS, {"id": "b", "jobs": [{"id": "j", **values}]})
