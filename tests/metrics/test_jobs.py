"""Attempts, retries, flakes, waits, cost and failures: small worlds, the arithmetic beside."""

import pytest

from .test_builds import DAY, HOUR, wilson
from .warehouse import Warehouse, at
from .world import AS_OF, World


def test_a_chain_is_one_job_even_across_midnight(world: World) -> None:
    build = world.build(1, finished=DAY + 20)
    first = world.job(build, "test", "failed", finished=DAY - 5, exit_status=2)
    second = world.job(build, "test", "timed_out", finished=DAY - 1, retry_of=first)
    third = world.job(build, "test", finished=DAY + 10, retry_of=second, retry_source_type="manual")
    world.job(build, "lint", "failed", finished=5)
    columns = ("logical_job_id", "attempt_number", "is_last", "is_failure", "is_hard_failure")
    assert world.warehouse.view("metric_attempts", columns) == [
        (first, 1, False, True, False),
        (first, 2, False, True, False),
        (first, 3, True, False, False),
        ("job 004", 1, True, True, True),
    ]
    columns = ("step", "attempts", "result", "is_recovered", "retry_kind", "first_exit_status")
    assert world.warehouse.view("metric_jobs", (*columns, "last_job_id")) == [
        ("lint", 1, "failed", False, None, None, "job 004"),
        ("test", 3, "passed", True, "manual", 2, third),
    ]
    # Attempts count on their own day, the logical job on the day of its end.
    columns = ("step", "hour", "attempts", "retried", "hard_failed", "passed")
    assert world.warehouse.view("metric_steps_hourly", columns) == [
        ("lint", at(0), 1, 0, 1, 0),
        ("test", at(DAY - HOUR), 2, 2, 0, 0),
        ("test", at(DAY), 1, 0, 0, 1),
    ]
    columns = ("hour", "retried_jobs", "recovered", "attempts")
    assert world.warehouse.view("metric_retries_hourly", columns) == [(at(DAY), 1, 1, 3)]


def test_steps_are_told_by_key_else_by_name(world: World) -> None:
    build = world.build(1)
    world.job(build, "unit", name=":go: whatever")
    world.job(build, None, name=":go:  Unit :rocket: tests ")
    world.job(build, None, name=":go:", command="make")
    world.job(build, None)
    world.job(build, "unit", parallel_group_index=1, matrix='{"os":"linux"}')
    text = '{"arch":"arm","os":"linux"}'
    world.job(build, "test", matrix='{"os":"linux", "arch": "arm"}', matrix_text=text)
    found = world.warehouse.view("metric_attempts", ("step", "parallel_group_index"))
    assert sorted(found, key=lambda row: row[0]) == [
        ("(unnamed)", None),
        ("Unit tests", None),
        ("make", None),
        ('test {"arch":"arm","os":"linux"}', None),
        ("unit", None),
        ('unit {"os":"linux"}', 1),
    ]


def test_reliability_counts_hard_and_soft_failures(world: World) -> None:
    build = world.build(1, "failed")
    for state, soft in [("passed", False)] * 5 + [("failed", True), ("expired", False)]:
        world.job(build, "test", state, soft_failed=soft)
    for state in ("canceled", "skipped", "broken", "running"):
        world.job(build, "test", state)
    first = world.job(build, "test", "failed")
    world.job(build, "test", "passed", retry_of=first)
    columns = ("attempts", "passed", "soft_failed", "hard_failed", "n", "retried")
    where = "window_days = 7"
    found = world.warehouse.one("metric_step_windows", *columns, where=where)
    assert found == (7 + 3 + 2, 6, 1, 1, 8, 1)
    columns = ("reliability", "reliability_low", "reliability_high", "retry_rate")
    found = world.warehouse.one("metric_step_windows", *columns, where=where)
    assert found == pytest.approx((6 / 8, *wilson(6, 8), 1 / 12))


