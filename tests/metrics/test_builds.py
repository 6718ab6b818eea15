"""Success, durations, throughput and red time: small worlds, the arithmetic beside."""

import pytest

from .warehouse import Warehouse, at
from .world import AS_OF, World

HOUR = 60
DAY = 24 * HOUR


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the Wilson interval as the textbook writes it."""
    z, p = 1.96, k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return centre - margin, centre + margin


def test_success_rate_leaves_out_what_neither_passed_nor_failed(world: World) -> None:
    for number, state in enumerate(["passed"] * 3 + ["failed", "canceled", "running"], 1):
        world.build(number, state)
    world.build(7, "skipped")
    world.build(8, "not_run")
    world.build(9, "passed", blocked=True, finished=5)
    # A retry hid a failure in build 1; a soft failure in build 2 hides nothing.
    world.job("web/1", "test", "failed")
    world.job("web/1", "test", retry_of="job 001")
    world.job("web/2", "lint", "failed", soft_failed=True)

    columns = ("builds", "passed", "clean_passed", "failed", "canceled", "n")
    where = "window_days = 7"
    # Settled: all but the running and the blocked one.
    assert world.warehouse.one("metric_success_windows", *columns, where=where) == (
        *(7, 3, 2, 1, 1),
        3 + 1,
    )
    rates = ("success_rate", "success_low", "success_high", "clean_success_rate", "canceled_share")
    found = world.warehouse.one("metric_success_windows", *rates, where=where)
    assert found == pytest.approx((3 / 4, *wilson(3, 4), 2 / 4, 1 / 7))


@pytest.mark.parametrize("state", ["canceled", "running"])
def test_no_build_that_counts_is_no_rate(world: World, state: str) -> None:
    world.build(1, state)
    columns = ("n", "success_rate", "success_low", "clean_success_rate", "previous_success_rate")
    found = world.warehouse.view("metric_success_windows", columns, "window_days = 7")
    assert found == ([(0, None, None, None, None)] if state == "canceled" else [])


def test_one_of_one_does_not_top_a_list(world: World) -> None:
    world.build(1, pipeline="rare")
    for number in range(1, 101):
        world.build(number, "failed" if number > 97 else "passed", pipeline="busy")
    ranked = world.warehouse.query(
        "SELECT pipeline_slug FROM ci.metric_success_windows WHERE window_days = 7 "
        "ORDER BY success_low DESC"
    )
    assert ranked == [("busy",), ("rare",)]


def test_windows_end_with_the_data_and_hold_their_start(world: World) -> None:
    week = 7 * DAY
    world.build(1, "passed", created=AS_OF - week - 10)  # finishes as the window starts
    world.build(2, "failed", created=AS_OF - week - 11)
    world.build(3, "passed", created=AS_OF - 2 * week - 10)
    world.build(4, "passed", created=AS_OF - 2 * week - 11)
    found = world.warehouse.view(
        "metric_success_windows", ("window_days", "n", "passed", "previous_n")
    )
    assert found == [(7, 1, 1, 2), (28, 4, 3, 0), (90, 4, 3, 0)]
    assert world.warehouse.one("metric_clock", "as_of") == at(AS_OF)


def test_classes_of_branches(world: World) -> None:
    world.build(1, branch="main")
    world.build(2, branch="fix", pull_request_id="7", pull_request_base="main")
    world.build(3, branch="main", pull_request_id="8", pull_request_base="main")  # a fork's
    world.build(4, branch="main", pull_request_id="9", pull_request_base="stable")
    world.build(5, branch="wip")
    world.build(6, branch="wip", commit="HEAD")
    found = world.warehouse.view("metric_builds", ("build_number", "branch_class", "commit"))
    assert [(number, kind) for number, kind, _ in found] == [
        (1, "default branch"),
        (2, "pull request"),
        (3, "pull request"),
        (4, "default branch"),
        (5, "other"),
        (6, "other"),
    ]
    assert [commit for _, _, commit in found][4:] == ["commit 5", None]


def test_hours_are_of_utc_whatever_the_session_thinks(world: World) -> None:
    world.build(1, created=0, finished=29)
    world.build(2, created=0, finished=31)
    world.build(3, created=-1, finished=DAY)
    world.build(4, "skipped", created=45)
    world.warehouse.zone("Asia/Kolkata")  # half an hour off
    found = world.warehouse.view("metric_success_hourly", ("hour", "builds", "skipped"))
    assert found == [(at(0), 3, 1), (at(DAY), 1, 0)]
    created = world.warehouse.view("metric_throughput_hourly", ("hour", "builds"))
    assert created == [(at(-HOUR), 1), (at(0), 3)]


def test_durations_with_a_block_in_between(world: World) -> None:
    # Created at 0, started at 1, first job until 10, unblocked at 40, done at 55.
    build = world.build(1, created=0, started=1, finished=55, failing_at=at(6))
    world.job(build, "build", started=1, finished=10)
    manual = {"runnable": None, "started": None, "finished": None, "type": "manual"}
    world.job(build, None, "unblocked", unblocked_at=at(40), label="Ship?", **manual)
    # Unblocked while something still ran: nobody waited for that.
    world.job(build, "ship", started=41, finished=55)
    world.job(build, None, "unblocked", unblocked_at=at(50), label="Tell?", **manual)
    # Not unblocked yet: part of no build that is settled.
    world.job(build, None, "blocked", unblocked_at=None, label="Later?", **manual)

    columns = ("run_seconds", "total_seconds", "blocked_seconds", "first_failure_seconds")
    assert world.warehouse.one("metric_builds", *columns) == pytest.approx(
        ((55 - 1) * 60, 55 * 60, (40 - 10) * 60, (6 - 1) * 60)
    )
    blocks = world.warehouse.view("metric_blocks", ("label", "blocked_from", "blocked_seconds"))
    assert blocks == [("Ship?", at(10), 1800.0), ("Tell?", at(50), 0.0)]


def test_a_retry_that_moved_the_start_leaves_the_first_failure_unknown(world: World) -> None:
    world.build(1, started=20, finished=30, failing_at=at(5))
    assert world.warehouse.one("metric_builds", "first_failure_seconds") is None


def test_percentiles_need_a_number_of_builds(world: World) -> None:
    for number in range(1, 11):
        world.build(number, finished=number)
    columns = ("n", "run_p50_seconds", "run_p90_seconds", "run_p95_seconds", "previous_n")
    found = world.warehouse.one("metric_duration_windows", *columns, where="window_days = 7")
    # 1 to 10 minutes: between the 5th and 6th; a tenth of the way from the 9th to the 10th.
    assert found == pytest.approx((10, 5.5 * 60, 9.1 * 60, None, 0))


def test_red_from_a_failed_finish_to_the_next_passed_one(world: World) -> None:
    world.build(1, "passed", finished=10)
    world.build(2, "failed", created=20, finished=30, commit="a")  # red
    world.build(3, "canceled", created=31, finished=32)
    world.build(4, "passed", created=33, finished=34, blocked=True)
    world.build(5, "failed", created=40, finished=50)
    world.build(6, "passed", created=45, finished=90)  # green after 60 minutes
    world.build(7, "failed", created=100, finished=110, commit="b")  # red for 20, by a flake:
    world.build(8, "passed", created=120, finished=130, commit="b")
    world.build(9, "failed", created=AS_OF - 40, finished=AS_OF - 30)  # still red
    world.build(10, "failed", created=0, finished=20, branch="fix")
    world.build(11, "passed", pipeline="api")

    columns = ("build_number", "red_from", "red_to", "red_seconds", "failed_builds", "cause")
    assert world.warehouse.view("metric_red_intervals", columns) == [
        (2, at(30), at(90), 3600.0, 2, "incident"),
        (7, at(110), at(130), 1200.0, 1, "flake"),
        (9, at(AS_OF - 30), None, 1800.0, 1, "incident"),
    ]
    columns = (
        *("pipeline_slug", "red_seconds", "flake_seconds", "incident_seconds", "recoveries"),
        *("mean_recovery_seconds", "median_recovery_seconds", "still_red_since"),
    )
    assert world.warehouse.view("metric_red_windows", columns, "window_days = 7") == [
        ("api", 0.0, 0.0, 0.0, 0, None, None, None),
        ("web", 6600.0, 1200.0, 5400.0, 2, 2400.0, 2400.0, at(AS_OF - 30)),
    ]


def test_red_time_is_cut_at_the_window(world: World) -> None:
    start = AS_OF - 7 * DAY
    world.build(1, "failed", finished=start - 60, created=start - 70)
    world.build(2, "passed", finished=start + 30, created=start)
    columns = ("red_seconds", "previous_red_seconds", "recoveries", "median_recovery_seconds")
    found = world.warehouse.one("metric_red_windows", *columns, where="window_days = 7")
    assert found == (1800.0, 3600.0, 1, 5400.0)


def test_commits_to_green_and_on_red(world: World) -> None:
    world.build(1, "failed", created=0, finished=10, commit="a")  # red from 10
    world.build(2, "failed", created=5, finished=15, commit="a", branch="fix")
    world.build(3, "canceled", created=20, finished=21, commit="b")  # on red
    world.build(4, "passed", created=30, finished=40, commit="a")  # green again at 40
    world.build(5, "passed", created=40, finished=50, commit="c")
    world.build(6, "failed", created=41, finished=42, commit="d", branch="fix")
    world.build(7, "passed", created=60, finished=70, commit="HEAD")
    columns = ("commit", "builds", "failed", "time_to_green_seconds", "on_red")
    assert world.warehouse.view("metric_commits", columns) == [
        ("a", 3, 2, 40 * 60, False),
        ("b", 1, 0, None, True),
        ("c", 1, 0, 10 * 60, False),
        ("d", 1, 1, None, None),
    ]


def test_deployments(world: World) -> None:
    world.build(1, "failed", created=0, commit="a")
    world.pipeline("ship")  # named in the setting
    world.pipeline("docs", tags='["site", "deploy"]')
    world.pipeline("redeploy", tags='["redeploy"]')
    world.build(1, "passed", pipeline="ship", created=20, finished=30, commit="a")
    world.build(2, "failed", pipeline="ship", created=40, finished=50, commit="b")
    world.build(3, "failed", pipeline="ship", created=60, finished=70, commit="b")
    world.build(4, "passed", pipeline="ship", created=80, finished=90, commit="b")
    world.build(5, "passed", pipeline="ship", branch="fix")
    world.build(1, "passed", pipeline="redeploy")

    marked = world.warehouse.view("metric_deploying_pipelines", ("pipeline_slug", "is_tagged"))
    assert marked == [("docs", True), ("ship", False)]
    columns = ("build_number", "is_failure", "lead_seconds", "recovery_seconds")
    assert world.warehouse.view("metric_deployments", columns) == [
        (1, False, 30 * 60, None),  # since the first build of the commit, in another pipeline
        (2, True, None, 40 * 60),
        (3, True, None, None),  # the same outage
        (4, False, 50 * 60, None),
    ]
    columns = (
        *("pipeline_slug", "deployments", "failed_deployments", "deployments_a_day"),
        *("median_lead_seconds", "change_failure_rate", "recoveries", "median_recovery_seconds"),
    )
    assert world.warehouse.view("metric_dora_windows", columns, "window_days = 7") == [
        ("docs", 0, 0, 0.0, None, None, 0, None),
        ("ship", 2, 2, pytest.approx(2 / 7), 40 * 60, 0.5, 1, 40 * 60),
    ]


def test_open_builds_and_what_is_missing(world: World, warehouse: Warehouse) -> None:
    world.build(3, "running", created=AS_OF - 30)
    world.build(4, "passed", blocked=True, finished=5)
    world.build(7, "failing", created=10)
    warehouse.insert("missing_builds", [{"id": "web/7", "organization_id": "acme"}])
    world.build(9)
    columns = ("build_number", "is_blocked", "is_missing", "age_seconds")
    assert warehouse.view("metric_open_builds", columns) == [
        (3, False, False, 30 * 60),
        (4, True, False, AS_OF * 60),
        (7, False, True, (AS_OF - 10) * 60),
    ]
    columns = ("builds", "open_builds", "missing_builds", "first_number", "number_gaps")
    assert warehouse.one("metric_freshness", *columns) == (4, 3, 1, 3, 3)


def test_coverage_joins_what_was_read(warehouse: Warehouse) -> None:
    spans = [
        ("history", 0, 60, 60),  # nothing of it was read
        ("history", 20, 60, 30),  # 30 to 60: the rest was left
        ("new", 60, 80, 60),
        ("recheck", 40, 70, 40),
        ("finished", 80, 500, 80),  # says nothing of builds that did not finish
        ("new", 100, 120, 100),
    ]
    warehouse.insert(
        "slices",
        [
            {
                "id": str(place),
                "organization_id": "acme",
                "list": "acme",
                "pass": name,
                "created_from": at(start),
                "created_to": at(end),
                "read_from": at(read),
                "complete": read == start,
            }
            for place, (name, start, end, read) in enumerate(spans)
        ],
    )
    columns = ("covered_from", "covered_to", "gap_seconds")
    assert warehouse.view("metric_coverage", columns) == [
        (at(30), at(80), 20 * 60),
        (at(100), at(120), None),
    ]
