import re

import pyarrow as pa
import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention

from buildkite_source.tables import (
    BUILDS,
    JOBS,
    ORGANIZATIONS,
    PIPELINES,
    TABLES,
    Kind,
    Table,
    arrow_schema,
    resource_hints,
    table_schema,
)

from .documented import AGENT, BUILD, JOB_TYPES, ORGANIZATION, PIPELINE, Fields
from .pages import API_TABLES

EACH_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)

DLT_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}


def test_table_names_are_unique() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES)


@EACH_TABLE
def test_column_names_are_unique_snake_case_and_left_alone_by_dlt(table: Table) -> None:
    names = [column.name for column in table.columns]
    naming = NamingConvention()
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in names)
    assert [naming.normalize_identifier(name) for name in names] == names


@EACH_TABLE
def test_every_place_is_read_once_as_it_is(table: Table) -> None:
    plain = [column.path for column in table.columns if column.convert is None]
    assert len(set(plain)) == len(plain)
    converted = [column.name for column in table.columns if column.convert is not None]
    assert set(converted) <= {"organization_slug", "pipeline_slug", "queue"}


@EACH_TABLE
def test_descriptions_are_one_line_that_fits_into_a_table(table: Table) -> None:
    for text in [table.description, *(column.description for column in table.columns)]:
        assert text.strip() == text != ""
        assert not re.search(r"[|\n`]", text)
        assert not text.endswith(".")
    assert all(reason.strip() for reason in table.omitted.values())
    assert table.documentation.startswith("https://buildkite.com/docs/apis/rest-api/")


@EACH_TABLE
def test_rows_have_a_key_and_the_time_of_the_fetch(table: Table) -> None:
    columns = {column.name: column for column in table.columns}
    assert table.primary_key == ("id",)
    assert [name for name, column in columns.items() if column.required] == ["id"]
    assert columns["fetched_at"].kind is Kind.TIMESTAMP


@pytest.mark.parametrize("table", API_TABLES, ids=lambda table: table.name)
def test_rows_of_the_api_have_a_place_for_surprises(table: Table) -> None:
    assert [c.kind for c in table.columns if c.name == "extra"] == [Kind.JSON]


@pytest.mark.parametrize(
    ("table", "joins"),
    [
        (PIPELINES, ["slug"]),
        (BUILDS, ["pipeline_id", "pipeline_slug", "number"]),
        (JOBS, ["pipeline_id", "pipeline_slug", "build_id", "build_number"]),
    ],
    ids=["pipelines", "builds", "jobs"],
)
def test_rows_carry_what_a_join_needs(table: Table, joins: list[str]) -> None:
    names = {column.name for column in table.columns}
    assert {"organization_id", "organization_slug", *joins} <= names


def is_known(table: Table, path: str) -> bool:
    """Whether a field has a column or is named as left out, itself or as part of an object."""
    known = set(table.omitted)
    known |= {column.path for column in table.columns if column.convert is None}
    parts = path.split(".")
    return any(".".join(parts[:end]) in known for end in range(1, len(parts) + 1))


@pytest.mark.parametrize(
    ("table", "documented"),
    [
        pytest.param(ORGANIZATIONS, ORGANIZATION, id="organization"),
        pytest.param(PIPELINES, PIPELINE, id="pipeline"),
        pytest.param(BUILDS, BUILD, id="build"),
        *(
            pytest.param(JOBS, documented, id=f"{kind} job")
            for kind, documented in JOB_TYPES.items()
        ),
        pytest.param(JOBS, {f"agent.{path}": kind for path, kind in AGENT.items()}, id="agent"),
    ],
)
def test_every_documented_field_is_a_column_or_named_as_left_out(
    table: Table, documented: Fields
) -> None:
    assert [path for path in documented if not is_known(table, path)] == []


@EACH_TABLE
def test_no_field_is_both_a_column_and_left_out(table: Table) -> None:
    assert not {column.path for column in table.columns} & set(table.omitted)


@pytest.mark.parametrize(
    ("table", "secret"),
    [
        (ORGANIZATIONS, set()),
        (PIPELINES, {"provider_webhook_url", "env", "steps", "configuration"}),
        (BUILDS, {"env"}),
        (JOBS, set()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_secrets_are_flagged_and_can_be_left_out(table: Table, secret: set[str]) -> None:
    assert {column.name for column in table.columns if column.secret} == secret
    reduced = table.without_secrets()
    kept = [column for column in table.columns if column.name not in secret]
    assert list(reduced.columns) == kept
    assert {column.path for column in table.columns if column.secret} <= set(reduced.omitted)
    assert set(table.omitted) <= set(reduced.omitted)
    same = ("name", "description", "documentation", "rows", "repairs", "primary_key")
    assert all(getattr(reduced, name) == getattr(table, name) for name in same)
    assert reduced.without_secrets() == reduced


@EACH_TABLE
def test_names_and_addresses_of_people_are_flagged(table: Table) -> None:
    people = ("author_", "creator_", "created_by_", "retried_by_", "unblocked_by_")
    personal = {
        column.name
        for column in table.columns
        if column.name.startswith(people) and not column.name.endswith("_id")
    }
    assert {column.name for column in table.columns if column.personal} == personal


@EACH_TABLE
@pytest.mark.parametrize("secrets", [True, False], ids=["with secrets", "without secrets"])
def test_dlt_and_arrow_see_the_same_schema(table: Table, secrets: bool) -> None:
    table = table if secrets else table.without_secrets()
    schema, arrow = table_schema(table), arrow_schema(table)
    assert schema["name"] == table.name
    assert list(schema["columns"]) == arrow.names == [column.name for column in table.columns]
    for name, column in schema["columns"].items():
        assert column["name"] == name
        assert DLT_TYPES[column["data_type"]] == arrow.field(name).type
        assert column["nullable"] is arrow.field(name).nullable
    assert [n for n, c in schema["columns"].items() if c.get("dedup_sort")] == ["fetched_at"]


@EACH_TABLE
def test_hints_merge_by_key_and_declare_json(table: Table) -> None:
    hints = resource_hints(table)
    assert hints["name"] == table.name
    assert hints["primary_key"] == list(table.primary_key)
    assert hints["write_disposition"]["disposition"] == "merge"
    json_columns = {column.name for column in table.columns if column.kind is Kind.JSON}
    assert {name: hint["data_type"] for name, hint in hints["columns"].items()} == dict.fromkeys(
        json_columns, "json"
    )