def test_flaky_within_a_build_and_across_builds(world: World) -> None:
    one, again = world.build(1, "failed", commit="a"), world.build(2, "passed", commit="a")
    other = world.build(3, "failed", commit="b")
    # By a retry, at commit a.
    first = world.job(one, "retry", "failed")
    world.job(one, "retry", retry_of=first)
    # By a rebuild of commit a.
    world.job(one, "rebuild", "failed")
    world.job(again, "rebuild")
    # Both.
    first = world.job(one, "both", "failed")
    world.job(one, "both", retry_of=first)
    world.job(again, "both")
    # Neither: another commit, a soft failure, another of the parallel jobs.
    world.job(other, "rebuild", "failed")
    world.job(one, "soft", "failed", soft_failed=True)
    world.job(again, "soft")
    world.job(one, "shard", "failed", parallel_group_index=0)
    world.job(again, "shard", parallel_group_index=1)

    columns = ("step", "commit", "flaky_within_build", "flaky_across_builds")
    assert world.warehouse.view("metric_step_commits", columns, "is_flaky") == [
        ("both", "a", True, True),
        ("rebuild", "a", False, True),
        ("retry", "a", True, False),
    ]
    columns = ("step", "commits", "flaky_commits", "flaky_within_build", "flaky_across_builds")
    where = "window_days = 7 AND (flaky_commits > 0 OR step = 'soft')"
    assert world.warehouse.view("metric_flaky_step_windows", columns, where) == [
        ("both", 1, 1, 1, 1),
        ("rebuild", 2, 1, 0, 1),
        ("retry", 1, 1, 1, 0),
        ("soft", 1, 0, 0, 0),
    ]
    found = world.warehouse.one(
        "metric_flaky_step_windows",
        *("flaky_rate", "flaky_low", "flaky_high"),
        where="window_days = 7 AND step = 'rebuild'",
    )
    assert found == pytest.approx((1 / 2, *wilson(1, 2)))


def test_failed_only_by_flakes_and_failing_first(world: World) -> None:
    flaky = world.build(1, "failed", commit="a")
    world.job(flaky, "test", "failed", finished=8)
    world.job(flaky, "lint", "failed", finished=5)
    fixed = world.build(2, "passed", commit="a")
    world.job(fixed, "test")
    world.job(fixed, "lint")
    broken = world.build(3, "failed", commit="b")
    world.job(broken, "test", "failed", finished=3)
    world.job(broken, "lint", "failed", finished=4)
    passed = world.build(4, "passed", commit="b")
    world.job(passed, "lint")  # but test never passed at b
    world.build(5, "failed", commit="c")  # nothing that failed is loaded

    columns = ("build_number", "hard_failures", "only_flakes", "first_step")
    assert world.warehouse.view("metric_failed_builds", columns) == [
        (1, 2, True, "lint"),
        (3, 2, False, "test"),
        (5, 0, False, None),
    ]
    columns = ("step", "failed_first", "failed_builds", "first_rate", "first_low")
    low = pytest.approx(wilson(1, 2)[0])
    assert world.warehouse.view("metric_first_failure_windows", columns, "window_days = 7") == [
        ("lint", 1, 2, 0.5, low),
        ("test", 1, 2, 0.5, low),
    ]


def test_waste_counts_no_attempt_twice(world: World) -> None:
    build = world.build(1, finished=10, commit="a")
    first = world.job(build, "test", "failed", started=0, finished=6)  # replaced: 6 minutes
    world.job(build, "test", started=6, finished=9, retry_of=first)
    rebuilt = world.build(2, created=20, finished=30, commit="a", rebuilt_from_id="web/1")
    first = world.job(rebuilt, "test", "failed", started=20, finished=24)
    world.job(rebuilt, "test", started=24, finished=29, retry_of=first)  # 4 + 5 minutes
    # No waste: the commit had not passed when it was rebuilt; a schedule built it again.
    early = world.build(3, created=9, finished=30, commit="a", rebuilt_from_id="web/1")
    world.job(early, "test", started=10, finished=20)
    nightly = world.build(4, created=40, finished=50, commit="a", source="schedule")
    world.job(nightly, "test", started=40, finished=50)

    columns = ("attempts", "retry_hours", "rebuild_hours", "waste_hours", "cost")
    found = world.warehouse.one("metric_waste_hourly", *columns)
    assert found == pytest.approx((3, 6 / 60, 9 / 60, 15 / 60, None))


