"""What a retry changes: the switches for what is not documented, chains, the endpoints."""

from typing import Any

import pytest

from buildkite_simulator import ManualClock

from .conftest import Client

BUILD = "/organizations/acme/pipelines/web/builds/1"


def retry(api: Client, job: dict[str, Any], outcome: str = "passed") -> dict[str, Any]:
    new = api.simulator.world.retry_job(job["id"], outcome=outcome)
    shown: dict[str, Any] = api.get(f"/organizations/acme/jobs/{new.id}").json()
    return shown


@pytest.mark.parametrize("setting", ["cleared", "kept", "never_moves"])
def test_finished_at_of_a_retried_build(
    api: Client, clock: ManualClock, build: Any, setting: str
) -> None:
    api.simulator.switches.finished_at = setting  # type: ignore[assignment]
    before = build()
    assert (before["state"], before["failing_at"]) == ("failed", None)
    retry(api, before["jobs"][0])
    during = build()
    assert during["state"] == "running"
    assert during["finished_at"] == (None if setting == "cleared" else before["finished_at"])
    clock.advance(minutes=10)
    after = build()
    assert after["state"] == "passed"
    moved = after["finished_at"] > before["finished_at"]
    assert moved == (setting != "never_moves")


def test_finished_from_finds_reopened_builds_by_switch(
    api: Client, clock: ManualClock, build: Any
) -> None:
    switches = api.simulator.switches
    switches.finished_at = "kept"
    before = build()
    retry(api, before["jobs"][0])
    query = {"finished_from": before["finished_at"]}
    assert len(api.get("/organizations/acme/builds", **query).json()) == 1
    switches.finished_from_matches_reopened = False
    assert api.get("/organizations/acme/builds", **query).json() == []
    clock.advance(minutes=10)
    assert len(api.get("/organizations/acme/builds", **query).json()) == 1


def test_started_at_moves_on_retry_by_switch(api: Client, clock: ManualClock, build: Any) -> None:
    before = build()
    retry(api, before["jobs"][0])
    clock.advance(minutes=10)
    after = build()
    assert after["started_at"] == after["jobs"][1]["started_at"] > before["started_at"]
    api.simulator.switches.started_at_moves = False
    assert build()["started_at"] == before["started_at"]


def test_reopened_state_by_switch(api: Client, build: Any) -> None:
    retry(api, build()["jobs"][0])
    assert build()["state"] == "running"
    api.simulator.switches.reopened_state = "scheduled"
    assert build()["state"] == "scheduled"


def test_retries_are_chained(api: Client, clock: ManualClock, build: Any) -> None:
    first = build()["jobs"][0]
    assert (first["retries_count"], first["retry_source"], first["retry_type"]) == (None,) * 3
    second = retry(api, first, "failed")
    clock.advance(minutes=10)
    third = retry(api, second)
    clock.advance(minutes=10)
    one, two, three = build()["jobs"]
    assert [job["retried"] for job in (one, two, three)] == [True, True, False]
    assert one["retried_in_job_id"] == two["id"]
    assert two["retried_in_job_id"] == three["id"]
    assert three["retried_in_job_id"] is None
    assert three["retry_source"] == {"job_id": two["id"], "retry_type": "manual"}
    assert (two["retry_type"], three["retry_type"]) == ("manual", None)
    assert [job["retries_count"] for job in (one, two, three)] == [None, 1, 2]
    assert two["retried_by"]["name"] == "Ada Okonkwo"
    assert len({job["step"]["id"] for job in (one, two, three)}) == 1
    assert third["id"] == three["id"]
    assert {key: one[key] for key in ("state", "finished_at", "exit_status")} == {
        key: first[key] for key in ("state", "finished_at", "exit_status")
    }


def test_retry_over_http(api: Client, clock: ManualClock, build: Any) -> None:
    job = build()["jobs"][0]
    new = api.request("PUT", f"/organizations/acme/jobs/{job['id']}/retry")
    assert new.status_code == 200
    assert new.json()["retry_source"]["job_id"] == job["id"]
    again = api.request("PUT", f"/organizations/acme/jobs/{job['id']}/retry")
    assert again.status_code == 400
    assert again.json() == {"message": "Only failed, timed out or canceled jobs can be retried"}


def test_retry_failed_jobs_over_http(api: Client, build: Any) -> None:
    build()
    path = "/organizations/acme/pipelines/plain/builds/1/retry_failed_jobs"
    wrong = api.request("PUT", path, json={"states": "failed,sleepy"})
    assert wrong.status_code == 400
    assert wrong.json()["message"].startswith("Invalid states: sleepy. Valid states are ")
    done = api.request("PUT", path, json={"states": "failed"})
    assert done.status_code == 202
    assert done.json()["retried_jobs_count"] == 1
    assert done.json()["state"] == "running"


def test_retried_jobs_may_appear_after_the_answer(
    api: Client, clock: ManualClock, build: Any
) -> None:
    (failed,) = build()["jobs"]
    api.simulator.switches.retries_appear_after = 5.0
    path = "/organizations/acme/pipelines/plain/builds/1/retry_failed_jobs"
    answers = [api.request("PUT", path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["retried_jobs_count"] == 1
    assert (build()["state"], build()["jobs"]) == ("failed", [failed])
    clock.advance(seconds=6)
    assert build()["state"] == "running"
    assert [job["retried"] for job in build()["jobs"]] == [True, False]
