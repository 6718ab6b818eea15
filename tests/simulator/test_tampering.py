"""Faults in answers that are otherwise right, and answers that come out of order."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import STEP, Client

BUILDS = "/organizations/acme/pipelines/plain/builds"
JOBS = f"{BUILDS}/1/jobs"
EVENTS = "/organizations/acme/audit_events"


@pytest.fixture(autouse=True)
def _five(simulator: Simulator, clock: ManualClock) -> None:
    simulator.world.add_pipeline("acme", "plain", STEP * 5)
    for _ in range(5):
        simulator.world.create_build("acme", "plain")
        clock.advance(seconds=1)


def pages(api: Client, path: str, count: int, **params: Any) -> list[tuple[str, list[Any]]]:
    """Return the URLs and rows of at most so many pages."""

    def walk() -> Any:
        answer = api.get(path, **params)
        while True:
            body = answer.json()
            wrapped = isinstance(body, dict)
            rows = body["items"] if wrapped else body
            yield answer.url, [row.get("number") or row.get("id", row.get("uuid")) for row in rows]
            links = body["links"] if wrapped else answer.links
            if "next" not in links:
                return
            answer = api.get(links["next"] if wrapped else links["next"]["url"])

    return list(islice(walk(), count))


@pytest.mark.parametrize("relations", ["all", "next_only"])
def test_link_loop(api: Client, relations: Any) -> None:
    api.simulator.switches.link_relations = relations
    api.simulator.faults.add(match="/builds", kind="link_loop", times=None)
    seen = pages(api, BUILDS, 6, per_page=2, branch="main")
    assert [rows for _, rows in seen] == [[5, 4], [3, 2]] * 3
    assert len({url for url, _ in seen[1:]}) == 2
    assert all("branch=main" in url for url, _ in seen)
    last = api.get(BUILDS, per_page=2, page=3)
    assert [row["number"] for row in last.json()] == [1]
    assert last.links["next"]["url"].endswith("page=1")
    assert len(pages(api, BUILDS, 6, per_page=10)) == 1


def test_endless(api: Client) -> None:
    api.simulator.switches.deep_limit = 6
    api.simulator.faults.add(match="/builds", kind="endless", times=None)
    seen = pages(api, BUILDS, 20, per_page=2)
    assert [rows for _, rows in seen] == [[5, 4]] * 20
    assert [url.rpartition("=")[2] for url, _ in seen[1:]] == [str(n) for n in range(2, 21)]
    assert len(pages(api, BUILDS, 3, per_page=6)) == 3
    api.simulator.faults.clear()
    assert api.get(BUILDS, per_page=1, page=5).json()[0]["number"] == 1


@pytest.mark.parametrize("path", [JOBS, EVENTS])
def test_cursors_lead_astray_too(api: Client, path: str) -> None:
    natural = pages(api, path, 9, per_page=2)
    api.simulator.faults.add(match=path, kind="link_loop", times=None)
    looped = pages(api, path, 5, per_page=2)
    assert [rows for _, rows in looped] == [natural[at % 2][1] for at in range(5)]
    api.simulator.faults.clear()
    api.simulator.faults.add(match=path, kind="endless", times=None)
    endless = pages(api, path, 5, per_page=2)
    assert [rows for _, rows in endless] == [natural[0][1]] * 5
    assert len({url for url, _ in endless}) == 5
    answer = api.get(path, per_page=2)
    following = answer.json()["links"]["next"]
    assert answer.links.get("next", {}).get("url", following) == following


def test_link_and_body_agree_where_there_are_both(api: Client) -> None:
    api.simulator.faults.add(match=EVENTS, kind="endless")
    answer = api.get(EVENTS, per_page=2)
    assert answer.links["next"]["url"] == answer.json()["links"]["next"]


def test_objects_have_no_next_page(api: Client) -> None:
    for kind in ("link_loop", "endless"):
        api.simulator.faults.add(match="/builds/1", kind=kind)
        answer = api.get(f"{BUILDS}/1", page=2)
        assert answer.json()["number"] == 1
        assert "Link" not in answer.headers


@pytest.mark.parametrize("gzip", [True, False])
def test_without_field(api: Client, gzip: bool) -> None:
    api.simulator.switches.gzip = gzip
    api.simulator.faults.add(match="/builds", kind="without_field", field="created_at", index=1)
    rows = api.get(BUILDS).json()
    assert ["created_at" in row for row in rows] == [True, False, True, True, True]
    assert "created_at" in api.get(BUILDS).json()[1]


def test_without_field_of_other_bodies(api: Client) -> None:
    def add(**traits: Any) -> None:
        api.simulator.faults.add(kind="without_field", **traits)

    add(field="id", index=1)
    assert ["id" in job for job in api.get(JOBS).json()["items"]] == [True, False, True, True, True]
    add(field="id")
    assert "id" not in api.get(f"{BUILDS}/1").json()
    add(field="id", index=9)
    assert all("id" in row for row in api.get(BUILDS).json())
    add(field="message")
    assert api.get(f"{BUILDS}/9").json() == {"message": "No build found"}
    job = api.get(JOBS).json()["items"][0]["id"]
    add(field="id")
    assert api.get(f"{BUILDS}/1/jobs/{job}/env.txt").status_code == 200


def test_within_a_list_of_the_first_element_that_has_one(api: Client) -> None:
    def add(**traits: Any) -> None:
        api.simulator.faults.add(kind="without_field", **traits)

    add(field="id", within="jobs", index=2)
    rows = api.get(BUILDS).json()
    assert ["id" in job for job in rows[0]["jobs"]] == [True, True, False, True, True]
    assert all("id" in job for row in rows[1:] for job in row["jobs"])
    add(field="id", within="jobs")
    assert "id" not in api.get(f"{BUILDS}/1").json()["jobs"][0]
    add(field="id", within="jobs")
    assert len(api.get(BUILDS, exclude_jobs="true").json()) == 5
    api.simulator.world.pipeline("acme", "plain").steps = ()
    add(field="type", within="steps")
    rows = api.get("/organizations/acme/pipelines").json()
    assert [["type" in step for step in row["steps"]] for row in rows[:2]] == [[], [False]]


@pytest.mark.parametrize("value", [None, "no time", 7, [], {"a": 1}], ids=repr)
def test_a_field_may_have_another_value(api: Client, value: Any) -> None:
    api.simulator.faults.add(kind="without_field", field="created_at", value=value)
    assert api.get(BUILDS).json()[0]["created_at"] == value


@pytest.mark.parametrize("before_reading", [True, False])
def test_a_slow_answer_tells_of_when_it_is_sent_or_of_when_it_was_asked_for(
    simulator: Simulator, clock: ManualClock, before_reading: bool
) -> None:
    traits = {"delay": 0.5, "before_reading": before_reading}
    simulator.faults.add(match="&page=2", kind="slow", **traits)

    def numbers(page: int) -> list[int]:
        answer = Client(simulator).get(BUILDS, per_page=2, page=page)
        order.append(page)
        return [row["number"] for row in answer.json()]

    order: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        second = pool.submit(numbers, 2)
        while len(simulator.requests) < 1:
            time.sleep(0.01)
        assert pool.submit(numbers, 3).result() == [1]
        simulator.world.create_build("acme", "plain")
        assert second.result() == ([4, 3] if before_reading else [3, 2])
    assert order == [3, 2]
