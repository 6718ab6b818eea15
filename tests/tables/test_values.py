import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import JOBS, Table
from buildkite_source.tables.decode import read
from buildkite_source.tables.shape import shape_of

from ..client.examples import examples
from . import documented
from .pages import API_TABLES, FAMILIES, items, rows, shape
from .reference import cell

DRAWS = {
    "organizations": documented.organizations,
    "pipelines": documented.pipelines,
    "builds": documented.builds,
}
EACH_FAMILY = pytest.mark.parametrize("family", FAMILIES)
WRITINGS = st.sampled_from(
    [
        {},
        {"indent": 2},
        {"separators": (",", ":")},
        {"ensure_ascii": False},
        {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True},
    ]
)


def expected_rows(table: Table, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = [(value, value) for value in objects]
    if table is JOBS:
        pairs = [(job, build) for build in objects for job in build.get("jobs") or []]
    names = [column.name for column in table.columns]
    return [{name: cell(table.name, name, row, build) for name in names} for row, build in pairs]


@EACH_FAMILY
@given(data=st.data(), writing=WRITINGS)
@examples(25)
def test_rows_are_what_the_obvious_mapping_gives(
    family: str, data: st.DataObject, writing: dict[str, Any]
) -> None:
    draw = DRAWS[family](times=documented.BOTH_TIMES)
    objects = data.draw(st.lists(draw, max_size=3))
    loaded = shape(FAMILIES[family], items(objects, **writing))
    for table in FAMILIES[family]:
        assert rows(table, loaded[table.name]) == expected_rows(table, objects)


@EACH_FAMILY
@given(data=st.data(), writing=WRITINGS)
@examples(15)
def test_the_fast_path_takes_documented_objects_and_agrees_with_the_tolerant_one(
    family: str, data: st.DataObject, writing: dict[str, Any]
) -> None:
    tables = FAMILIES[family]
    root = shape_of(tables)
    objects = data.draw(st.lists(DRAWS[family](), min_size=1, max_size=2))
    fast, tolerant = (items(objects, **writing) for _ in range(2))
    for value, one, other in zip(objects, fast, tolerant, strict=True):
        one.typed = msgspec.json.decode(one.raw, type=root.struct)
        other.typed = read(root, value)
    by_fast, by_tolerant, as_used = (
        shape(tables, page) for page in (fast, tolerant, items(objects, **writing))
    )
    for table in tables:
        name = table.name
        assert rows(table, by_fast[name]) == rows(table, by_tolerant[name])
        assert rows(table, by_fast[name]) == rows(table, as_used[name])


@EACH_FAMILY
def test_compact_json_columns_are_the_same_text_on_both_paths(family: str) -> None:
    tables = FAMILIES[family]
    value = {"id": "a", "meta_data": {"ä": [1, 2.5, None, {"b": "c\n"}]}, "tags": ["x"]}
    odd = value | {"unheard_of": 1}
    first, second = (
        items([one], ensure_ascii=False, separators=(",", ":")) for one in (value, odd)
    )
    table = tables[0]
    fast, tolerant = (
        shape(tables, page)[table.name].drop_columns(["extra"]) for page in (first, second)
    )
    if family == "organizations":
        assert fast.num_rows == tolerant.num_rows == 1
    assert fast.equals(tolerant)


@EACH_FAMILY
@pytest.mark.parametrize("secrets", [True, False], ids=["with secrets", "without secrets"])
def test_an_empty_page_gives_empty_tables_with_every_column(family: str, secrets: bool) -> None:
    tables = tuple(t if secrets else t.without_secrets() for t in FAMILIES[family])
    loaded = shape(tables, [])
    for table in tables:
        assert loaded[table.name].num_rows == 0
        assert loaded[table.name].column_names == [column.name for column in table.columns]


@pytest.mark.parametrize("jobs", [None, [], "missing"], ids=["null", "empty", "missing"])
def test_a_build_without_jobs_gives_no_job_rows(jobs: Any) -> None:
    build = {"id": "b"} if jobs == "missing" else {"id": "b", "jobs": jobs}
    loaded = shape(FAMILIES["builds"], items([build]))
    assert loaded["builds"].num_rows == 1
    assert loaded["jobs"].num_rows == 0


def test_jobs_of_many_builds_keep_their_build() -> None:
    builds = [
        {"id": f"b{n}", "number": n, "jobs": [{"id": f"j{n}{k}"} for k in range(n % 3)]}
        for n in range(9)
    ]
    loaded = rows(JOBS, shape(FAMILIES["builds"], items(builds))["jobs"])
    assert [(row["id"], row["build_id"], row["build_number"]) for row in loaded] == [
        (job["id"], build["id"], build["number"]) for build in builds for job in build["jobs"]
    ]


def test_each_object_is_decoded_once_for_all_its_tables() -> None:
    page = items([{"id": "b", "jobs": [{"id": "j"}]}])
    loaded = shape(FAMILIES["builds"], page)
    typed = page[0].typed
    assert typed is not None
    page[0].raw = b"never read again"
    again = shape(FAMILIES["builds"], page)
    assert page[0].typed is typed
    assert all(again[name].equals(loaded[name]) for name in loaded)


@pytest.mark.parametrize("table", API_TABLES, ids=lambda table: table.name)
def test_the_reference_knows_every_column(table: Table) -> None:
    minimal = {"id": "x", "jobs": [{"id": "y"}]}
    (row,) = expected_rows(table, [minimal])
    filled = {name for name, value in row.items() if value is not None}
    known = {"id", "fetched_at", "organization_id", "build_id", "loaded_from"}
    assert {"id", "fetched_at"} <= filled <= known
    assert json.dumps(sorted(row)) == json.dumps(sorted(column.name for column in table.columns))
