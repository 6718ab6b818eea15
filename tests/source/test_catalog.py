"""Every other endpoint of the API: its rows are the world's, within a token's scopes."""

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import WorldConfig
from buildkite_source import BuildkiteError
from buildkite_source.catalog import ENDPOINTS
from buildkite_source.client import Skipped
from buildkite_source.tables import Column, Kind, Table
from tests.oracle import value_of

from .conftest import PRESENT, Loader

# Nothing is enrolled for it, and it is in no group.
READ = tuple(each for each in ENDPOINTS if each.name != "github_webhooks")
NAMES = tuple(each.name for each in READ)
TABLES = tuple(table for each in READ for table in each.tables)
# What depends on the requests that were sent, and what only lists hold.
_MOVING = ("rate_limits", "agent_observations", "agents")
# Every organization has some.
_OF_EACH = ("teams", "team_members", "clusters", "cluster_queues", "emojis", "suites")
_TRUTH_NAMES = {"access_tokens": "access_token"}
_OF_THE_FETCH = (
    "fetched_at",
    "first_seen_at",
    "last_seen_at",
    "observed_at",
    "known_from",
    "extra",
)


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig.tiny().but(end=PRESENT, organizations=2)


def load(loader: Loader, *names: str, **arguments: Any) -> list[Any]:
    """Load from a source that offers no more than these, and return what the session told."""
    session = arguments.pop("session", None) or loader.session()
    told: list[Any] = []
    session.listener = told.append
    arguments.setdefault("catalog", names)
    source = loader.source(session=session, **arguments)
    loader.pipeline().run(source.with_resources(*names))
    return told


def key_of(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.primary_key)


def compared(table: Table, known: dict[str, Any]) -> list[Any]:
    return [
        column
        for column in table.without_secrets().columns
        if column.name not in _OF_THE_FETCH
        and (not column.path.startswith("@") or column.path[1:] in known)
    ]


def plain_value(column: Column, item: dict[str, Any]) -> Any:
    """Return what a column should hold; converters of JSON columns work on its text."""
    if column.kind is Kind.JSON and column.convert:
        value = value_of(dataclasses.replace(column, convert=None), item, item, "")
        return None if value is None else json.loads(column.convert(json.dumps(value)))
    return value_of(column, item, item, item.get("organization_id", ""))


def assert_true(loader: Loader, *tables: Table) -> None:
    names = {table.name: _TRUTH_NAMES.get(table.name, table.name) for table in tables}
    # All at once: each time, all builds are told, too.
    truths = loader.simulator.world.truth(include=tuple(names.values()))
    rows = loader.rows_of_each(*names, order="1")
    for table, found in zip(tables, rows, strict=True):
        _assert_true(table, found, truths[names[table.name]])


def _assert_true(table: Table, rows: list[dict[str, Any]], truth: list[dict[str, Any]]) -> None:
    columns = compared(table, truth[0] if truth else {})
    want = {}
    for item in truth:
        row = {
            column.name: item[column.path[1:]]
            if column.path.startswith("@")
            else plain_value(column, item)
            for column in columns
        }
        want[tuple(row.get(key) for key in table.primary_key)] = row
    got = {}
    for row in rows:
        picked = {
            column.name: json.loads(row[column.name])
            if column.kind is Kind.JSON and isinstance(row[column.name], str)
            else row[column.name]
            for column in columns
        }
        got[tuple(row[key] if key in picked else None for key in table.primary_key)] = picked
    assert got == want


