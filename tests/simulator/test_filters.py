from collections.abc import Iterator
from datetime import timedelta

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig

from .conftest import STEPS, Client

START = ManualClock().now()


def at(minutes: float) -> str:
    return f"{START + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def api() -> Iterator[Client]:
    """Builds an hour apart: 1 passed, 2 failed, 3 blocked, 4 canceled, 5 skipped, 6 running."""
    clock = ManualClock()
    with Simulator(WorldConfig.empty(), clock=clock) as simulator:
        world = simulator.world
        world.add_pipeline("acme", "web", STEPS[:3])
        world.add_pipeline("acme", "gated", STEPS)
        other = world.add_user(world.organization("acme"), "Grace")
        world.create_build("acme", "web", commit="a" * 40, meta_data={"release": "7"})
        clock.advance(hours=1)
        failing = {"test": ["failed", "failed"]}
        world.create_build("acme", "web", branch="dev/one", creator=other, outcomes=failing)
        clock.advance(hours=1)
        world.create_build("acme", "gated", branch="my-dev-branch")
        clock.advance(hours=1)
        canceled = world.create_build("acme", "web", commit="b" * 40)
        clock.advance(seconds=1)
        world.cancel_build(canceled)
        clock.advance(hours=1)
        skipped = world.create_build("acme", "web", branch="weird[1]?")
        clock.advance(milliseconds=300)
        world.skip_build(skipped)
        clock.advance(hours=1)
        world.create_build("acme", "web", meta_data={"release": "8"})
        clock.advance(minutes=1)
        yield Client(simulator)


def found(api: Client, query: str) -> list[str]:
    response = api.get(f"/organizations/acme/builds?{query}")
    assert response.status_code == 200, response.text
    return [f"{row['pipeline']['slug']}/{row['number']}" for row in response.json()]


ALL = ["web/5", "web/4", "web/3", "gated/1", "web/2", "web/1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("branch=main", ["web/5", "web/3", "web/1"]),
        ("branch=*dev*", ["gated/1", "web/2"]),
        ("branch[]=dev/*&branch[]=my-dev-branch", ["gated/1", "web/2"]),
        ("branch=weird[1]?", ["web/4"]),
        ("branch=nope", []),
        (f"commit={'a' * 40}", ["web/1"]),
        (f"commit={'a' * 39}", []),
        (f"commit[]={'a' * 40}&commit[]={'b' * 40}", ["web/3", "web/1"]),
        (f"created_from={at(60)}", ALL[:-1]),
        (f"created_to={at(60)}", ["web/1"]),
        (f"created_from={at(60)}&created_to={at(120)}", ["web/2"]),
        (f"created_from={START.date()}", ALL),
        (f"finished_from={at(150)}", ["web/3"]),
        (f"finished_from={at(62)}&created_to={at(60)}", []),
        ("state=passed", ["gated/1", "web/1"]),
        ("state=blocked", ["gated/1"]),
        ("state[]=failed&state[]=canceled", ["web/3", "web/2"]),
        ("state=skipped", ["web/4"]),
        ("state=running", ["web/5"]),
        ("state=finished", ["web/3", "gated/1", "web/2", "web/1"]),
        ("state=skipped&state=failed", ["web/2"]),
        ("meta_data[release]=7", ["web/1"]),
        ("meta_data[release]=9", []),
        ("include_paused=false", ALL),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_build_filter(api: Client, query: str, expected: list[str]) -> None:
    assert found(api, query) == expected


def test_creator(api: Client) -> None:
    builds = api.get("/organizations/acme/builds").json()
    grace = next(row["creator"]["id"] for row in builds if row["creator"]["name"] == "Grace")
    assert found(api, f"creator={grace}") == ["web/2"]


@pytest.mark.parametrize("name", ["created_from", "created_to", "finished_from"])
@pytest.mark.parametrize(
    "value", ["yesterday", "2026-13-01T00:00:00Z", "2026-08-01T00:00:00 00:00"]
)
def test_malformed_dates_are_refused(api: Client, name: str, value: str) -> None:
    response = api.get("/organizations/acme/builds", **{name: value})
    assert response.status_code == 422
    assert response.json()["message"] == "Validation Failed"


@pytest.mark.parametrize(
    ("setting", "status", "count"),
    [("honoured", 200, 4), ("truncated", 200, 5), ("rejected", 422, 0)],
)
def test_fractions_of_a_second(api: Client, setting: str, status: int, count: int) -> None:
    api.simulator.switches.subsecond_filters = setting  # type: ignore[assignment]
    moment = at(60).replace("Z", ".500Z")
    response = api.get("/organizations/acme/builds", created_from=moment)
    api.simulator.switches.subsecond_filters = "honoured"
    assert response.status_code == status
    if count:
        assert len(response.json()) == count


def test_blocked_builds_by_switch(api: Client) -> None:
    switches = api.simulator.switches
    switches.state_passed_matches_blocked = False
    assert found(api, "state=passed") == ["web/1"]
    assert "gated/1" in found(api, "state=blocked")
    switches.state_blocked_matches_blocked = False
    assert found(api, "state=blocked") == []
    switches.state_passed_matches_blocked = switches.state_blocked_matches_blocked = True


def test_exclusions(api: Client) -> None:
    row = api.get("/organizations/acme/builds", exclude_jobs="true").json()[0]
    assert "jobs" not in row
    assert row["pipeline"]["slug"] == "web"
    row = api.get("/organizations/acme/builds", exclude_pipeline="true").json()[0]
    assert "pipeline" not in row
    assert row["jobs"]
    api.simulator.switches.excluded_pipeline = "brief"
    row = api.get("/organizations/acme/builds", exclude_pipeline="true").json()[0]
    assert set(row["pipeline"]) == {"id", "slug"}
    api.simulator.switches.excluded_pipeline = "absent"


def test_retried_attempts_are_hidden_unless_asked_for(api: Client) -> None:
    path = "/organizations/acme/pipelines/web/builds/2"

    def tests(query: str, where: str = path) -> list[bool]:
        answer = api.get(f"{where}?{query}").json()
        jobs = answer.get("jobs") or answer["items"]
        return [job["retried"] for job in jobs if job.get("step_key") == "test"]

    assert tests("") == [False]
    assert tests("include_retried_jobs=true") == [True, False]
    assert tests("", f"{path}/jobs") == [True, False]
    assert tests("include_retried_jobs=false", f"{path}/jobs") == [False]


def test_job_states_filter_the_jobs_but_not_their_counts(api: Client) -> None:
    build = api.get("/organizations/acme/pipelines/web/builds/2?job_states[]=failed").json()
    assert [job["state"] for job in build["jobs"]] == ["failed"]
    assert build["job_state_counts"]["total"] == 3
    assert build["job_state_counts"]["states"]["failed"] == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("state[]=failed", 2), ("step_key=package", 1), ("group_key=none", 0), ("state=passed", 0)],
)
def test_job_list_filters(api: Client, query: str, count: int) -> None:
    response = api.get(f"/organizations/acme/pipelines/web/builds/2/jobs?{query}")
    assert len(response.json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["gated", "web"]),
        ("name=WE", ["web"]),
        ("repository=acme/GAT", ["gated"]),
        ("name=x", []),
    ],
)
def test_pipeline_filters(api: Client, query: str, slugs: list[str]) -> None:
    rows = api.get(f"/organizations/acme/pipelines?{query}").json()
    assert [row["slug"] for row in rows] == slugs
