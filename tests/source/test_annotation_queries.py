"""Annotations by GraphQL: the same rows as by REST, in few requests, and REST where it cannot."""

from datetime import timedelta
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_source import BuildkiteError
from buildkite_source.client import DetailsRead, GraphqlUsed
from buildkite_source.graphql import GraphqlClient, PointBudget
from buildkite_source.tables import ANNOTATIONS
from tests.beginnings import Beginnings
from tests.oracle import comparable

from .conftest import Loader, with_builds
from .details import detail_requests, expected, in_state, load_details


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def graphql(loader: Loader, token: str | None = None, share: float = 0.9) -> GraphqlClient:
    return GraphqlClient(
        token or loader.simulator.token,
        loader.simulator.graphql_url,
        budget=PointBudget(loader.clock, share),
        clock=loader.clock,
    )


def load(loader: Loader, **arguments: Any) -> list[Any]:
    """Load annotations with GraphQL at hand; return what the session and the client told."""
    session = arguments.pop("session", None) or loader.session()
    client = arguments.pop("graphql", None) or graphql(loader)
    told: list[Any] = []
    session.listener = client.listener = told.append
    load_details(loader, "annotations", session=session, graphql=client, **arguments)
    return told


def used(told: list[Any]) -> GraphqlUsed:
    (event,) = [event for event in told if isinstance(event, GraphqlUsed)]
    return event


def rows(loader: Loader) -> dict[str, Any]:
    return {row["id"]: comparable(ANNOTATIONS, row) for row in loader.rows("annotations")}


def test_both_ways_fill_identical_rows(detailed: Loader, beginnings: Beginnings) -> None:
    by_rest, asked = rows(detailed), detail_requests(detailed.simulator)
    marks_by_rest = marks(detailed)
    loader = with_builds(detailed, beginnings)
    told = load(loader, annotations_by="graphql")
    assert detail_requests(loader.simulator) == []
    assert rows(loader) == by_rest == expected(loader, ANNOTATIONS)
    settled = used(told).builds
    assert len(loader.rows("fetched_details")) == settled > 50
    assert used(told).queries < settled / 10
    assert len([path for path in asked if "/annotations" in path]) >= settled
    assert marks(loader) == marks_by_rest


def marks(loader: Loader) -> list[tuple[Any, ...]]:
    """Return what is remembered of the builds whose annotations were fetched."""
    names = ("id", "kind", "build_id", "picture", "gone", "organization_id")
    return [
        tuple(row[name] for name in names)
        for row in loader.rows("fetched_details")
        if row["kind"] == "annotations"
    ]


@pytest.mark.slow
def test_nothing_is_asked_twice_and_a_changed_build_again(loaded: Loader) -> None:
    load(loaded)
    asked = len(loaded.simulator.graphql_requests)
    load(loaded)
    assert len(loaded.simulator.graphql_requests) == asked
    for build in in_state(loaded, "failed"):
        loaded.simulator.world.retry_failed_jobs(build)
    loaded.clock.world.advance(timedelta(hours=8))
    loaded.load()
    load(loaded)
    want = expected(loaded, ANNOTATIONS)
    got = rows(loaded)
    assert {key: got.get(key) for key in want} == want
    assert detail_requests(loaded.simulator) == []


def test_a_long_list_is_left_to_rest(loaded: Loader) -> None:
    build = in_state(loaded, "passed")[0]
    for number in range(130):
        loaded.simulator.world.annotate(build, f"<p>{number}</p>", context=f"c{number}")
    load(loaded)
    asked = detail_requests(loaded.simulator)
    assert len(asked) == 2
    assert all(f"/builds/{build.number}/" in path for path in asked)
    assert rows(loaded) == expected(loaded, ANNOTATIONS)


def test_a_token_without_access_goes_by_rest_unless_graphql_was_named(loaded: Loader) -> None:
    token = loaded.simulator.add_token(
        scopes=["read_organizations", "read_pipelines", "read_builds"]
    )
    client = graphql(loaded, token)
    with pytest.raises(PipelineStepFailed, match="Enable GraphQL API access"):
        load(loaded, graphql=client, annotations_by="graphql")
    loaded.pipeline().abort_packages()
    told = load(loaded, graphql=client, max_requests=20)
    assert "Enable GraphQL API access" in used(told).left
    assert len(detail_requests(loaded.simulator)) == 19
    # The client remembers: a run of several loads is told once.
    refused = len(loaded.simulator.graphql_requests)
    load(loaded, graphql=client)
    assert len(loaded.simulator.graphql_requests) == refused
    assert rows(loaded) == expected(loaded, ANNOTATIONS)


def test_without_points_rest_goes_on_and_nobody_waits(loaded: Loader) -> None:
    slept = loaded.clock.slept
    told = load(loaded, graphql=graphql(loaded, share=8.5e-7), max_requests=20)
    assert 0 < used(told).builds < len(loaded.rows("builds"))
    assert used(told).left == ""
    assert len(detail_requests(loaded.simulator)) == 20 - used(told).queries
    assert loaded.clock.slept == slept
    got = rows(loaded)
    want = expected(loaded, ANNOTATIONS)
    assert got == {key: want[key] for key in got}


@pytest.mark.slow
def test_queries_are_requests_within_the_bound(loaded: Loader) -> None:
    told = load(loaded, annotations_by="graphql", max_requests=2)
    (read,) = [event for event in told if isinstance(event, DetailsRead)]
    assert read.reason == "max_requests"
    assert read.waiting
    assert len(loaded.simulator.graphql_requests) <= 6
    load(loaded)
    assert rows(loaded) == expected(loaded, ANNOTATIONS)


@pytest.mark.slow
def test_builds_that_are_gone_are_settled(loaded: Loader) -> None:
    world = loaded.simulator.world
    build = in_state(loaded, "passed")[0]
    world.delete_pipeline(build.pipeline.organization, build.pipeline)
    told = load(loaded)
    gone = {row["build_id"] for row in loaded.rows("fetched_details") if row["gone"]}
    assert build.id in gone
    asked = len(loaded.simulator.graphql_requests)
    load(loaded)
    assert len(loaded.simulator.graphql_requests) == asked
    assert used(told).left == ""


@pytest.mark.slow
def test_a_dead_run_loses_nothing(loaded: Loader) -> None:
    loaded.simulator.faults.add(match="/v1", kind="revoke", skip=1)
    with pytest.raises(PipelineStepFailed):
        load(loaded, annotations_by="graphql")
    token = loaded.simulator.add_token()
    load(loaded, graphql=graphql(loaded, token), session=loaded.session(token))
    assert rows(loaded) == expected(loaded, ANNOTATIONS)


def test_an_unknown_way_and_an_unknown_place_say_what_to_set(loader: Loader) -> None:
    with pytest.raises(BuildkiteError, match="auto, rest, graphql"):
        loader.source(annotations_by="soap")
    with pytest.raises(BuildkiteError, match="graphql_url"):
        loader.source(annotations_by="graphql")
