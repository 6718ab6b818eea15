"""Builds that the API shows only some time after they were created."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from buildkite_simulator import ManualClock, RefusedError, Simulator, Step, WorldConfig, make_world
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.suites import suites_of

from .conftest import Client
from .test_graphql import data

ORGANIZATION = "/organizations/acme"
PIPELINE = f"{ORGANIZATION}/pipelines/lib"
LISTS = ["/builds", f"{ORGANIZATION}/builds", f"{PIPELINE}/builds"]
STEPS = (
    Step(key="test", minutes=0.1, artifact_paths="report.html"),
    Step("trigger", key="deploy", trigger="deploy", is_async=True),
)
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def late(simulator: Simulator, clock: ManualClock) -> Build:
    """Builds 1, 2 and 3 of `lib`, ten seconds apart; the second is shown 30 seconds late."""
    world = simulator.world
    world.add_pipeline("acme", "lib", STEPS)
    made = []
    for number in (1, 2, 3):
        made.append(
            world.create_build(
                "acme",
                "lib",
                outcomes={"test": "passed"},
                shown_after=HALF_A_MINUTE if number == 2 else None,
            )
        )
        clock.advance(seconds=10)
    return made[1]


@pytest.fixture
def finished(simulator: Simulator, clock: ManualClock, late: Build) -> Build:
    """Build 4, of four minutes' lateness, and finished a minute before it is shown."""
    world = simulator.world
    outcomes = {"test": "passed"}
    build = world.create_build("acme", "lib", outcomes=outcomes, shown_after=timedelta(minutes=4))
    world.annotate(build, "late")
    clock.advance(minutes=3)
    return build


def numbers(api: Client, path: str, **params: Any) -> list[int]:
    rows = api.walk(path, **params)
    return [row["number"] for row in rows if row["pipeline"]["slug"] == "lib"]


@pytest.mark.parametrize("path", LISTS)
def test_it_appears_in_the_middle_of_lists(
    api: Client, clock: ManualClock, late: Build, path: str
) -> None:
    assert numbers(api, path) == [3, 1]
    clock.advance(milliseconds=9_999)
    assert numbers(api, path, state="running") == [3, 1]
    clock.advance(milliseconds=1)
    assert numbers(api, path, per_page=1) == [3, 2, 1]
    row = next(row for row in api.get(path).json() if row["id"] == late.id)
    assert row["created_at"] == "2026-08-05T14:00:10.000Z"
    assert numbers(api, path, created_to="2026-08-05T14:00:11Z") == [2, 1]


def test_pages_and_truth_count_what_is_shown(api: Client, clock: ManualClock, late: Build) -> None:
    def last_page() -> str:
        return api.get(f"{PIPELINE}/builds", per_page=1).links["last"]["url"].rpartition("=")[2]

    def told() -> list[int]:
        rows = api.simulator.world.truth()["builds"]
        return [row["number"] for row in rows if row["pipeline"]["slug"] == "lib"]

    assert (last_page(), told()) == ("2", [3, 1])
    assert api.get(PIPELINE).json()["running_builds_count"] == 2
    clock.advance(seconds=10)
    assert (last_page(), told()) == ("3", [3, 2, 1])
    row = api.get(f"{PIPELINE}/builds", per_page=1).json()[0]
    assert row["pipeline"]["running_builds_count"] == 3


