"""What a window takes in, to the millisecond."""

from datetime import datetime, timedelta

import pytest

from buildkite_simulator import ManualClock, Step
from buildkite_simulator.world.model import Build, Job

from .conftest import Client

ORGANIZATION = "/analytics/organizations/acme"
TESTS = f"{ORGANIZATION}/suites/unit-tests/tests"


@pytest.fixture
def versioned(api: Client) -> Client:
    api.session.headers["Buildkite-Version"] = "2026-08-01"
    return api


@pytest.fixture
def build(api: Client) -> Build:
    world = api.simulator.world
    world.add_pipeline("acme", "app", [Step(key="unit", label="Unit", minutes=5)])
    return world.create_build("acme", "app", outcomes={"unit": "failed"})


def unit(build: Build) -> Job:
    return next(iter(build.attempts()))


def finish(job: Job, clock: ManualClock) -> datetime:
    """Return when a job finishes."""
    assert job.finished is not None
    return datetime.fromtimestamp(job.finished / 1_000, clock.now().tzinfo)


def count(api: Client, path: str = TESTS, **query: str) -> int:
    return sum(row["executions_count"] for row in api.walk(path, per_page=100, **query))


def iso(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def test_the_end_is_exclusive_and_the_start_is_not(
    versioned: Client, build: Build, clock: ManualClock
) -> None:
    upload = finish(unit(build), clock)
    clock.advance(hours=1)
    whole, later = count(versioned), iso(upload + timedelta(milliseconds=1))
    assert whole > 10
    assert count(versioned, min_timestamp=iso(upload)) == whole
    assert count(versioned, min_timestamp=later) == 0
    assert count(versioned, max_timestamp=iso(upload)) == 0
    assert count(versioned, max_timestamp=later) == whole


def test_the_present_is_part_of_the_window(
    versioned: Client, build: Build, clock: ManualClock
) -> None:
    upload = finish(unit(build), clock)
    clock.advance(upload - clock.now() - timedelta(milliseconds=1))
    assert count(versioned) == 0
    clock.advance(milliseconds=1)
    assert count(versioned) > 10


def test_a_late_upload_is_in_the_window_of_its_own_time(
    versioned: Client, build: Build, clock: ManualClock
) -> None:
    clock.advance(days=10)
    assert count(versioned) == 0
    versioned.simulator.world.plant_execution(unit(build), "late", result="unknown")
    (row,) = versioned.get(TESTS).json()
    assert row["executions_count_by_result"] == {"passed": 0, "failed": 0, "unknown": 1}
    assert row["reliability"] is None
    assert row["name"] == "late"


def test_a_lost_agent_reports_nothing(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.create_build("acme", "web", outcomes={"test": "agent_lost"})
    clock.advance(hours=6)
    (run,) = api.get(f"{ORGANIZATION}/suites/unit-tests/runs").json()
    assert run["result"] == "stale"
    assert api.get(TESTS).json() == []


def test_the_window_of_a_build_ends_with_it(api: Client, build: Build, clock: ManualClock) -> None:
    path = f"{ORGANIZATION}/builds/{build.id}/tests"
    assert count(api, path) == 0
    clock.advance(hours=1)
    whole = count(api, path)
    assert whole > 10
    api.simulator.world.plant_execution(unit(build), "after the end")
    assert count(api, path) == whole
    api.simulator.world.retry_job(unit(build), outcome="passed")
    clock.advance(hours=1)
    assert count(api, path) == 2 * whole + 1


def test_the_window_of_a_build_is_a_day_at_most(
    api: Client, build: Build, clock: ManualClock
) -> None:
    path = f"{ORGANIZATION}/builds/{build.id}/tests"
    clock.advance(hours=25)
    whole = count(api, path)
    api.simulator.world.retry_job(unit(build), outcome="passed")
    clock.advance(hours=1)
    assert count(api, path) == whole > 10


def test_a_retry_that_passes_makes_a_flake(api: Client, build: Build, clock: ManualClock) -> None:
    clock.advance(hours=1)
    runs = api.get(f"{ORGANIZATION}/suites/unit-tests/runs").json()
    failed = api.walk(f"{runs[0]['url']}/failed_executions")
    path = f"{ORGANIZATION}/suites/unit-tests/flaky-tests"
    assert api.get(path).json() == []
    again = api.simulator.world.retry_job(unit(build), outcome="passed")
    clock.advance(hours=1)
    rows = api.walk(path)
    assert {row["id"] for row in rows} == {row["test_id"] for row in failed}
    assert {row["instances"] for row in rows} == {1}
    assert {row["latest_occurrence_at"] for row in rows} == {iso(finish(again, clock))}
