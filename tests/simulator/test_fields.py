import base64
import re
from typing import Any

import pytest

from buildkite_simulator import Simulator

from .conftest import Client

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
JOB_FIELDS = {
    "script": """id graphql_id type name step_key state step priority agent_query_rules build_url
        web_url log_url raw_log_url artifacts_url command soft_failed exit_status signal
        signal_reason broken_reason artifact_paths agent created_at scheduled_at runnable_at
        started_at finished_at expired_at concurrency_wait_time_ms retried retried_in_job_id
        retries_count retry_source retry_type retried_by parallel_group_index
        parallel_group_total matrix cluster_id cluster_url cluster_queue_id cluster_queue_url""",
    "waiter": "id graphql_id type",
    "manual": """id graphql_id type label step_key state web_url unblocked_by unblocked_at
        unblockable unblock_url""",
    "trigger": """id graphql_id type name step_key state step build_url web_url created_at
        scheduled_at runnable_at started_at finished_at async triggered_build""",
}
OPTIONAL = {"group_key", "promised_exit_status", "promised_exit_status_at"}
BUILD_FIELDS = """id graphql_id url web_url number state blocked blocked_state cancel_reason
    message commit branch tag env source author creator created_at scheduled_at started_at
    failing_at finished_at meta_data pull_request merge_queue rebuilt_from triggered_from
    pipeline jobs"""


@pytest.fixture(scope="module")
def builds(tiny: Simulator, tiny_api: Client) -> list[dict[str, Any]]:
    return tiny_api.walk("/builds", per_page=100, include_retried_jobs="true")


@pytest.mark.parametrize("kind", JOB_FIELDS)
def test_job_fields(builds: list[dict[str, Any]], kind: str) -> None:
    jobs = [job for build in builds for job in build["jobs"] if job["type"] == kind]
    assert jobs
    for job in jobs:
        assert set(job) - OPTIONAL == set(JOB_FIELDS[kind].split())
        assert UUID.match(job["id"])
        assert base64.b64decode(job["graphql_id"]).decode() == f"Job---{job['id']}"
        for name, value in job.items():
            assert not name.endswith("_at") or value is None or TIME.match(value)


def test_job_times_run_forward(builds: list[dict[str, Any]]) -> None:
    for build in builds:
        for job in build["jobs"]:
            if job["type"] != "script":
                continue
            order = ("scheduled_at", "runnable_at", "started_at", "finished_at")
            times = [job[name] for name in order if job[name]]
            assert times == sorted(times)
            assert (job["started_at"] is None) or job["agent"]
            if job["state"] in ("passed", "failed"):
                assert job["exit_status"] is not None


def test_build_fields(builds: list[dict[str, Any]]) -> None:
    for build in builds:
        assert set(build) == set(BUILD_FIELDS.split())
        assert UUID.match(build["id"])
        assert build["state"] != "blocked"
        assert build["blocked_state"] == ("passed" if build["blocked"] else "")


def test_settled_builds_hold_only_settled_jobs(builds: list[dict[str, Any]]) -> None:
    moving = {"running", "scheduled", "assigned", "accepted", "limited", "canceling"}
    for build in builds:
        if build["state"] in ("passed", "failed", "canceled", "skipped", "not_run"):
            assert not moving & {job.get("state") for job in build["jobs"]}


def test_waiters_and_gates_by_switch(tiny: Simulator, tiny_api: Client) -> None:
    tiny.switches.waiter_fields = "full"
    tiny.switches.gate_times = True
    rows = tiny_api.get("/builds", per_page=100).json()
    jobs = [job for row in rows for job in row["jobs"] if job["type"] in ("waiter", "manual")]
    assert all({"state", "created_at", "finished_at"} <= set(job) for job in jobs)
    tiny.switches.waiter_fields = "bare"
    tiny.switches.gate_times = False


def test_group_key_only_in_builds(tiny_api: Client, builds: list[dict[str, Any]]) -> None:
    build = next(row for row in builds if any("group_key" in job for job in row["jobs"]))
    listed = tiny_api.get(build["url"] + "/jobs", per_page=100).json()["items"]
    assert {job["id"] for job in listed} == {job["id"] for job in build["jobs"]}
    assert not any("group_key" in job for job in listed)
    key = next(job["group_key"] for job in build["jobs"] if "group_key" in job)
    grouped = tiny_api.get(build["url"] + "/jobs", group_key=key).json()["items"]
    assert grouped


def test_both_addresses_of_a_job_agree(tiny_api: Client, builds: list[dict[str, Any]]) -> None:
    build = builds[-1]
    job = build["jobs"][0]
    under_build = tiny_api.get(f"{build['url']}/jobs/{job['id']}").json()
    under_organization = tiny_api.get(f"/organizations/lumen-freight/jobs/{job['id']}").json()
    assert under_build == under_organization


@pytest.mark.parametrize(("setting", "example"), [("iso", TIME), ("spaced", re.compile(".* UTC"))])
def test_pipeline_dates_by_switch(
    tiny: Simulator, tiny_api: Client, setting: str, example: re.Pattern[str]
) -> None:
    tiny.switches.pipeline_dates = setting  # type: ignore[assignment]
    row = tiny_api.get("/organizations/lumen-freight/pipelines").json()[0]
    tiny.switches.pipeline_dates = "iso"
    assert example.match(row["created_at"])


def test_unknown_switches_and_settings_are_refused(tiny: Simulator) -> None:
    with pytest.raises(AttributeError, match="no switch 'finish'"):
        tiny.switches.finish = "kept"
    with pytest.raises(ValueError, match="cleared, kept, never_moves"):
        tiny.switches.finished_at = "lost"  # type: ignore[assignment]
