"""The truth of the organization side is what a walk over HTTP finds, however the clock moves."""

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
import requests

from buildkite_simulator import ManualClock, Simulator, World, WorldConfig, make_world
from buildkite_simulator.render.truth import INCLUDABLE

from .conftest import Client
from .organization_side import CASES, SINGLE, Case

NAMES = [case.name for case in (*CASES, *SINGLE)]
TOKENLESS = sorted(set(INCLUDABLE) - {"annotations", "artifacts", "logs"})
SETTINGS: list[dict[str, Any]] = [
    {},
    {"unclear_lists": "whole", "go_client_fields": False, "hosted_flags_listed": True},
    {"unhosted_clusters": "not_found", "optional_agent_fields": False, "step_upload_days": 2},
]


@pytest.fixture
def moving(clock: ManualClock) -> Iterator[Simulator]:
    config = WorldConfig.tiny().but(organizations=2, days=1)
    with Simulator(config, clock=clock) as simulator:
        yield simulator


def walk(api: Client, url: str) -> list[dict[str, Any]]:
    """Return the rows of all pages of a list of any shape; none where it is not there."""
    response = api.get(url, per_page=100)
    if response.status_code in (404, 410, 422):
        return []
    rows: list[dict[str, Any]] = []
    while True:
        assert response.status_code == 200, response.text
        body = response.json()
        wrapped = isinstance(body, dict)
        rows += body["items"] if wrapped else body
        following = body["links"].get("next") if wrapped else response.links.get("next", {})
        url = following if wrapped else following.get("url")
        if not url:
            return rows
        response = api.get(url)


def places(api: Client, case: Case, organization: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where a list is, with the ids of its parents there."""
    if case.name == "step_uploads":
        for build in walk(api, f"{organization}/builds"):
            parents = {"build_id": build["id"], "pipeline_id": build["pipeline"]["id"]}
            yield f"{build['url']}/step-uploads", parents
    elif case.parent == "pipeline":
        for pipeline in walk(api, f"{organization}/pipelines"):
            yield f"{pipeline['url']}/schedules", {"pipeline_id": pipeline["id"]}
    elif case.parent:
        above, below = case.path.split(f"/{{{case.parent}}}")
        for parent in walk(api, f"{organization}/{above}"):
            url = f"{organization}/{above}/{parent['id']}{below}"
            yield url, {f"{case.parent}_id": parent["id"]}
    else:
        yield f"{organization}/{case.path}", {}


@pytest.mark.parametrize(
    "settings",
    [pytest.param(each, marks=pytest.mark.slow if each else ()) for each in SETTINGS],
    ids=str,
)
def test_a_walk_through_the_api_finds_the_truth(
    moving: Simulator, clock: ManualClock, settings: dict[str, Any]
) -> None:
    api, rng = Client(moving), Random(7)
    for name, value in settings.items():
        setattr(moving.switches, name, value)
    moving.world.random_moves(rng, 10)
    clock.advance(hours=rng.choice([1, 30, 100]))
    truth = moving.world.truth(include=NAMES)
    organizations = api.walk("/organizations")
    assert len(organizations) == 2
    for case in CASES:
        found = [
            {"organization_id": each["id"], "organization_slug": each["slug"]} | parents | row
            for each in organizations
            for url, parents in places(api, case, each["url"])
            for row in walk(api, url)
        ]
        assert found == truth[case.name], case.name
        assert found


def test_single_objects(moving: Simulator) -> None:
    api = Client(moving)
    first = moving.world.organizations[0]
    mark = {"organization_id": first.id, "organization_slug": first.slug}
    for case in SINGLE:
        row = api.get(f"/organizations/{first.slug}/{case.path}").json()
        assert moving.world.truth(first, include=[case.name])[case.name] == [mark | row]
    for name, path in (("access_token", "/access-token"), ("current_user", "/user")):
        assert moving.world.truth(include=[name])[name] == [api.get(path).json()]
    meta = requests.get(moving.base_url + "/meta", timeout=5).json()
    assert moving.world.truth(include=["meta"])["meta"] == [meta]


def test_people_agents_and_clusters_are_those_of_the_builds(tiny: Simulator) -> None:
    truth = tiny.world.truth(include=NAMES)
    members = {row["id"] for row in truth["organization_members"]}
    creators = {row["creator"]["id"] for row in truth["builds"] if row["creator"]}
    assert creators
    assert creators <= members
    queues = {row["id"]: row for row in truth["cluster_queues"]}
    agents = {row["id"]: row for row in truth["agents"]}
    ran = [row for row in truth["jobs"] if row.get("agent")]
    for job in ran:
        queue = queues[job["cluster_queue_id"]]
        assert queue["cluster_id"] == job["cluster_id"]
        assert queue["url"] == job["cluster_queue_url"]
        if job["agent"]["id"] in agents:
            agent = agents[job["agent"]["id"]]
            assert agent["queue"] == queue["key"]
            assert agent["connection_state"] == job["agent"]["connection_state"]
    assert {job["agent"]["id"] for job in ran} & set(agents)


def test_teams_have_the_suites_and_registries_there_are(tiny: Simulator) -> None:
    names = ("teams", "team_suites", "suites", "flaky_tests", "registries")
    truth = tiny.world.truth(include=names)
    teams = {row["id"] for row in truth["teams"]}
    suites = {row["id"]: row["url"] for row in truth["suites"]}
    assert {row["suite_id"]: row["suite_url"] for row in truth["team_suites"]} == suites
    assert truth["flaky_tests"]
    for row in truth["flaky_tests"]:
        assert set(row["ownership_team_ids"]) == {
            each["team_id"] for each in truth["team_suites"] if each["suite_id"] == row["suite_id"]
        }
    owned = [set(row["team_ids"]) for row in truth["registries"]]
    assert all(ids <= teams for ids in owned)
    assert any(ids != teams for ids in owned)


def test_schedules_tell_when_builds_come(clock: ManualClock) -> None:
    world = make_world(WorldConfig.tiny().but(pipelines=6), clock)
    (nightly,) = [
        row
        for row in world.truth(include=["pipeline_schedules"])["pipeline_schedules"]
        if row["enabled"]
    ]
    clock.advance(days=1)
    builds = [row for row in world.truth()["builds"] if row["source"] == "schedule"]
    assert nightly["pipeline"]["slug"] == "nightly-e2e"
    assert nightly["next_build_at"] in {row["created_at"] for row in builds}
    assert {row["pipeline"]["id"] for row in builds} == {nightly["pipeline"]["id"]}


def make(seed: int, clock: ManualClock | None = None) -> World:
    return make_world(WorldConfig.tiny(seed).but(days=1), clock or ManualClock())


def test_the_same_seed_makes_the_same_bytes() -> None:
    def told(world: World) -> bytes:
        world.random_moves(Random(3), 10)
        return orjson.dumps(world.truth(include=TOKENLESS))

    assert told(make(1)) == told(make(1))
    assert told(make(1)) != told(make(2))


def test_looking_often_or_once_makes_no_difference() -> None:
    small, large = ManualClock(), ManualClock()
    walked, leapt = make(4, small), make(4, large)
    for _ in range(3):
        small.advance(hours=18)
        walked.truth(include=TOKENLESS)
    large.advance(hours=54)
    assert walked.truth(include=TOKENLESS) == leapt.truth(include=TOKENLESS)


def test_there_is_no_token_without_an_api() -> None:
    truth = make(1).truth(include=["access_token", "rate_limits", "meta"])
    assert truth["access_token"] == truth["rate_limits"] == []
    assert truth["meta"]
