from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import Client

BUILDS = "/organizations/acme/builds"
DEEP = (
    "Listing builds this deep is not supported. "
    "Please narrow your query using filters such as branch or created_from."
)


@pytest.fixture
def eight(simulator: Simulator, clock: ManualClock) -> None:
    for _ in range(8):
        simulator.world.create_build("acme", "web")
        clock.advance(seconds=10)


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["number"] for row in rows]


@pytest.mark.usefixtures("eight")
def test_pages_are_newest_first_and_linked(api: Client) -> None:
    first = api.get(BUILDS, per_page=3, branch="main")
    assert numbers(first.json()) == [8, 7, 6]
    assert set(first.links) == {"next", "last"}
    second = api.get(first.links["next"]["url"])
    assert numbers(second.json()) == [5, 4, 3]
    assert set(second.links) == {"next", "last", "prev", "first"}
    assert "branch=main" in second.links["next"]["url"]
    assert second.links["next"]["url"].startswith(api.simulator.base_url)
    last = api.get(first.links["last"]["url"])
    assert numbers(last.json()) == [2, 1]
    assert set(last.links) == {"prev", "first"}


@pytest.mark.usefixtures("eight")
def test_page_beyond_the_end_and_page_zero(api: Client) -> None:
    assert api.get(BUILDS, page=9).json() == []
    assert numbers(api.get(BUILDS, page=0, per_page=2).json()) == [8, 7]


def test_empty_list_has_no_link(api: Client) -> None:
    response = api.get(BUILDS)
    assert response.json() == []
    assert "Link" not in response.headers


@pytest.mark.usefixtures("eight")
def test_next_may_be_the_only_relation(api: Client) -> None:
    api.simulator.switches.link_relations = "next_only"
    assert set(api.get(BUILDS, per_page=3).links) == {"next"}
    assert set(api.get(BUILDS, per_page=3, page=3).links) == set()


def test_page_size_has_a_default_and_a_maximum(simulator: Simulator, api: Client) -> None:
    for _ in range(104):
        simulator.world.create_build("acme", "deploy")
    assert len(api.get(BUILDS).json()) == 30
    assert len(api.get(BUILDS, per_page=100).json()) == 100
    assert len(api.get(BUILDS, per_page=1000).json()) == 100
    simulator.switches.per_page_over_maximum = "reject"
    assert api.get(BUILDS, per_page=1000).status_code == 400


@pytest.mark.parametrize("path", ["/builds", BUILDS, "/organizations/acme/pipelines/web/builds"])
@pytest.mark.usefixtures("eight")
def test_deep_pages_are_refused(api: Client, path: str) -> None:
    api.simulator.switches.deep_limit = 4
    assert api.get(path, per_page=2, page=2).status_code == 200
    refused = api.get(path, per_page=2, page=3)
    assert refused.status_code == 400
    assert refused.json() == {"message": DEEP}


@pytest.mark.usefixtures("eight")
def test_a_build_created_between_pages_shifts_the_rest(api: Client) -> None:
    world = api.simulator.world
    remove = api.simulator.before_response(
        lambda request: request.params.get("page") == "2" and world.create_build("acme", "web")
    )
    first = api.get(BUILDS, per_page=3)
    second = api.get(first.links["next"]["url"])
    remove()
    assert numbers(first.json()) == [8, 7, 6]
    assert numbers(second.json()) == [6, 5, 4]


@pytest.mark.usefixtures("eight")
def test_created_to_freezes_the_pages(api: Client, clock: ManualClock) -> None:
    now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    first = api.get(BUILDS, per_page=3, created_to=now)
    api.simulator.world.create_build("acme", "web")
    assert numbers(api.get(first.links["next"]["url"]).json()) == [5, 4, 3]


def test_job_cursors(api: Client) -> None:
    world = api.simulator.world
    world.create_build("acme", "web")
    path = "/organizations/acme/pipelines/web/builds/1/jobs"
    whole = api.get(path).json()
    assert [job["type"] for job in whole["items"]] == [
        "script",
        "waiter",
        "script",
        "manual",
        "trigger",
    ]
    assert "next" not in whole["links"]
    seen, url = [], f"{path}?per_page=2"
    while url:
        page = api.get(url)
        assert "Link" not in page.headers
        seen += page.json()["items"]
        last, url = url, page.json()["links"].get("next")
    assert seen == whole["items"]
    back = api.get(last).json()["links"]["prev"]
    assert api.get(back).json()["items"] == whole["items"][2:4]


@pytest.mark.parametrize(
    "params",
    [
        {"per_page": 101},
        {"per_page": 0},
        {"after": "nonsense"},
        {"after": "djE6eA==", "before": "djE6eA=="},
        {"state[]": "sleeping"},
    ],
    ids=str,
)
def test_job_list_refuses_bad_parameters(api: Client, params: dict[str, Any]) -> None:
    api.simulator.world.create_build("acme", "web")
    path = "/organizations/acme/pipelines/web/builds/1/jobs"
    assert api.get(path, **params).status_code == 400
