"""What the tables should hold: a slow, obvious mapping of the simulator's truth."""

import json
from functools import cache
from typing import Any

from buildkite_source.tables import TABLES, Column, Kind, Table
from buildkite_source.tables.times import parse_time

# The tables that mirror the API; the others tell of the source's own work.
_OF_THE_SOURCE = ("slices", "missing_builds", "rejected")
MIRRORS = tuple(table for table in TABLES if table.name not in _OF_THE_SOURCE)

# Values that say when and how a row was fetched, not what it is.
FETCH_COLUMNS = frozenset(
    {
        *("fetched_at", "first_seen_at", "last_seen_at", "_dlt_load_id", "_dlt_id"),
        *("loaded_from", "export_key"),
    }
)

# A rename changes these of every build at once; rows keep what was true when they were fetched,
# and join by pipeline_id.
_NAMES = frozenset(
    {
        "url",
        "web_url",
        "pipeline_slug",
        "triggered_build_url",
        "triggered_build_web_url",
        "triggered_from_pipeline_slug",
    }
)


def expected(truth: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return rows by table and id, without the fetch columns."""
    organizations = {o["slug"]: o["id"] for o in truth["organizations"]}
    builds = {build["id"]: build for build in truth["builds"]}
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for table in (table.without_secrets() for table in TABLES if table.name in truth):
        rows[table.name] = {}
        for item in truth[table.name]:
            parent = builds[item["build_id"]] if table.rows else item
            slug = parent["url"].split("/organizations/")[1].split("/")[0]
            row = {
                column.name: value_of(column, item, parent, organizations[slug])
                for column in table.columns
                if column.name not in FETCH_COLUMNS
            }
            rows[table.name][item["id"]] = row
    return rows


def comparable(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a loaded row in the form of `expected`."""
    kinds = {column.name: column.kind for column in table.columns}
    return {
        name: json.loads(value) if kinds[name] is Kind.JSON and value is not None else value
        for name, value in row.items()
        if name not in FETCH_COLUMNS
    }


@cache
def _keys(path: str) -> list[str]:
    return path.lstrip("/").split(".")


def value_of(
    column: Column, item: dict[str, Any], parent: dict[str, Any], organization_id: str
) -> Any:
    if column.path == "@extra":
        return None
    if column.path == "@organization_id":
        return organization_id
    if column.path.startswith("author.") and isinstance(item.get("author"), str):
        return item["author"] if column.path == "author.email" else None
    value: Any = parent if column.path.startswith("/") else item
    for key in _keys(column.path):
        value = value.get(key) if isinstance(value, dict) else None
    if column.name == "queue":
        rules = [rule for rule in value or [] if rule.startswith("queue=")]
        return rules[0].removeprefix("queue=") if rules else None
    if column.name == "matrix_text":
        return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else None
    if column.convert:
        return column.convert(value)
    if column.kind is Kind.TIMESTAMP and value is not None:
        return _moment(value)
    return value


_moment = cache(parse_time)


def differences(got: dict[str, Any], want: dict[str, Any], limit: int = 5) -> list[Any]:
    """Return the first differing values as (table, id, column, got, want); empty when equal."""
    found: list[Any] = []
    for table in want:
        found += [
            (table, key, "row", key in got[table], key in want[table])
            for key in got[table].keys() ^ want[table].keys()
        ]
        for key in got[table].keys() & want[table].keys():
            mine, theirs = got[table][key], want[table][key]
            found += [
                (table, key, name, mine.get(name), theirs.get(name))
                for name in mine.keys() | theirs.keys()
                if mine.get(name) != theirs.get(name)
            ]
    return found[:limit]


def stale(got: dict[str, Any], want: dict[str, Any]) -> list[Any]:
    """Return what of the wanted rows is missing or differs, renames aside.

    Rows that Buildkite has forgotten stay, and so do builds with the names of their time.
    """
    found: list[Any] = []
    for table, rows in want.items():
        for key, row in rows.items():
            mine = got[table].get(key)
            if mine is None:
                found.append((table, key, "row", "missing"))
                continue
            ignored = _NAMES if table in ("builds", "jobs") else frozenset()
            found += [
                (table, key, name, mine[name], value)
                for name, value in row.items()
                if name not in ignored and mine[name] != value
            ]
    return found