def test_nothing_of_it_can_be_got_before(api: Client, clock: ManualClock, finished: Build) -> None:
    world = api.simulator.world
    job = finished.chains[0].attempts[0]
    artifact = world.plant_artifact(job, "late.txt", b"late")
    build = f"{PIPELINE}/builds/4"
    paths = ["", "/jobs", "/annotations", "/artifacts"]
    of_job = ["", "/log", "/log.txt", "/env", "/artifacts", f"/artifacts/{artifact.id}"]
    paths += [f"/jobs/{job.id}{path}" for path in of_job]
    urls = [build + path for path in paths] + [f"{ORGANIZATION}/jobs/{job.id}"]
    assert {url: api.get(url).status_code for url in urls} == dict.fromkeys(urls, 404)
    assert api.request("PUT", f"{build}/rebuild").status_code == 404
    with pytest.raises(RefusedError, match="No build found"):
        world.build("acme", "lib", 4)
    with pytest.raises(RefusedError, match="No job found"):
        world.job(job.id)
    clock.advance(minutes=1)
    assert {url: api.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_what_hangs_on_it_is_not_in_the_truth_before(
    simulator: Simulator, clock: ManualClock, finished: Build
) -> None:
    world = simulator.world
    world.plant_artifact(finished.chains[0].attempts[0], "late.txt", b"late")
    world.plant_execution(finished.chains[0].attempts[0], "late test")
    include = ("annotations", "artifacts", "logs", "test_runs", "failed_executions", "tests")

    def mentions() -> set[str]:
        marks = {finished.id, finished.chains[0].attempts[0].id}
        truth = world.truth(include=include)
        names = {
            name
            for name, rows in truth.items()
            for row in rows
            if marks & {row.get("id"), row.get("build_id"), row.get("job_id")}
        }
        return names | {"tests" for row in truth["tests"] if row["name"] == "late test"}

    assert mentions() == set()
    clock.advance(minutes=1)
    assert mentions() >= {"builds", "jobs", "annotations", "artifacts", "logs", "tests"}


def test_agents_do_not_tell_of_its_job_before(simulator: Simulator, clock: ManualClock) -> None:
    def working() -> int:
        rows = simulator.world.truth(include=["agents"])["agents"]
        return sum(row["job"] is not None for row in rows)

    simulator.world.add_pipeline("acme", "slow", [Step(key="test", minutes=60)])
    simulator.world.create_build("acme", "slow", shown_after=timedelta(minutes=4))
    clock.advance(minutes=3)
    assert working() == 0
    clock.advance(minutes=1)
    assert working() == 1


def test_suites_do_not_know_its_tests_before(simulator: Simulator, clock: ManualClock) -> None:
    def known() -> set[str]:
        at = world.catch_up()
        suites = suites_of(owner)
        return {test.name for each in suites for test in world.suite_tests(owner, each, at)}

    world, owner = simulator.world, simulator.world.organization("acme")
    world.add_pipeline("acme", "lib", STEPS[:1])
    build = world.create_build(
        "acme", "lib", outcomes={"test": "passed"}, shown_after=timedelta(minutes=4)
    )
    clock.advance(minutes=3)
    world.plant_execution(build.chains[0].attempts[0], "late test")
    assert known() == set()
    clock.advance(minutes=1)
    assert len(known()) > 1
    assert "late test" in known()


def test_graphql_does_not_know_it_before(
    simulator: Simulator, clock: ManualClock, late: Build
) -> None:
    job = late.chains[0].attempts[0]
    again = simulator.world.rebuild(late)
    query = f"""{{
      slug: build(slug: "acme/lib/2") {{ number }} uuid: build(uuid: "{late.id}") {{ number }}
      job(uuid: "{job.id}") {{ ... on JobTypeCommand {{ uuid }} }}
      again: build(uuid: "{again.id}") {{ rebuiltFrom {{ number }} }}
      pipeline(slug: "acme/lib") {{ builds(first: 9) {{ count edges {{ node {{ number }} }} }} }}
    }}"""
    told = data(simulator, query)
    assert (told["slug"], told["uuid"], told["job"]) == (None, None, None)
    assert told["again"]["rebuiltFrom"] is None
    assert told["pipeline"]["builds"]["count"] == 3
    clock.advance(seconds=10)
    told = data(simulator, query)
    assert told["slug"] == told["uuid"] == told["again"]["rebuiltFrom"] == {"number": 2}
    edges = told["pipeline"]["builds"]["edges"]
    assert [edge["node"]["number"] for edge in edges] == [4, 3, 2, 1]


def test_a_build_it_triggers_may_be_shown_first(
    api: Client, clock: ManualClock, simulator: Simulator
) -> None:
    world = simulator.world
    world.add_pipeline("acme", "lib", STEPS)
    parent = world.create_build("acme", "lib", shown_after=timedelta(minutes=4))
    clock.advance(minutes=2)
    child = api.get(f"{ORGANIZATION}/builds").json()[0]
    assert child["triggered_from"]["build_id"] == parent.id
    query = f"""{{ build(uuid: "{child["id"]}") {{ triggeredFrom {{ uuid }} }} }}"""
    assert data(simulator, query)["build"]["triggeredFrom"] is None
    clock.advance(minutes=2)
    assert data(simulator, query)["build"]["triggeredFrom"]["uuid"]


def test_it_may_go_before_it_is_shown(api: Client, clock: ManualClock, late: Build) -> None:
    api.simulator.world.delete_pipeline("acme", "lib")
    clock.advance(minutes=1)
    assert numbers(api, f"{ORGANIZATION}/builds") == []


def test_random_moves_create_late_builds_only_when_asked() -> None:
    clock = ManualClock()
    world = make_world(WorldConfig.tiny().but(keeps_moving=False), clock)
    plain = world.random_moves(Random(1), 60)
    assert not any("shown after" in move for move in plain)
    known = {row["id"] for row in world.truth()["builds"]}
    done = world.random_moves(Random(1), 60, late=True)
    late = [move for move in done if "shown after" in move]
    assert late
    owners = world.organizations
    hidden = [build for owner in owners for build in owner.builds if build.shown_from]
    assert len(hidden) <= len(late)
    assert all(0 < each.shown_from - each.created <= 240_000 for each in hidden)
    assert not known & {build.id for build in hidden}
    assert not {build.id for build in hidden} & {row["id"] for row in world.truth()["builds"]}
    clock.advance(minutes=4)
    assert {build.id for build in hidden} <= {row["id"] for row in world.truth()["builds"]}


def test_a_walk_finds_the_truth_while_builds_show_late(clock: ManualClock) -> None:
    with Simulator(WorldConfig.tiny(), clock=clock) as simulator:
        api, rng = Client(simulator), Random(8)
        for _ in range(8):
            simulator.world.random_moves(rng, 6, late=True)
            clock.advance(seconds=rng.choice([0, 10, 90, 300]))
            truth = simulator.world.truth()
            rows = api.walk(
                "/builds", per_page=50, include_retried_jobs="true", exclude_jobs="true"
            )
            assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in truth["builds"])
            assert {row["id"]: row for row in rows} == {row["id"]: row for row in truth["builds"]}
