"""Tokens of every single scope: what each may read is loaded, the rest named with its scope."""

from typing import Any

import pytest

from buildkite_simulator import Simulator, WorldConfig
from buildkite_source.catalog import SCOPES
from buildkite_source.catalog.access import Access
from buildkite_source.client import Skipped

from .conftest import PRESENT, Loader
from .test_catalog import NAMES, READ


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    """Without pipelines, an organization still has all else, and is read at once."""
    return WorldConfig.empty().but(end=PRESENT)


@pytest.mark.parametrize("scope", sorted({each.scope for each in READ if each.scope}))
def test_what_a_scope_allows_is_known_before_it_is_asked_for(
    simulator: Simulator, loader: Loader, scope: str
) -> None:
    session = loader.session(simulator.add_token(scopes=[scope]))
    told: list[Any] = []
    session.listener = told.append
    access = Access(session, NAMES)
    readable = {each.name for each in READ if not access.lacks(each)}
    assert readable == {each.name for each in READ if each.scope in (None, scope)}
    skipped = {event.resource: event.scope for event in told if isinstance(event, Skipped)}
    assert skipped == {name: SCOPES[name] for name in set(NAMES) - readable}
    assert len(simulator.requests) == 1


# They take the same way.
@pytest.mark.parametrize(
    "scope",
    [
        "read_teams",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("read_clusters", "read_suites")),
    ],
)
def test_a_token_of_one_scope_reads_what_that_allows(
    simulator: Simulator, loader: Loader, scope: str
) -> None:
    token = simulator.add_token(scopes=["read_organizations", "read_pipelines", scope])
    session = loader.session(token)
    told: list[Any] = []
    session.listener = told.append
    source = loader.source(catalog=None, session=session, optional=list(NAMES))
    pipeline = loader.pipeline()
    pipeline.extract(source.with_resources(*NAMES))
    allowed = {None, "read_organizations", "read_pipelines", scope}
    skipped = {event.resource: event for event in told if isinstance(event, Skipped)}
    lacking = {each.name for each in READ if each.scope not in allowed}
    # Of a parent that cannot be read nothing is asked, so nothing is refused.
    orphans = {each.name for each in READ if each.parent in lacking}
    assert lacking - orphans <= set(skipped) <= lacking
    assert all(event.scope == SCOPES[name] for name, event in skipped.items())
    assert 403 not in {request.status for request in simulator.requests}


SCHEDULES = "pipeline_schedules"


def load_schedules(loader: Loader) -> tuple[list[Skipped], list[str]]:
    """Load an optional resource, and return what was left out and the pipelines asked for."""
    session = loader.session()
    told: list[Any] = []
    session.listener = told.append
    loader.simulator.requests.clear()
    source = loader.source(catalog=[SCHEDULES], session=session, optional=[SCHEDULES])
    loader.pipeline().extract(source.with_resources(SCHEDULES))
    asked = [request.path for request in loader.simulator.requests]
    paths = [path.split("/")[-2] for path in asked if path.endswith("/schedules")]
    return [event for event in told if isinstance(event, Skipped)], paths


@pytest.fixture
def with_pipelines(loader: Loader) -> Loader:
    organization = loader.simulator.world.organizations[0]
    for number in range(5):
        loader.simulator.world.add_pipeline(organization, f"pipeline-{number}")
    return loader


def test_a_404_is_told_of_its_object_and_the_others_are_read(with_pipelines: Loader) -> None:
    body = b'{"message": "Not Found"}'
    match = "/pipelines/pipeline-3/schedules"
    with_pipelines.simulator.faults.add(match=match, kind="status", status=404, body=body)
    (left_out,), asked = load_schedules(with_pipelines)
    # The token has the scope, so that it is no reason.
    assert left_out.scope is None
    assert left_out.reason.startswith("404: Not Found for /v2/organizations/")
    assert left_out.reason.endswith(match)
    assert sorted(asked) == [f"pipeline-{number}" for number in range(5)]


def test_what_none_of_the_first_objects_has_is_not_asked_for_of_all(
    with_pipelines: Loader,
) -> None:
    with_pipelines.simulator.faults.add(
        match="/schedules", kind="status", status=404, times=None, body=b"{}"
    )
    left_out, asked = load_schedules(with_pipelines)
    assert len(asked) == 3
    assert "for 3 of its lists, such as /v2/" in left_out[-1].reason
