import re

import pyarrow as pa
import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention

from buildkite_source.tables import (
    BUILDS,
    EVERY_TABLE,
    JOBS,
    ORGANIZATION_TABLES,
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
from .documented_organization import DOCUMENTED
from .pages import API_TABLES

READ_TABLES = (*TABLES, *ORGANIZATION_TABLES)
EACH_TABLE = pytest.mark.parametrize("table", READ_TABLES, ids=lambda table: table.name)

DLT_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}


# What identifies a row; "id" where nothing is said.
SEVERAL_KEYS = {
    "organization_members": ("organization_id", "id"),
    "audit_events": ("uuid",),
    "api_settings": ("organization_id",),
    "pipeline_settings": ("organization_id",),
    "emojis": ("organization_id", "name"),
    "repositories": ("repository_connection_id", "full_name"),
    "team_members": ("team_id", "user_id"),
    "team_pipelines": ("team_id", "pipeline_id"),
    "team_suites": ("team_id", "suite_id"),
    "agent_observations": ("agent_id",),
    "network_ranges": ("cluster_id", "cidr_range"),
    "github_webhooks": ("pipeline_id",),
    "pipeline_templates": ("uuid",),
    "rules": ("uuid",),
    "portals": ("uuid",),
    "step_uploads": ("uuid",),
    "access_tokens": ("uuid",),
    "meta": ("base_url",),
    "rate_limits": ("organization_id",),
    "failed_executions": ("execution_id",),
    "tests": ("suite_id", "id"),
    "muted_tests": ("suite_id", "id"),
    "skipped_tests": ("suite_id", "id"),
}


def test_table_names_are_unique() -> None:
    assert len({table.name for table in EVERY_TABLE}) == len(EVERY_TABLE)


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
    known = {"organization_slug", "pipeline_slug", "queue", "matrix_text", "context", "data"}
    assert set(converted) <= {*known, "loaded_from"}


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
    key = SEVERAL_KEYS.get(table.name, ("id",))
    assert table.primary_key == (() if table.append else key)
    assert {name for name, column in columns.items() if column.required} == set(key)
    time = "observed_at" if table.append else "fetched_at"
    assert columns[time].kind is Kind.TIMESTAMP


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


@pytest.mark.parametrize("table", ORGANIZATION_TABLES, ids=lambda table: table.name)
def test_rows_say_whose_they_are_and_when_they_were_seen(table: Table) -> None:
    names = [column.name for column in table.columns]
    of_the_token = table.name in ("current_user", "access_tokens", "meta")
    assert ("organization_id" in names) is ("organization_slug" in names) is not of_the_token
    events = "audit_events test_runs failed_executions packages step_uploads invitations"
    if table.append:
        assert names[-1 - ("extra" in names)] == "observed_at"
    elif table.name in events.split():
        assert names[-2:] == ["fetched_at", "extra"]
        assert "first_seen_at" not in names
    else:
        assert names[-4:] == ["first_seen_at", "last_seen_at", "fetched_at", "extra"]


def is_known(table: Table, path: str) -> bool:
    """Whether a field has a column or is named as left out, itself or as part of an object."""
    known = set(table.omitted)
    whole = [c for c in table.columns if c.convert is None or c.kind is Kind.JSON]
    known |= {column.path for column in whole}
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
        *(
            pytest.param(table, DOCUMENTED[table.name], id=table.name)
            for table in ORGANIZATION_TABLES
        ),
    ],
)
def test_every_documented_field_is_a_column_or_named_as_left_out(
    table: Table, documented: Fields
) -> None:
    assert [path for path in documented if not is_known(table, path)] == []


@EACH_TABLE
def test_no_field_is_both_a_column_and_left_out(table: Table) -> None:
    assert not {column.path for column in table.columns} & set(table.omitted)


SECRETS = {
    "notification_services": {"settings"},
    "agent_images": {"dockerfile", "composed_dockerfile"},
    "pipeline_schedules": {"env"},
    "github_webhooks": {"url"},
    "pipeline_templates": {"configuration"},
    "step_uploads": {"definition_bytes", "definition_yaml", "definition_yaml_omitted"},
}


@pytest.mark.parametrize(
    ("table", "secret"),
    [
        (ORGANIZATIONS, set()),
        (PIPELINES, {"provider_webhook_url", "env", "steps", "configuration"}),
        (BUILDS, {"env"}),
        (JOBS, set()),
        *((table, SECRETS.get(table.name, set())) for table in ORGANIZATION_TABLES),
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
    same = ("name", "description", "documentation", "rows", "repairs", "primary_key", "append")
    assert all(getattr(reduced, name) == getattr(table, name) for name in same)
    assert reduced.without_secrets() == reduced


PERSONAL = {
    "organization_members": {"name", "email"},
    "invitations": {"email"},
    "audit_events": {"actor_name", "subject_name", "context", "data"},
    "team_members": {"user_name"},
    "cluster_maintainers": {"actor_name", "actor_email"},
    "current_user": {"name", "email"},
    "access_tokens": {"user_name", "user_email"},
    "rejected": {"raw"},
}


@EACH_TABLE
def test_names_and_addresses_of_people_are_flagged(table: Table) -> None:
    people = re.compile(r"(author|creator|\w+_by)_(name|username|email)")
    personal = {c.name for c in table.columns if people.fullmatch(c.name)}
    personal |= PERSONAL.get(table.name, set())
    names = {column.name for column in table.columns}
    personal |= names & {"agent_ip_address", "ip_address", "extra"}
    assert {column.name for column in table.columns if column.personal} == personal


def test_text_that_may_mention_people_is_flagged() -> None:
    mentions = {
        (table.name, column.name)
        for table in EVERY_TABLE
        for column in table.columns
        if column.mentions_people
    }
    assert mentions == {
        *(("builds", name) for name in ("message", "meta_data", "env")),
        *(("pipelines", name) for name in ("description", "env", "steps", "configuration")),
        ("job_env", "env"),
    }


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
    sorts = [name for name, column in schema["columns"].items() if column.get("dedup_sort")]
    assert sorts == ([] if table.append else ["fetched_at"])


@EACH_TABLE
def test_hints_merge_by_key_or_append_and_declare_json(table: Table) -> None:
    hints = resource_hints(table)
    assert hints["name"] == table.name
    if table.append:
        assert (hints["write_disposition"], "primary_key" in hints) == ("append", False)
    else:
        assert hints["primary_key"] == list(table.primary_key)
        # How is left to the destination.
        assert hints["write_disposition"] == "merge"
    json_columns = {column.name for column in table.columns if column.kind is Kind.JSON}
    assert {name: hint["data_type"] for name, hint in hints["columns"].items()} == dict.fromkeys(
        json_columns, "json"
    )
