"""Builds that stand at a block step, in every view they touch; the arithmetic beside."""

from typing import Any

import duckdb
import pytest

from buildkite_source.metrics import Given

from .warehouse import Warehouse, at
from .world import AS_OF, World

DAY = 24 * 60
UPLOAD = {"command": "buildkite-agent pipeline upload"}
GATE: dict[str, Any] = {"type": "manual", "runnable": None, "started": None, "finished": None}


def stand(world: World, number: int, state: str = "passed", **columns: Any) -> str:
    """Add a build that stands blocked after its tests, and return its id.

    Its `finished_at`, if it has one, tells of an earlier stop: nothing rests on it.
    """
    tested = columns.pop("tested", 20)
    build = world.build(number, state, blocked=True, **columns)
    world.job(build, "upload", started=1, finished=2, **UPLOAD)
    world.job(build, "test", state, runnable=2, started=2, finished=tested)
    world.job(build, None, "blocked", label="Deploy?", **GATE)
    return build


def stand_before_work(world: World, number: int, **columns: Any) -> str:
    build = world.build(number, blocked=True, **columns)
    world.job(build, "upload", started=1, finished=2, **UPLOAD)
    world.job(build, "never", "broken", runnable=None, started=None, finished=None)
    world.job(build, "later", "canceled", runnable=0, started=None, finished=3)
    world.job(build, None, "blocked", label="Start?", **GATE)
    return build


def test_a_blocked_build_counts_as_what_its_state_says(world: World) -> None:
    world.job(world.build(1), "test")
    stand(world, 2)
    stand(world, 3, "failed")
    stand_before_work(world, 4)
    columns = ("builds", "passed", "clean_passed", "failed", "n", "standing_n", "success_rate")
    found = world.warehouse.one("metric_success_windows", *columns, where="window_days = 7")
    assert found == (3, 2, 2, 1, 3, 2, pytest.approx(2 / 3))
    columns = ("builds", "passed", "failed", "standing")
    assert world.warehouse.one("metric_success_hourly", *columns) == (3, 2, 1, 2)
    assert world.warehouse.one("metric_throughput_hourly", "builds", "open_builds") == (3, 1)


@pytest.mark.parametrize("finished", [5, 500])
def test_its_duration_ends_with_the_last_attempt_before_the_block(
    world: World, finished: float
) -> None:
    build = stand(world, 1, created=0, started=1, finished=finished, tested=31)
    # It was blocked before, for nine minutes, and went on.
    world.job(build, None, "unblocked", label="Staging?", unblocked_at=at(40), **GATE)
    world.job(build, "staging", runnable=40, started=41, finished=51)
    columns = ("run_seconds", "total_seconds", "blocked_seconds", "settled_at", "finished_at")
    found = world.warehouse.one("metric_builds", *columns)
    assert found == (50 * 60.0, 51 * 60.0, 9 * 60.0, at(51), at(51))
    columns = ("n", "standing_n", "blocked_n")
    found = world.warehouse.one("metric_duration_windows", *columns, where="window_days = 7")
    assert found == (1, 1, 1)
    path = world.warehouse.view("metric_critical_path", ("position", "step"))
    assert path == [(1, "staging"), (2, "Staging?"), (3, "test"), (4, "upload")]


def test_a_blocked_build_without_finish_is_settled_all_the_same(world: World) -> None:
    build = world.build(1, "passed", blocked=True)
    world.warehouse.query("UPDATE ci.builds SET finished_at = NULL RETURNING id")
    world.job(build, "test", "expired", runnable=0, started=None, finished=44)
    assert world.warehouse.one("metric_builds", "is_settled", "settled_at") == (True, at(44))


def test_blocked_builds_change_the_colour_of_main(world: World) -> None:
    stand(world, 1, "failed", tested=20, commit="a")
    stand(world, 2, "passed", tested=50, commit="b")
    stand_before_work(world, 3, commit="a")
    columns = ("build_number", "red_from", "red_to", "cause")
    intervals = world.warehouse.view("metric_red_intervals", columns)
    assert intervals == [(1, at(20), at(50), "incident")]
    columns = ("commit", "builds", "passed", "failed", "time_to_green_seconds")
    assert world.warehouse.view("metric_commits", columns) == [
        ("a", 2, 0, 1, None),
        ("b", 1, 1, 0, 50 * 60),
    ]


def test_a_failed_build_that_stands_has_failures(world: World) -> None:
    build = stand(world, 1, "failed")
    found = world.warehouse.one("metric_failed_builds", "build_id", "hard_failures", "first_step")
    assert found == (build, 1, "test")


def test_what_waits_to_be_deployed_is_no_deployment(world: World) -> None:
    world.pipeline("ship")
    stand(world, 1, pipeline="ship", commit="a")
    stand(world, 2, "failed", pipeline="ship", commit="b")
    stand_before_work(world, 3, pipeline="ship", commit="c")
    world.job(world.build(4, pipeline="ship", finished=30, commit="d"), "deploy")
    assert world.warehouse.view("metric_deployments", ("build_number",)) == [(4,)]
    columns = ("deployments", "failed_deployments", "standing", "change_failure_rate")
    found = world.warehouse.one("metric_dora_windows", *columns, where="window_days = 7")
    assert found == (1, 0, 2, 0.0)


