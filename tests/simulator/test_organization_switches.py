"""Filters, errors and unknowns of the organization side that no other list has."""

from collections.abc import Iterator
from typing import Any

import pytest

from buildkite_simulator import HOSTILE_NAMES, ManualClock, Simulator, WorldConfig

from .conftest import Client

ACME = "/organizations/acme"


@pytest.fixture
def clusters(api: Client) -> list[dict[str, Any]]:
    """The clusters of acme: one with hosted agents, and one without."""
    world = api.simulator.world
    world.add_queue(world.organization("acme"), "mac", "Apple", os="darwin", agents=2)
    rows: list[dict[str, Any]] = api.get(f"{ACME}/clusters").json()
    return rows


def test_scopes_the_reference_contradicts_itself_about(
    api: Client, clusters: list[dict[str, Any]]
) -> None:
    team = api.get(f"{ACME}/teams").json()[0]["id"]
    cluster = clusters[0]["id"]
    for path, switch, other in (
        (f"{ACME}/teams/{team}/members", "team_details_scope", "view_teams"),
        (f"{ACME}/clusters/{cluster}/secrets", "secrets_scope", "read_secret_details"),
    ):
        token = api.simulator.add_token(scopes=[other])
        assert api.get(path, token=token).status_code == 403
        setattr(api.simulator.switches, switch, other)
        assert api.get(path, token=token).status_code == 200


def test_images_networks_and_caches_of_hosted_clusters(
    api: Client, clusters: list[dict[str, Any]]
) -> None:
    hosted, own = clusters
    for name in ("agent-images", "network_ranges", "cache_volumes"):
        assert api.get(f"{ACME}/clusters/{hosted['id']}/{name}").json()
        assert api.get(f"{ACME}/clusters/{own['id']}/{name}").json() == []
    api.simulator.switches.unhosted_clusters = "not_found"
    for name in ("agent-images", "network_ranges", "cache_volumes"):
        assert api.get(f"{ACME}/clusters/{hosted['id']}/{name}").status_code == 200
        assert api.get(f"{ACME}/clusters/{own['id']}/{name}").status_code == 404


def test_hosted_flags_of_clusters(api: Client, clusters: list[dict[str, Any]]) -> None:
    flags = {"hosted_git_mirror_enabled", "hosted_container_cache_enabled"}
    single = api.get(f"{ACME}/clusters/{clusters[0]['id']}").json()
    assert set(single) - set(clusters[0]) == flags
    api.simulator.switches.hosted_flags_listed = True
    assert api.get(f"{ACME}/clusters").json()[0] == single


def test_fields_that_may_be_absent(api: Client) -> None:
    team, agent = api.get(f"{ACME}/teams").json()[0], api.get(f"{ACME}/agents").json()[0]
    api.simulator.switches.go_client_fields = False
    api.simulator.switches.optional_agent_fields = False
    less_team = api.get(f"{ACME}/teams").json()[0]
    less_agent = api.get(f"{ACME}/agents").json()[0]
    assert "default_member_role" in team.keys() - less_team.keys()
    assert {"queue", "lost_at", "paused"} <= agent.keys() - less_agent.keys()


def test_github_webhooks(api: Client) -> None:
    path = f"{ACME}/pipelines/web/github-webhooks"
    assert api.get(path).status_code == 404
    api.simulator.switches.github_webhooks_enrolled = True
    assert set(api.get(path).json()) == {"url", "enabled", "disabled_at", "disabled_by"}
    api.simulator.world.add_pipeline("acme", "lab", repository="git@gitlab.com:acme/lab.git")
    assert api.get(f"{ACME}/pipelines/lab/github-webhooks").status_code == 404


def test_repository_connections(api: Client) -> None:
    path = f"{ACME}/repository_connections"
    github, bitbucket = api.get(path).json()
    assert set(api.get(f"{path}/{github['id']}").json()) - set(github) == {
        "service_account",
        "host",
        "rate_limit",
    }
    assert api.get(f"{path}/{bitbucket['id']}").json()["host"] is None
    for wrong in (f"{path}/nonsense", f"{path}/nonsense/repositories"):
        assert api.get(wrong).status_code == 400
    assert api.get(f"{path}/{bitbucket['id']}/repositories").status_code == 422
    repositories = f"{path}/{github['id']}/repositories"
    assert [row["full_name"] for row in api.get(repositories).json()] == ["acme/deploy", "acme/web"]
    (row,) = api.get(repositories, repository="ACME/Web").json()
    assert row["full_name"] == "acme/web"
    assert api.get(repositories, repository="we").json() == []


def test_teams_of_a_user(api: Client) -> None:
    world = api.simulator.world
    for name in ("Zoë Müller", "Priya Raman", "Noah Kim"):
        world.add_user(world.organization("acme"), name)
    teams = api.get(f"{ACME}/teams").json()
    members = {
        team["id"]: {row["user_id"] for row in api.get(f"{ACME}/teams/{team['id']}/members").json()}
        for team in teams
    }
    users = {row["id"] for row in api.get(f"{ACME}/members").json()}
    assert any(ids != users for ids in members.values())
    for user in users:
        found = [row["id"] for row in api.get(f"{ACME}/teams", user_id=user).json()]
        assert found == [team["id"] for team in teams if user in members[team["id"]]]


def test_teams_are_teams_of_real_things(api: Client) -> None:
    (everyone,) = [row for row in api.get(f"{ACME}/teams").json() if row["default"]]
    rows = api.get(f"{ACME}/teams/{everyone['id']}/pipelines").json()
    pipelines = api.get(f"{ACME}/pipelines").json()
    assert [row["pipeline_id"] for row in rows] == [row["id"] for row in pipelines]
    assert [row["pipeline_url"] for row in rows] == [row["url"] for row in pipelines]


@pytest.fixture(scope="module")
def hostile() -> Iterator[Client]:
    with Simulator(WorldConfig.empty(), clock=ManualClock()) as simulator:
        simulator.world.add_pipeline("acme", "web")
        simulator.world.plant_hostile_names("acme")
        yield Client(simulator)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{ACME}/members", "name"),
        (f"{ACME}/teams", "name"),
        (f"{ACME}/clusters", "name"),
        (f"{ACME}/services", "description"),
        (f"{ACME}/pipeline-templates", "name"),
        (f"{ACME}/portals", "name"),
        (f"{ACME}/agents", "name"),
        (f"{ACME}/repository_connections", "display_name"),
        ("/analytics/organizations/acme/suites", "name"),
        ("/packages/organizations/acme/registries", "name"),
        ("/packages/organizations/acme/registries/python-packages/tokens", "description"),
    ],
)
def test_hostile_names_on_demand(hostile: Client, path: str, field: str) -> None:
    rows = hostile.get(path, per_page=100).json()
    texts = [row[field] for row in (rows["items"] if isinstance(rows, dict) else rows)]
    assert any(name in text for name in HOSTILE_NAMES for text in texts)


def test_secrets_in_clear_are_marked(api: Client) -> None:
    services = api.get(f"{ACME}/services").json()["items"]
    tokens = [row["settings"]["token"] for row in services if "token" in row["settings"]]
    assert tokens
    assert all("planted-secret" in token for token in tokens)
