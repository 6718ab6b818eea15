from datetime import datetime
from typing import Any

import pytest

from buildkite_simulator import HOSTILE_TEST_NAMES, ManualClock, RefusedError, Simulator, Step
from buildkite_simulator.world.model import Build, Job

from .conftest import Client

SUITES = "/analytics/organizations/acme/suites"
RUNS = f"{SUITES}/unit-tests/runs"
RUN_FIELDS = {
    *("id", "branch", "commit_sha", "state", "result", "url", "web_url", "build_id", "created_at")
}
FAILED_FIELDS = {
    *("execution_id", "run_id", "test_id", "run_name", "commit_sha", "created_at", "branch"),
    *("failure_reason", "duration", "location", "test_name", "run_url", "test_url"),
    *("test_execution_url", "tags"),
}
STEPS = (
    Step(key="unit", label="Unit", minutes=5, retries=1),
    Step(key="browser", label="Browser", minutes=5, parallelism=2),
    Step(key="lint", label="Lint", minutes=5),
)


def build_of(simulator: Simulator, **outcomes: Any) -> Build:
    return simulator.world.create_build("acme", "app", outcomes=outcomes)


@pytest.fixture(autouse=True)
def app(simulator: Simulator) -> None:
    simulator.world.add_pipeline("acme", "app", STEPS)


def job_of(build: Build, key: str) -> Job:
    return next(job for job in build.attempts() if job.chain.step.key == key)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def until(clock: ManualClock, instant: int | None) -> None:
    """Move to an instant of the world."""
    assert instant is not None
    clock.advance(milliseconds=instant - clock.now().timestamp() * 1_000)


def test_suites(api: Client) -> None:
    suites = api.walk(SUITES, per_page=2)
    assert [suite["slug"] for suite in suites] == [
        "unit-tests",
        "browser-tests",
        "integration-tests",
    ]
    organization = api.get("/organizations/acme").json()
    for suite in suites:
        assert set(suite) == {
            *("id", "graphql_id", "organization_id", "slug", "name", "url", "web_url"),
            *("default_branch", "application_name", "color", "emoji", "oidc_policy"),
        }
        assert suite["organization_id"] == organization["id"]
        assert suite["url"] == f"{api.simulator.base_url}{SUITES}/{suite['slug']}"
        assert api.get(suite["url"]).json() == suite


@pytest.mark.parametrize("path", [SUITES, f"{SUITES}/unit-tests"])
def test_nobody_may_see_a_suites_token(api: Client, path: str) -> None:
    assert api.get(path, show_api_token="false").status_code == 200
    assert api.get(path, show_api_token="true").status_code == 403


def test_a_run_moves_with_its_jobs(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator, unit=["failed", "passed"])
    assert api.get(RUNS).json() == []
    job = job_of(build, "unit")
    until(clock, job.started)
    run = api.get(RUNS).json()[0]
    assert set(run) == RUN_FIELDS
    assert (run["state"], run["result"]) == ("running", "pending")
    assert (run["build_id"], run["branch"], run["commit_sha"]) == (build.id, "main", build.commit)
    assert moment(run["created_at"]) == clock.now()
    until(clock, job.finished)
    assert (api.get(run["url"]).json()["state"]) == "running"
    assert (api.get(run["url"]).json()["result"]) == "failed"
    clock.advance(hours=1)
    later = api.get(run["url"]).json()
    assert (later["state"], later["result"]) == ("finished", "failed")
    assert api.get(RUNS).json() == [later]


def test_a_finished_run_runs_again_and_stays_failed_only_once_it_failed(
    api: Client, clock: ManualClock
) -> None:
    build = build_of(api.simulator, browser="passed", unit="passed", lint="failed")
    clock.advance(hours=1)
    path = f"{SUITES}/browser-tests/runs"
    first = api.get(path).json()[0]
    assert (first["state"], first["result"]) == ("finished", "passed")
    job = job_of(build, "browser")
    api.simulator.world.plant_execution(job, "a late one")
    second = api.get(path).json()[0]
    assert (second["state"], second["result"]) == ("running", "failed")
    clock.advance(minutes=1)
    third = api.get(path).json()[0]
    assert third == first | {"result": "failed"}


def test_a_run_without_results_goes_stale(api: Client, clock: ManualClock) -> None:
    build_of(api.simulator, unit="timed_out")
    clock.advance(hours=2)
    run = api.get(RUNS).json()[0]
    assert (run["state"], run["result"]) == ("running", "pending")
    clock.advance(hours=3)
    run = api.get(RUNS).json()[0]
    assert (run["state"], run["result"]) == ("finished", "stale")
    assert api.get(f"{run['url']}/failed_executions").json() == []


