"""Tokens of every single scope: what each may read is loaded, the rest named with its scope."""

from typing import Any

import pytest

from buildkite_simulator import Simulator, WorldConfig
from buildkite_source.access import Access
from buildkite_source.catalog import SCOPES
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


@pytest.mark.parametrize("scope", ["read_clusters", "read_suites", "read_teams"])
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
