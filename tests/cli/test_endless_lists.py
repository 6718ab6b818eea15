"""Lists that lead in circles or never end: given up after few requests, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from buildkite_simulator import ManualClock, Simulator, Step, World, WorldConfig
from buildkite_source import rest_config as endpoints
from buildkite_source.catalog import resources as catalog_resources
from tests.beginnings import serve
from tests.oracle import differences, expected
from tests.reading import from_duckdb, query
from tests.source.conftest import PRESENT

from .running import Cli, words

FAULTS = ("link_loop", "endless")
# More than this many requests for one list would be a run that does not notice.
_FEW = 10


def known_ids(cli: Cli, name: str) -> set[Any]:
    return {
        row.get("id") or row["uuid"] for row in cli.simulator.world.truth(include=(name,))[name]
    }


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig(organizations=3, pipelines=3, days=2, builds_per_day=5, end=PRESENT)


@pytest.fixture
def simulator(world_config: WorldConfig, request: pytest.FixtureRequest) -> Iterator[Simulator]:
    config = WorldConfig.empty() if "empty_world" in request.fixturenames else world_config
    with serve(config, ManualClock(PRESENT)) as running:
        yield running


@pytest.fixture
def empty_world(cli: Cli) -> World:
    return cli.simulator.world


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One or two of anything fill a page, so that lists of a small world have several."""
    monkeypatch.setattr(endpoints, "PER_PAGE", 1)
    monkeypatch.setattr(catalog_resources, "PER_PAGE", 2)


def gives_up(cli: Cli, fault: Any, match: str, *arguments: str) -> None:
    """Run with a fault: the list is named with its page, and hardly asked for."""
    cli.simulator.requests.clear()
    cli.simulator.faults.add(match=match, kind=fault, times=None)
    text = words(cli.fails(*arguments))
    cli.simulator.faults.clear()
    named = given_up(text)
    assert unquote(match).rstrip("?") in named
    assert 0 < asked(cli, named) <= _FEW


def given_up(text: str) -> str:
    """Return the page that an error names."""
    assert "does not come to an end: " in text
    assert "what was loaded before is kept" in text
    assert "unexpected" not in text
    named = text.partition("does not come to an end: ")[2].partition(" and the pages after")[0]
    parameters = {name for name, _ in parse_qsl(urlsplit(named).query)}
    assert parameters & {"page", "after", "created_to"}
    return named


def asked(cli: Cli, page: str) -> int:
    """Return how often the list of a page was asked for."""
    return [request.path for request in cli.simulator.requests].count(urlsplit(page).path)


def truth(cli: Cli) -> Any:
    return expected(cli.simulator.world.truth())


def tables(cli: Cli) -> Any:
    return from_duckdb(cli.database, "buildkite_data")


@pytest.mark.usefixtures("small_pages")
@pytest.mark.slow
def test_lists_of_the_core(cli: Cli) -> None:
    cli.has_loaded()
    before = tables(cli)
    cli.simulator.world.clock.advance(timedelta(hours=5))
    for match, fault in zip(("/organizations?", "/pipelines?"), FAULTS, strict=True):
        gives_up(cli, fault, match)
        assert differences(tables(cli), before) == []
    cli.loads("--quiet")
    assert differences(tables(cli), truth(cli)) == []


def reads_whole_all_the_same(cli: Cli, *matches: str) -> None:
    """Load, then meet links that lead in circles: of build lists, none can lead to the first."""
    cli.loads("--quiet")
    assert differences(tables(cli), truth(cli)) == []
    for match in matches:
        cli.simulator.faults.add(match=match, kind="link_loop", times=None)
    cli.loads("--quiet", "backfill", "--since", "31d")
    cli.loads("--quiet")
    assert differences(tables(cli), truth(cli)) == []


@pytest.mark.slow
def test_build_lists_without_end(cli: Cli) -> None:
    gives_up(cli, "endless", "/builds?")
    reads_whole_all_the_same(cli, "/builds?")


@pytest.mark.slow
def test_later_build_lists_without_end(cli: Cli) -> None:
    cli.has_loaded()
    before = tables(cli)
    cli.simulator.world.clock.advance(timedelta(hours=5))
    matches = ("state%5B%5D=", "finished_from=")
    for match in matches:
        gives_up(cli, "endless", match)
        assert differences(tables(cli), before) == []
    reads_whole_all_the_same(cli, *matches)


@pytest.mark.parametrize("fault", ["link_loop", pytest.param("endless", marks=pytest.mark.slow)])
def test_pages_within_a_second(cli: Cli, empty_world: World, fault: Any) -> None:
    """Only there pages of build lists have numbers."""
    empty_world.add_pipeline("acme", "web", [Step(key="test", minutes=1)])
    for _ in range(130):
        empty_world.create_build("acme", "web")
    empty_world.clock.advance(timedelta(hours=9))
    gives_up(cli, fault, "/builds?")
    cli.loads("--quiet")
    assert differences(tables(cli), truth(cli)) == []


@pytest.mark.usefixtures("small_pages")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["annotations", "artifacts"])
def test_lists_of_details(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ANNOTATIONS_BY", "rest")
    bounds = ("--max-requests", "20000", "--max-age", "99d")
    cli.has_loaded("--resources", "core")
    for fault in FAULTS:
        gives_up(cli, fault, f"/{name}", "--resources", name, *bounds)
    cli.loads("--quiet", "--resources", name, *bounds)
    assert set() < set(ids(cli, name)) <= known_ids(cli, name)
    assert differences(tables(cli), truth(cli)) == []


def ids(cli: Cli, table: str) -> list[str]:
    column = "uuid" if table in ("audit_events", "pipeline_templates") else "id"
    return [key for (key,) in query(cli.database, f"SELECT {column} FROM buildkite_data.{table}")]


# By page number, of unclear paging, by cursor, and by time, newest first.
CATALOG = {
    "teams": "/teams?",
    "agents": "/agents?",
    "organization_members": "/members?",
    "pipeline_templates": "/pipeline-templates?",
    "invitations": "/invitations?",
    "audit_events": "/audit_events?",
    "test_runs": "/runs?",
}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "names",
    [
        ("teams",),
        (
            "audit_events",
            "agents",
            "organization_members",
            "pipeline_templates",
            "invitations",
            "test_runs",
        ),
    ],
)
@pytest.mark.slow
def test_lists_of_the_catalog(cli: Cli, names: tuple[str, ...]) -> None:
    for name, fault in product(names, FAULTS):
        gives_up(cli, fault, CATALOG[name], "--resources", name, "--since", "900d")
    cli.loads("--quiet", "--resources", ",".join(names), "--since", "900d")
    for name in names:
        assert set(ids(cli, name)) == known_ids(cli, name), name


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("lists", [pytest.param("whole", marks=pytest.mark.slow), "page_ignored"])
def test_lists_that_ignore_the_page_are_whole(cli: Cli, lists: Any) -> None:
    """Also where links name more than two pages."""
    cli.simulator.switches.unclear_lists = lists
    names = ("organization_members", "pipeline_templates", "team_members")
    cli.loads("--quiet", "--resources", ",".join(names))
    for name in ("organization_members", "pipeline_templates"):
        known = known_ids(cli, name)
        assert len(known) > 4
        assert set(ids(cli, name)) == known