def test_queue_waits_and_the_wait_for_a_concurrency_group(world: World) -> None:
    build = world.build(1)
    for minutes in range(1, 11):
        limit = {"concurrency_wait_time_ms": 90_000} if minutes <= 5 else {}
        world.job(build, "test", runnable=0, started=minutes, queue="gpu", **limit)
    world.job(build, "wait", runnable=0, started=None, finished=None, queue="gpu")
    world.job(build, "fast", runnable=0, started=1, agent_queue="own", concurrency_wait_time_ms=0)
    columns = ("queue", "n", "p50_seconds", "p90_seconds", "p95_seconds", "limited_n")
    found = world.warehouse.view(
        "metric_queue_wait_windows", (*columns, "limited_p50_seconds"), "window_days = 7"
    )
    assert found == [
        ("gpu", 10, pytest.approx(5.5 * 60), pytest.approx(9.1 * 60), None, 5, 90.0),
        ("own", 1, None, None, None, 0, None),
    ]


def test_dependency_wait_and_run_by_step(world: World) -> None:
    build = world.build(1, created=0, started=2, finished=60)
    world.job(build, "build", runnable=1, started=2, finished=12)
    for start in (13, 14, 15, 16, 17):
        world.job(build, "test", runnable=12, started=start, finished=start + 20)
    columns = ("step", "n", "run_p50_seconds", "queue_wait_p50_seconds")
    found = world.warehouse.view(
        "metric_step_duration_windows", (*columns, "dependency_wait_p50_seconds"), "window_days = 7"
    )
    assert found == [("build", 1, None, None, None), ("test", 5, 1200.0, 180.0, 600.0)]
    waits = world.warehouse.view("metric_attempts", ("step", "dependency_wait_seconds"))
    assert waits[0] == ("build", 0.0)


def test_waiting_now_is_as_of_the_load(world: World, warehouse: Warehouse) -> None:
    build, gone = world.build(1, "running"), world.build(2, "running")
    open_end = {"started": None, "finished": None, "queue": "gpu"}
    world.job(build, "a", "scheduled", runnable=AS_OF - 10, **open_end)
    world.job(build, "b", "scheduled", runnable=AS_OF - 30, **open_end)
    world.job(build, "c", "running", finished=None, queue="gpu")
    world.job(build, "d", "waiting", runnable=None, **open_end)
    world.job(gone, "e", "scheduled", runnable=0, **open_end)
    warehouse.insert("missing_builds", [{"id": gone, "organization_id": "acme"}])
    columns = ("waiting", "running", "longest_wait_seconds", "median_wait_seconds", "as_of")
    assert warehouse.one("metric_waiting_now", *columns) == (2, 1, 1800.0, 1200.0, at(AS_OF))


def test_agent_hours_are_capped_and_unpriced_ones_cost_nothing_known(world: World) -> None:
    build = world.build(1, finished=40 * HOUR)
    world.job(build, "a", started=0, finished=30, queue="gpu")
    world.job(build, "b", started=0, finished=30 * HOUR, queue="gpu")
    world.job(build, "c", started=10, finished=30)
    world.job(build, "d", "running", started=10, finished=None)
    world.job(build, "e", type="trigger", started=0, finished=HOUR)
    columns = ("queue", "attempts", "capped_attempts", "agent_hours", "is_priced", "cost")
    assert world.warehouse.view("metric_agent_hours_hourly", columns) == [
        ("default", 1, 0, pytest.approx(20 / 60), False, None),
        ("gpu", 1, 0, pytest.approx(0.5), True, pytest.approx(0.5 * 3)),
        ("gpu", 1, 1, 24.0, True, 24.0 * 3),
    ]