@pytest.mark.parametrize("again", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_all_of_it_equals_the_world_and_loading_again_changes_nothing(
    loader: Loader, again: bool
) -> None:
    load(loader, *NAMES, "organizations", "pipelines", since="900d", catalog=None)
    assert_true(loader, *(table for table in TABLES if table.name not in _MOVING))
    owners = {row["id"] for row in loader.simulator.world.truth()["organizations"]}
    assert len(owners) > 1
    for rows in loader.rows_of_each(*_OF_EACH, order="1"):
        assert {row["organization_id"] for row in rows} == owners
    if not again:
        return
    before = {table.name: loader.rows(table.name, "1") for table in TABLES if not table.append}
    load(loader, *NAMES, since="900d")
    for table in TABLES:
        if table.append:
            continue
        rows = loader.rows(table.name, "1")
        assert len(rows) == len(before[table.name])
        stable = [name for name in rows[0] if not name.startswith("_dlt")] if rows else []
        for name in set(stable) - {"fetched_at", "last_seen_at", "extra"}:
            assert sorted(str(row[name]) for row in rows) == sorted(
                str(row[name]) for row in before[table.name]
            ), (table.name, name)


@pytest.mark.slow
def test_lists_by_time_are_read_as_far_as_they_are_new(loader: Loader) -> None:
    names = ("audit_events", "test_runs", "packages")
    load(loader, *names, since="900d")
    first = len(loader.simulator.requests)
    load(loader, *names, since="900d")
    again = loader.simulator.requests[first:]
    paths = [request.path for request in again if request.path.endswith(("events", "runs"))]
    assert len(paths) == len(set(paths))
    loader.clock.world.advance(timedelta(days=3))
    load(loader, *names, since="900d")
    for table in TABLES:
        if table.name in ("audit_events", "test_runs"):
            truth = loader.simulator.world.truth(include=(table.name,))[table.name]
            kept = {row[table.primary_key[0]] for row in loader.rows(table.name, "1")}
            assert {item[table.primary_key[0]] for item in truth} <= kept


@pytest.mark.parametrize(
    "order", ["newest_first", pytest.param("oldest_first", marks=pytest.mark.slow)]
)
def test_runs_are_complete_in_either_order(loader: Loader, order: str) -> None:
    loader.simulator.switches.run_order = order
    for _ in range(2):
        load(loader, "test_runs")
        (table,) = [table for table in TABLES if table.name == "test_runs"]
        assert_true(loader, table)
        loader.clock.world.advance(timedelta(hours=9))


@pytest.mark.parametrize("lists", ["whole", pytest.param("page_ignored", marks=pytest.mark.slow)])
def test_lists_of_unclear_paging_come_once(loader: Loader, lists: str) -> None:
    loader.simulator.switches.unclear_lists = lists
    names = ("organization_members", "team_members", "registries")
    load(loader, *names)
    assert_true(loader, *(table for table in TABLES if table.name in names))


@pytest.mark.slow
def test_things_are_seen_first_once_and_last_each_time(loader: Loader) -> None:
    load(loader, "teams", "agents", "agent_observations", "rate_limits")
    first = {row["id"]: row for row in loader.rows("teams")}
    observed = len(loader.rows("agent_observations", "1"))
    assert observed
    loader.clock.world.advance(timedelta(hours=5))
    load(loader, "teams", "agents", "agent_observations", "rate_limits")
    for row in loader.rows("teams"):
        assert row["first_seen_at"] == first[row["id"]]["first_seen_at"]
        assert row["last_seen_at"] - row["first_seen_at"] >= timedelta(hours=5)
    moments = {row["observed_at"] for row in loader.rows("agent_observations", "1")}
    assert len(loader.rows("agent_observations", "1")) > observed
    assert max(moments) - min(moments) >= timedelta(hours=5)
    limits = loader.rows("rate_limits", "1")
    assert len(limits) == 2 * len(loader.simulator.world.truth()["organizations"])


@pytest.mark.slow
def test_agents_of_the_past_come_from_their_jobs(loader: Loader) -> None:
    loader.load()
    jobs = loader.rows("jobs")
    before = len(loader.simulator.requests)
    load(loader, "agents")
    organizations = len(loader.simulator.world.truth()["organizations"])
    assert len(loader.simulator.requests) == before + 1 + organizations
    agents = {row["id"]: row for row in loader.rows("agents")}
    assert {job["agent_id"] for job in jobs if job["agent_id"]} <= set(agents)
    known = {row["known_from"] for row in agents.values()}
    assert known == {"list", "jobs"}
    for agent in agents.values():
        if agent["known_from"] == "jobs":
            started = [job["started_at"] for job in jobs if job["agent_id"] == agent["id"]]
            assert agent["first_seen_at"] == min(filter(None, started))
    listed = {key: row for key, row in agents.items() if row["known_from"] == "list"}
    load(loader, "agents")
    assert len(loader.rows("agents")) == len(agents)
    for row in loader.rows("agents"):
        if row["id"] in listed:
            assert row["known_from"] == "list"


def test_what_is_asked_for_by_name_must_be_readable(loader: Loader) -> None:
    token = loader.simulator.add_token(scopes=["read_organizations"])
    with pytest.raises(PipelineStepFailed, match="read_teams"):
        load(loader, "teams", session=loader.session(token))


def test_what_the_plan_lacks_is_left_out_with_a_word(loader: Loader) -> None:
    simulator = loader.simulator
    for organization in simulator.world.truth()["organizations"]:
        simulator.world.withhold(organization["slug"], "audit_events", "pipeline_templates")
    told = load(loader, "audit_events", "pipeline_templates", "teams", optional=list(NAMES))
    skipped = {event.resource for event in told if isinstance(event, Skipped)}
    assert skipped == {"audit_events", "pipeline_templates"}
    assert loader.rows("teams")
    refused = [request for request in simulator.requests if request.status == 403]
    assert len(refused) == 2


@pytest.mark.slow
def test_details_of_builds_and_runs_come_on_request(loader: Loader) -> None:
    load(loader, "pipelines", "builds", "jobs", "test_runs")
    load(loader, "step_uploads", "failed_executions", max_age="400d")
    truth = loader.simulator.world.truth(include=("failed_executions", "step_uploads", "test_runs"))
    want = {item["execution_id"] for item in truth["failed_executions"]}
    got = loader.rows("failed_executions", "1")
    assert want
    assert {row["execution_id"] for row in got} == want
    settled = {build["id"] for build in loader.rows("builds") if build["finished_at"]}
    uploads = {row["uuid"] for row in loader.rows("step_uploads", "1")}
    assert uploads == {
        item["uuid"] for item in truth["step_uploads"] if item["build_id"] in settled
    }
    asked = len(loader.simulator.requests)
    load(loader, "step_uploads", "failed_executions", max_age="400d")
    assert len(loader.simulator.requests) == asked


@pytest.mark.slow
def test_details_of_runs_need_no_builds(loader: Loader) -> None:
    load(loader, "test_runs")
    load(loader, "failed_executions", max_age="400d")
    assert loader.rows("failed_executions", "1")
    assert "builds" not in loader.stored_tables()


@pytest.mark.slow
def test_every_version_of_a_thing_is_kept_where_it_is_wanted(loader: Loader) -> None:
    world = loader.simulator.world
    names = ("pipelines", "cluster_queues", "pipelines_history", "cluster_queues_history")
    history = ["pipelines", "cluster_queues"]
    load(loader, *names, history=history)
    load(loader, *names, history=history)
    queues = loader.rows("cluster_queues")
    assert len(loader.rows("cluster_queues_history")) == len(queues)
    assert len(loader.rows("pipelines_history")) == len(loader.rows("pipelines"))
    queue = next(row for row in queues if not row["dispatch_paused"])
    world.pause_queue(queue["organization_slug"], queue["key"], "broken disk")
    loader.clock.world.advance(timedelta(minutes=1))
    load(loader, *names, history=history)
    versions = [row for row in loader.rows("cluster_queues_history") if row["id"] == queue["id"]]
    assert [row["_dlt_valid_to"] is None for row in versions].count(True) == 1
    assert {row["dispatch_paused"] for row in versions} == {False, True}
    assert len(loader.rows("cluster_queues")) == len(queues)


def test_no_history_of_what_has_none(loader: Loader) -> None:
    with pytest.raises(BuildkiteError, match="pipelines"):
        loader.source(history=["builds"])