def test_runs_are_paged_newest_first_and_filtered_by_build(api: Client, clock: ManualClock) -> None:
    builds = []
    for _ in range(5):
        builds.append(build_of(api.simulator))
        clock.advance(minutes=30)
    runs = api.walk(RUNS, per_page=2)
    assert [run["build_id"] for run in runs] == [build.id for build in builds[::-1]]
    assert len({run["id"] for run in runs}) == 5
    assert api.walk(RUNS, build_id=builds[2].id) == [runs[2]]
    assert api.walk(RUNS, build_id="nonsense") == []
    api.simulator.switches.run_order = "oldest_first"
    assert api.walk(RUNS, per_page=2) == runs[::-1]
    api.simulator.switches.run_build_id = False
    assert api.walk(RUNS, build_id=builds[2].id)[0].keys() == RUN_FIELDS - {"build_id"}


def test_a_build_tells_its_runs_when_asked(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator)
    path = f"/organizations/acme/pipelines/app/builds/{build.number}"
    assert api.get(path, include_test_engine="true").json()["test_engine"] == {"runs": []}
    clock.advance(hours=1)
    assert "test_engine" not in api.get(path).json()
    told = api.get(path, include_test_engine="true").json()["test_engine"]["runs"]
    assert [run["suite"]["slug"] for run in told] == ["unit-tests", "browser-tests"]
    for run in told:
        slug = run["suite"]["slug"]
        assert run["suite"]["id"] == api.get(f"{SUITES}/{slug}").json()["id"]
        assert [each["id"] for each in api.get(f"{SUITES}/{slug}/runs").json()] == [run["id"]]


def test_failed_executions(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator, unit=["failed", "failed"], browser="passed")
    clock.advance(hours=1)
    run = api.get(RUNS).json()[0]
    rows = api.walk(f"{run['url']}/failed_executions", per_page=1)
    uploads = {
        datetime.fromtimestamp((job.finished or 0) / 1_000, clock.now().tzinfo)
        for job in build.attempts()
        if job.chain.step.key == "unit"
    }
    assert {moment(row["created_at"]) for row in rows} == uploads
    assert len({row["execution_id"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row) == FAILED_FIELDS
        assert (row["run_id"], row["commit_sha"], row["branch"]) == (
            run["id"],
            build.commit,
            "main",
        )
        assert row["run_url"] == run["web_url"]
        assert row["duration"] > 0
        test = api.get(f"{SUITES}/unit-tests/tests/{row['test_id']}").json()
        assert row["test_name"] == f"{test['scope']} {test['name']}"
        assert (row["test_url"], row["location"]) == (test["web_url"], test["location"])
        assert all(isinstance(value, str) for value in row["tags"].values())
    passed = api.get(f"{SUITES}/browser-tests/runs").json()[0]
    assert api.get(f"{passed['url']}/failed_executions").json() == []


def test_failures_expanded_on_demand(api: Client, clock: ManualClock) -> None:
    build_of(api.simulator, unit=["failed", "failed"])
    clock.advance(hours=1)
    url = api.get(RUNS).json()[0]["url"] + "/failed_executions"
    plain, rows = api.get(url).json(), api.get(url, include_failure_expanded="true").json()
    expanded = [row.pop("failure_expanded") for row in rows]
    assert rows == plain
    for parts in expanded:
        assert [set(part) for part in parts] == [{"expanded", "backtrace"}]


def test_broken_code_fails_the_same_tests_again(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    failing = ["failed", "failed"]
    world.create_build("acme", "app", outcomes={"unit": failing}, breaks=frozenset({"unit"}))
    clock.advance(hours=1)
    rows = api.get(api.get(RUNS).json()[0]["url"] + "/failed_executions").json()
    by_attempt: dict[str, set[str]] = {}
    for row in rows:
        by_attempt.setdefault(row["created_at"], set()).add(row["test_id"])
    first, second = by_attempt.values()
    assert first == second


def test_a_canceled_build_uploads_nothing_more(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator, unit="failed")
    job = job_of(build, "unit")
    until(clock, job.started)
    clock.advance(seconds=1)
    api.simulator.world.cancel_build(build)
    clock.advance(hours=5)
    assert [run["result"] for run in api.get(RUNS).json()] == ["stale"]


def test_hostile_names_arrive_unharmed(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator)
    clock.advance(hours=1)
    job = job_of(build, "unit")
    api.simulator.world.plant_hostile_tests(job)
    rows = api.walk(api.get(RUNS).json()[0]["url"] + "/failed_executions", per_page=3)
    names = [row["test_name"].partition("planted ")[2] for row in rows]
    assert names == list(HOSTILE_TEST_NAMES)
    found = [
        api.request(
            "POST", f"{SUITES}/unit-tests/tests/find", json={"scope": "app: planted", "name": name}
        ).json()
        for name in HOSTILE_TEST_NAMES
    ]
    assert [test["id"] for test in found] == [row["test_id"] for row in rows]


def test_only_jobs_that_test_report(api: Client, clock: ManualClock) -> None:
    build = build_of(api.simulator)
    world = api.simulator.world
    with pytest.raises(RefusedError, match="begun to test"):
        world.plant_execution(job_of(build, "unit"), "too early")
    clock.advance(hours=1)
    with pytest.raises(RefusedError, match="begun to test"):
        world.plant_execution(job_of(build, "lint"), "no tests here")
