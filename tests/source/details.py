"""Details of a simulated world: how they are loaded, asked for, and what is true of them."""

from typing import Any

import pytest

from buildkite_simulator import Simulator
from buildkite_source.details import missing
from buildkite_source.states import is_moving
from buildkite_source.tables import ANNOTATIONS, ARTIFACTS, Table
from buildkite_source.warehouse.stored import rows_of
from tests.oracle import FETCH_COLUMNS, comparable
from tests.oracle import value_of as oracle_value

from .conftest import Loader

KINDS = (ANNOTATIONS, ARTIFACTS)


def load_details(loader: Loader, *names: str, **arguments: Any) -> None:
    loader.load_only(*(names or ("annotations", "artifacts")), max_age="400d", **arguments)


def detail_requests(simulator: Simulator) -> list[str]:
    """Return path and page of the requests for details."""
    return [
        f"{request.path} {dict(request.query).get('page', 1)}"
        for request in simulator.requests
        if request.path.endswith(("/annotations", "/artifacts"))
    ]


def rows_asked_for(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that takes the number of rows of each answer of the warehouse to come."""
    numbers: list[int] = []

    def asked(sql: str) -> list[tuple[Any, ...]]:
        rows = rows_of(sql)
        # The questions that answer with one row by what they are.
        if "max(" not in sql:
            numbers.append(len(rows))
        return rows

    monkeypatch.setattr(missing, "rows_of", asked)
    return numbers


def of_jobs(*ids: str) -> str:
    """Return the SQL that takes these jobs alone."""
    return f"jobs.id IN ({', '.join(map(repr, ids))})"


def expected(loader: Loader, table: Table) -> dict[str, dict[str, Any]]:
    """Return the rows of all settled builds, by id."""
    truth = loader.simulator.world.truth(include=(table.name,))
    builds = {build["id"]: build for build in truth["builds"]}
    organizations = {one["slug"]: one["id"] for one in truth["organizations"]}
    rows = {}
    for item in truth[table.name]:
        build = builds[item["build_id"]]
        if is_moving(build["state"], build["blocked"]):
            continue
        slug = build["url"].split("/organizations/")[1].split("/")[0]
        context = {
            "organization_id": organizations[slug],
            "organization_slug": slug,
            "pipeline_id": build["pipeline"]["id"],
            "pipeline_slug": build["pipeline"]["slug"],
            "build_id": build["id"],
            "build_number": build["number"],
        }
        rows[item["id"]] = {
            column.name: context[column.path[1:]]
            if column.path[1:] in context
            else oracle_value(column, item, build, organizations[slug])
            for column in table.columns
            if column.name not in FETCH_COLUMNS
        }
    return rows


def in_state(loader: Loader, state: str) -> list[Any]:
    """Return the simulator's builds that are in a state now."""
    world = loader.simulator.world
    ids = {build["id"] for build in world.truth()["builds"] if build["state"] == state}
    return [build for build in world.builds() if build.id in ids]


def assert_true(loader: Loader) -> None:
    for table in KINDS:
        got = {row["id"]: comparable(table, row) for row in loader.rows(table.name)}
        want = expected(loader, table)
        assert want
        assert {key: got.get(key) for key in want} == want
