from typing import Any

import pytest

from buildkite_simulator import ManualClock, RefusedError, Simulator, Step

from .conftest import STEP, Client

BUILD = "/organizations/acme/pipelines/web/builds/1"


def test_life_of_a_build(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.create_build("acme", "web")
    states: list[tuple[str, bool]] = []
    for _ in range(900):
        build = api.simulator.world.renderer.build_object(
            world.build("acme", "web", 1), world.catch_up(), None, with_pipeline=False
        )
        if not states or states[-1] != (build["state"], build["blocked"]):
            states.append((build["state"], build["blocked"]))
        clock.advance(milliseconds=200 if len(states) < 3 else 5_000)
    assert states == [
        ("creating", False),
        ("scheduled", False),
        ("running", False),
        ("passed", True),
    ]


def blocked(api: Client, clock: ManualClock) -> dict[str, Any]:
    api.simulator.world.create_build("acme", "web", outcomes={"test": "passed"})
    clock.advance(hours=1)
    build: dict[str, Any] = api.get(BUILD).json()
    return build


def test_unblocking_runs_the_rest_and_the_triggered_build(api: Client, clock: ManualClock) -> None:
    build = blocked(api, clock)
    manual, trigger = build["jobs"][3:]
    assert (build["state"], build["blocked"], build["blocked_state"]) == ("passed", True, "passed")
    assert build["finished_at"]
    assert (manual["state"], manual["unblockable"], trigger["state"]) == (
        "blocked",
        True,
        "blocked",
    )
    path = f"/organizations/acme/jobs/{manual['id']}/unblock"
    done = api.request("PUT", path).json()
    assert (done["state"], done["unblockable"]) == ("unblocked", False)
    assert done["unblocked_by"]["name"] == "Ada Okonkwo"
    running = api.get(BUILD).json()
    assert (running["state"], running["blocked"], running["finished_at"]) == (
        "running",
        False,
        None,
    )
    assert running["jobs"][4]["triggered_build"] is None
    clock.advance(seconds=2)
    child = api.get(BUILD).json()["jobs"][4]["triggered_build"]
    triggered = api.get(child["url"]).json()
    assert triggered["triggered_from"]["build_id"] == build["id"]
    assert triggered["source"] == "trigger_job"
    clock.advance(hours=1)
    after, triggered = api.get(BUILD).json(), api.get(child["url"]).json()
    assert after["state"] == triggered["state"] == "passed"
    assert after["finished_at"] == triggered["finished_at"] > build["finished_at"]
    assert api.request("PUT", path).status_code == 422


def test_blocked_builds_may_lack_finished_at(api: Client, clock: ManualClock) -> None:
    api.simulator.switches.blocked_has_finished_at = False
    assert blocked(api, clock)["finished_at"] is None


def test_only_block_steps_unblock(api: Client, clock: ManualClock) -> None:
    job = blocked(api, clock)["jobs"][0]
    answer = api.request("PUT", f"/organizations/acme/jobs/{job['id']}/unblock")
    assert (answer.status_code, answer.json()) == (
        400,
        {"message": "This job type cannot be unblocked"},
    )


def test_cancel(api: Client, clock: ManualClock) -> None:
    api.simulator.world.create_build("acme", "web")
    clock.advance(seconds=60)
    canceling = api.request("PUT", f"{BUILD}/cancel").json()
    assert (canceling["state"], canceling["jobs"][0]["state"]) == ("canceling", "canceling")
    clock.advance(seconds=5)
    canceled = api.get(BUILD).json()
    assert canceled["state"] == "canceled"
    assert canceled["finished_at"]
    assert {job.get("state", "canceled") for job in canceled["jobs"]} == {"canceled"}
    assert api.request("PUT", f"{BUILD}/cancel").status_code == 422
    job = canceled["jobs"][0]["id"]
    assert api.request("PUT", f"/organizations/acme/jobs/{job}/retry").status_code == 422


def test_a_canceled_child_fails_its_parents_trigger_job(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    manual = blocked(api, clock)["jobs"][3]
    world.unblock(manual["id"])
    clock.advance(seconds=5)
    world.cancel_build(world.build("acme", "deploy", 1))
    clock.advance(seconds=5)
    parent = api.get(BUILD).json()
    assert (parent["state"], parent["jobs"][4]["state"]) == ("failed", "failed")


@pytest.mark.parametrize("finishes", [False, True])
def test_skipped_and_not_run_builds(api: Client, clock: ManualClock, finishes: bool) -> None:
    world = api.simulator.world
    api.simulator.switches.skipped_has_finished_at = finishes
    world.skip_build(world.create_build("acme", "web"))
    world.create_build("acme", "web", not_run=True)
    clock.advance(seconds=5)
    not_run, skipped = api.get("/organizations/acme/builds").json()
    assert (skipped["state"], not_run["state"]) == ("skipped", "not_run")
    assert [bool(row["finished_at"]) for row in (skipped, not_run)] == [finishes, finishes]


def test_a_newer_build_supersedes_queued_and_running_ones(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.add_pipeline("acme", "eager", STEP, skip_queued=True, cancel_running=True)
    for _ in range(2):
        world.create_build("acme", "eager", branch="topic")
    clock.advance(seconds=40)
    world.create_build("acme", "eager", branch="topic")
    clock.advance(seconds=5)
    rows = api.get("/organizations/acme/pipelines/eager/builds").json()
    assert [row["state"] for row in rows][1:] == ["canceled", "skipped"]
    assert rows[1]["cancel_reason"]


def test_rebuild(api: Client, build: Any) -> None:
    old = build()
    new = api.request("PUT", "/organizations/acme/pipelines/plain/builds/1/rebuild").json()
    assert new["rebuilt_from"] == {key: old[key] for key in ("id", "number", "url")}
    assert (new["commit"], new["number"]) == (old["commit"], 2)


def test_create_build_over_http(api: Client) -> None:
    path = "/organizations/acme/pipelines/web/builds"
    refused = api.request("POST", path, json={"branch": "main"})
    assert refused.status_code == 422
    assert refused.json() == {
        "message": "Validation Failed",
        "errors": [{"field": "commit", "code": "missing"}],
    }
    sent = {"commit": "HEAD", "branch": "main", "meta_data": {"a": "b"}, "pull_request_id": 7}
    created = api.request("POST", path, json=sent)
    assert created.status_code == 201
    assert created.json()["source"] == "api"
    assert created.json()["pull_request"]["id"] == "7"


def test_failing_build_and_promised_failure(api: Client, clock: ManualClock) -> None:
    steps = (Step(key="quick", minutes=1), Step(key="slow", minutes=60))
    api.simulator.world.add_pipeline("acme", "two", steps)
    api.simulator.world.create_build("acme", "two", outcomes={"slow": "promised"})
    clock.advance(minutes=40)
    path = "/organizations/acme/pipelines/two/builds/1"
    failing = api.get(path).json()
    assert failing["state"] == "failing"
    promised = failing["jobs"][1]
    assert (promised["state"], promised["promised_exit_status"]) == ("running", 1)
    assert failing["failing_at"] == promised["promised_exit_status_at"]
    assert len(api.get(f"{path}/jobs", state="failed").json()["items"]) == 1
    assert api.get(f"{path}/jobs", state="running").json()["items"] == []
    api.simulator.switches.early_failure_declarations = False
    assert len(api.get(f"{path}/jobs", state="running").json()["items"]) == 1


def test_jobs_after_a_failure_never_run(api: Client, clock: ManualClock) -> None:
    api.simulator.switches.waiter_fields = "full"
    failures = {"test": ["failed", "failed"]}
    api.simulator.world.create_build("acme", "web", outcomes=failures)
    clock.advance(hours=1)
    states = [job["state"] for job in api.get(BUILD).json()["jobs"]]
    failed = ["waiting_failed", "waiting_failed", "blocked_failed", "blocked_failed"]
    assert states == ["failed", *failed]


def test_unstarted_jobs_expire(api: Client, clock: ManualClock) -> None:
    api.simulator.world.add_pipeline("acme", "plain", STEP)
    api.simulator.world.create_build("acme", "plain", outcomes={"test": "expired"})
    clock.advance(days=29)
    path = "/organizations/acme/pipelines/plain/builds/1"
    assert api.get(path).json()["state"] == "scheduled"
    clock.advance(days=2)
    build = api.get(path).json()
    job = build["jobs"][0]
    assert (build["state"], job["state"], job["started_at"]) == ("failed", "expired", None)
    assert job["expired_at"] == job["finished_at"]
    assert job["finished_at"][14:16] == "05"


def test_pipelines_are_renamed_archived_deleted(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.create_build("acme", "web")
    before = api.get(BUILD).json()
    world.rename_pipeline("acme", "web", "shop")
    assert api.get(BUILD).status_code == 404
    after = api.get("/organizations/acme/builds").json()[0]
    assert after["id"] == before["id"]
    assert after["url"].endswith("/pipelines/shop/builds/1")
    assert after["pipeline"]["slug"] == "shop"
    assert "/pipelines/shop/" in after["jobs"][0]["log_url"]
    world.archive_pipeline("acme", "shop")
    assert api.get("/organizations/acme/pipelines/shop").json()["archived_at"]
    api.simulator.switches.archived_pipelines_listed = False
    assert len(api.get("/organizations/acme/pipelines").json()) == 1
    assert len(api.get("/organizations/acme/builds").json()) == 1
    world.delete_pipeline("acme", "shop")
    assert api.get("/organizations/acme/builds").json() == []


def test_retention(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    world.retention_days = 30
    first = world.create_build("acme", "web")
    job = first.visible_jobs(world.catch_up())[0].id
    clock.advance(days=20)
    second = world.create_build("acme", "web")
    clock.advance(days=11)
    assert [row["number"] for row in api.get("/organizations/acme/builds").json()] == [2]
    assert api.get(BUILD).status_code == 404
    assert api.get(f"/organizations/acme/jobs/{job}").status_code == 404
    world.expire(second)
    assert api.get("/organizations/acme/builds").json() == []


def test_world_refuses_what_the_api_refuses(simulator: Simulator) -> None:
    with pytest.raises(RefusedError, match="No pipeline found"):
        simulator.world.create_build("acme", "nope")
    with pytest.raises(RefusedError, match="No job found"):
        simulator.world.retry_job("nope")
