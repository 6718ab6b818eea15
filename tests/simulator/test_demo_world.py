from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from buildkite_simulator import ManualClock, WorldConfig, make_world
from buildkite_simulator.render.truth import Truth

# The demo's own test counts what it loads of this world.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_world(WorldConfig.demo(), ManualClock()).truth()


def created(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["created_at"]).astimezone(UTC)


def rate(builds: list[dict[str, Any]]) -> float:
    states = Counter(build["state"] for build in builds if not build["blocked"])
    return states["passed"] / max(1, states["passed"] + states["failed"])


def test_size(truth: Truth) -> None:
    assert len(truth["organizations"]) == 2
    assert len(truth["pipelines"]) > 30
    assert 4_000 <= len(truth["builds"]) <= 7_000
    assert 5 <= len(truth["jobs"]) / len(truth["builds"]) <= 10
    assert len({row["id"] for row in truth["jobs"]}) == len(truth["jobs"])


def test_every_kind_of_thing_is_there(truth: Truth) -> None:
    states = {build["state"] for build in truth["builds"]}
    assert states >= {"passed", "failed", "canceled", "skipped", "not_run", "running"}
    assert any(build["blocked"] for build in truth["builds"])
    assert {build["source"] for build in truth["builds"]} == {
        "webhook",
        "api",
        "ui",
        "trigger_job",
        "schedule",
    }
    job_states = {job.get("state") for job in truth["jobs"]}
    assert job_states >= {
        *("passed", "failed", "timed_out", "expired", "canceled", "broken", "skipped"),
        *("waiting_failed", "blocked", "unblocked", "running", "scheduled"),
    }
    jobs = truth["jobs"]
    for name in ("matrix", "parallel_group_total", "group_key", "concurrency_wait_time_ms"):
        assert any(job.get(name) for job in jobs), name
    assert any(job.get("soft_failed") for job in jobs)
    assert any(job.get("exit_status") == -1 for job in jobs)
    assert {job.get("retry_type") for job in jobs} == {None, "automatic", "manual"}
    assert len({job["cluster_queue_id"] for job in jobs if job["type"] == "script"}) >= 5
    for name in ("pull_request", "merge_queue", "rebuilt_from", "triggered_from", "tag"):
        assert any(build[name] for build in truth["builds"]), name
    authors = {type(build["author"]) for build in truth["builds"]}
    assert authors == {dict, str, type(None)}


def test_main_is_mostly_green_but_for_bad_weeks(truth: Truth) -> None:
    main = [build for build in truth["builds"] if build["branch"] == "main"]
    assert 0.6 < rate(main) < 0.95
    storefront = [row for row in main if row["pipeline"]["slug"] == "storefront"]
    weeks: dict[str, list[dict[str, Any]]] = {}
    for build in storefront:
        weeks.setdefault(f"{created(build):%G-%V}", []).append(build)
    rates = [rate(builds) for builds in weeks.values() if len(builds) >= 8]
    assert min(rates) < 0.6
    assert sorted(rates)[len(rates) // 2] > 0.75


def test_some_failures_are_flakes(truth: Truth) -> None:
    by_id = {job["id"]: job for job in truth["jobs"]}
    retried = [job for job in truth["jobs"] if job.get("retried")]
    cured = [job for job in retried if by_id[job["retried_in_job_id"]]["state"] == "passed"]
    assert len(retried) > 100
    assert 0.3 < len(cured) / len(retried) < 0.95


def test_weeks_and_days_have_a_rhythm(truth: Truth) -> None:
    pushed = [created(row) for row in truth["builds"] if row["source"] == "webhook"]
    weekend = sum(moment.weekday() >= 5 for moment in pushed)
    night = sum(moment.hour < 6 for moment in pushed)
    assert weekend / len(pushed) < 0.1
    assert night / len(pushed) < 0.05


def test_busy_queues_wait_longer(truth: Truth) -> None:
    waits: dict[str, list[timedelta]] = {}
    for job in truth["jobs"]:
        if job["type"] == "script" and job["started_at"]:
            wait = datetime.fromisoformat(job["started_at"]) - datetime.fromisoformat(
                job["runnable_at"]
            )
            waits.setdefault(job["agent_query_rules"][0], []).append(wait)
    middle = {queue: sorted(each)[len(each) // 2] for queue, each in waits.items()}
    assert middle["queue=mac"] > 4 * middle["queue=default"]


def test_names_are_hostile_but_real(truth: Truth) -> None:
    text = " ".join(
        [pipeline["name"] for pipeline in truth["pipelines"]]
        + [str(pipeline["description"]) for pipeline in truth["pipelines"]]
        + [build["branch"] + str(build["message"]) for build in truth["builds"]]
        + [build["creator"]["name"] for build in truth["builds"] if build["creator"]]
    )
    for sample in ("ö", "📱", '"', "<b>", "<script>", "李", "'", "\n", "&"):
        assert sample in text


def test_secrets_are_planted(truth: Truth) -> None:
    assert any("AWS_SECRET_ACCESS_KEY" in build["env"] for build in truth["builds"])


def test_slugs_repeat_across_organizations(truth: Truth) -> None:
    slugs = Counter(pipeline["slug"] for pipeline in truth["pipelines"])
    assert slugs["storefront"] == 2


def test_plain_worlds_have_the_jobs_asked_for() -> None:
    config = WorldConfig(pipelines=3, days=2, builds_per_day=40, jobs_per_build=10)
    told = make_world(config, ManualClock()).truth()
    first_attempts = [job for job in told["jobs"] if not job.get("retry_source")]
    assert len(first_attempts) == 10 * len(told["builds"])