def test_what_is_built_again_after_a_blocked_build_passed_is_waste(world: World) -> None:
    stand(world, 1, tested=20, commit="a", finished=500)
    early = world.build(2, created=19, finished=40, commit="a", rebuilt_from_id="web/1")
    world.job(early, "test", started=20, finished=30)
    late = world.build(3, created=21, finished=40, commit="a", rebuilt_from_id="web/1")
    world.job(late, "test", started=22, finished=28)
    assert world.warehouse.one("metric_waste_hourly", "attempts", "rebuild_hours") == (1, 0.1)


def test_builds_that_stand_are_listed_with_the_step_and_since_when(
    world: World, warehouse: Warehouse
) -> None:
    stand(world, 1, tested=20)
    build = stand(world, 2, tested=20)
    world.job(build, None, "unblocked", label="Before?", unblocked_at=at(33), **GATE)
    stand_before_work(world, 3, created=10)
    world.build(4, blocked=True, created=7)  # its jobs are not loaded
    gone = stand(world, 5)
    warehouse.insert("missing_builds", [{"id": gone, "organization_id": "acme"}])
    columns = ("build_number", "label", "is_settled", "blocked_from", "blocked_seconds")
    assert warehouse.view("metric_standing_builds", columns) == [
        (1, "Deploy?", True, at(20), (AS_OF - 20) * 60),
        (2, "Deploy?", True, at(33), (AS_OF - 33) * 60),
        (3, "Start?", False, at(3), (AS_OF - 3) * 60),
        (4, None, False, at(7), (AS_OF - 7) * 60),
    ]
    assert warehouse.view("metric_open_builds", ("build_number", "is_blocked")) == [
        (3, True),
        (4, True),
    ]


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        (Given(), {"web", "ship"}),
        (Given(blocked_builds="open"), set()),
        pytest.param(
            Given(blocked_builds_by_pipeline={"ship": "open"}), {"web"}, marks=pytest.mark.slow
        ),
        (Given(blocked_builds="open", blocked_builds_by_pipeline={"ship": "by_state"}), {"ship"}),
    ],
)
def test_a_setting_leaves_blocked_builds_open(given: Given, settled: set[str]) -> None:
    with duckdb.connect() as connection:
        world = World(Warehouse(connection, "duckdb", given))
        for pipeline in ("web", "ship"):
            stand(world, 1, pipeline=pipeline)
            world.job(world.build(2, pipeline=pipeline), "test")
        columns = ("pipeline_slug", "build_number", "is_settled")
        found = world.warehouse.view("metric_builds", columns)
    assert {slug for slug, number, is_settled in found if number == 1 and is_settled} == settled
    assert {slug for slug, number, is_settled in found if number == 2 and is_settled} == {
        "web",
        "ship",
    }


def test_jobs_wait_while_their_build_is_followed(world: World, warehouse: Warehouse) -> None:
    waits = {"started": None, "finished": None, "queue": "gpu"}
    followed = world.build(1, "running", created=AS_OF - 90 * DAY)
    world.job(followed, "a", "reserved", runnable=AS_OF - 10, **waits)
    world.job(followed, "b", "scheduled", runnable=AS_OF - 20, **waits)
    old = world.build(2, "running", created=AS_OF - 90 * DAY - 1)
    world.job(old, "c", "scheduled", runnable=0, **waits)
    columns = ("waiting", "longest_wait_seconds", "median_wait_seconds", "running")
    assert warehouse.one("metric_waiting_now", *columns) == (2, 1200.0, 900.0, 0)


def test_the_tag_of_an_agent_tells_its_queue(world: World, warehouse: Warehouse) -> None:
    build = world.build(1)
    for key, columns in {
        "asked": {"queue": "gpu", "agent_queue": "own", "agent_meta_data": '["queue=tag"]'},
        "field": {"agent_queue": "own", "agent_meta_data": '["queue=tag"]'},
        "tag": {"agent_meta_data": '["os=linux", "queue=arm 64", "queue=second"]'},
        "none": {"agent_meta_data": '["os=linux", "my-queue=x"]'},
        "empty": {"agent_meta_data": '["queue="]'},
        "no agent": {},
    }.items():
        world.job(build, key, **columns)
    assert warehouse.view("metric_attempts", ("step", "queue")) == [
        ("asked", "gpu"),
        ("empty", "default"),
        ("field", "own"),
        ("no agent", "default"),
        ("none", "default"),
        ("tag", "arm 64"),
    ]


def test_first_attempts_that_pass(world: World) -> None:
    build = world.build(1)
    first = world.job(build, "test", "failed", started=1, finished=2)
    world.job(build, "test", started=2, finished=3, retry_of=first)
    world.job(build, "test", started=2, finished=3)
    world.job(build, "test", "failed", soft_failed=True)
    canceled = world.job(build, "test", "canceled")
    world.job(build, "test", retry_of=canceled)
    columns = ("n", "reliability", "first_n", "first_pass_rate", "previous_first_pass_rate")
    found = world.warehouse.one("metric_step_windows", *columns, where="window_days = 7")
    # Three passed in the end, one failed softly; of three first attempts one passed.
    assert found == (4, 0.75, 3, pytest.approx(1 / 3), None)