def test_critical_path_walks_back_from_the_last_finisher(world: World) -> None:
    build = world.build(1, created=0, finished=60)
    world.job(build, "checkout", runnable=0, started=1, finished=5)
    world.job(build, "lint", runnable=0, started=1, finished=3)
    slow = world.job(build, "test", "failed", runnable=5, started=6, finished=20)
    world.job(build, "quick", runnable=5, started=6, finished=8)
    world.job(build, "test", runnable=20, started=22, finished=30, retry_of=slow)
    world.job(
        build, None, "unblocked", type="manual", label="Ship?", unblocked_at=at(40),
        runnable=None, started=None, finished=None,
    )  # fmt: skip
    world.job(build, "ship", runnable=40, started=45, finished=60)
    world.job(build, "zero", "canceled", runnable=3, started=3, finished=3)
    columns = ("position", "step", "wait_seconds", "run_seconds")
    assert world.warehouse.view("metric_critical_path", columns) == [
        (1, "ship", 300.0, 900.0),
        (2, "Ship?", 0.0, 0.0),
        (3, "test", 120.0, 480.0),
        (4, "test", 60.0, 840.0),
        (5, "checkout", 60.0, 240.0),
    ]
    columns = ("step", "builds", "path_builds", "path_share", "mean_seconds")
    found = world.warehouse.view("metric_critical_path_windows", columns, "window_days = 7")
    assert ("test", 1, 1, 1.0, 120.0 + 480 + 60 + 840) in found


def test_the_critical_path_of_the_days_before_stands_beside(world: World) -> None:
    for number, created in ((1, AS_OF - 10 * DAY), (2, AS_OF - 9 * DAY), (3, AS_OF - DAY)):
        build = world.build(number, created=created, finished=created + 20)
        start = created + number
        world.job(build, "test", runnable=created, started=start, finished=created + 10)
        if number == 2:
            world.job(build, "gone", runnable=created + 10, started=created + 10,
                      finished=created + 14)  # fmt: skip
    columns = ("step", "builds", "path_builds", "wait_seconds", "run_seconds", "mean_seconds")
    before = ("previous_builds", "previous_path_builds", "previous_wait_seconds")
    found = world.warehouse.view(
        "metric_critical_path_windows",
        (*columns, *before, "previous_run_seconds"),
        "window_days = 7",
    )
    # Build 3 waits 3 minutes and runs 7; before it 1 waits 1 and runs 9, 2 waits 2 and runs 8.
    assert found == [
        ("gone", 0, 1, 0.0, 0.0, None, 1, 2, 0.0, 240.0),
        ("test", 1, 1, 180.0, 420.0, 600.0, 2, 2, 180.0, 1020.0),
    ]


def test_flaky_commits_of_the_days_before_stand_beside(world: World) -> None:
    days = {1: AS_OF - 10 * DAY, 2: AS_OF - 9 * DAY, 3: AS_OF - DAY}
    for number, created in days.items():
        build = world.build(number, created=created)
        job = world.job(build, "test", "failed", started=created, finished=created + 1)
        if number != 2:  # only build 2 fails for good
            world.job(build, "test", started=created + 1, finished=created + 2, retry_of=job)
    columns = ("commits", "flaky_commits", "flaky_rate", "previous_commits")
    found = world.warehouse.one(
        "metric_flaky_step_windows",
        *(*columns, "previous_flaky_commits", "previous_flaky_rate"),
        where="window_days = 7",
    )
    assert found == (1, 1, 1.0, 2, 1, 0.5)


def test_waits_for_a_group_of_the_days_before_stand_beside(world: World) -> None:
    for number, created in ((1, AS_OF - 10 * DAY), (2, AS_OF - DAY)):
        build = world.build(number, created=created)
        for minutes in (1, 2, 3, 4, 5):
            limit = {"concurrency_wait_time_ms": 60_000 * minutes * number}
            world.job(build, "test", runnable=created, started=created + minutes, **limit)
    columns = ("limited_n", "limited_p50_seconds", "previous_limited_n")
    found = world.warehouse.one(
        "metric_queue_wait_windows",
        *(*columns, "previous_limited_p50_seconds"),
        where="window_days = 7",
    )
    assert found == (5, 2 * 180.0, 5, 180.0)
