"""Step uploads: how a build got its jobs, for about a month."""

import pytest

from buildkite_simulator import ManualClock, Simulator, Step

from .conftest import Client

STEPS = (
    Step(key="upload", label=":pipeline:", command="buildkite-agent pipeline upload", minutes=0.2),
    Step(key="test", label="Test", command="make test", parallelism=3),
    Step("waiter"),
    Step(key="image", label="Image", command="make image"),
)


@pytest.fixture
def path(simulator: Simulator) -> str:
    simulator.world.add_pipeline("acme", "shop", STEPS, uploads=True)
    return "/organizations/acme/pipelines/shop/builds/1"


def test_uploads_make_the_jobs_of_their_build(api: Client, clock: ManualClock, path: str) -> None:
    api.simulator.world.create_build("acme", "shop", outcomes={"upload": "passed"})
    assert api.get(f"{path}/step-uploads").json()["items"] == []
    clock.advance(minutes=2)
    jobs = api.get(f"{path}/jobs").json()["items"]
    uploads = api.get(f"{path}/step-uploads").json()["items"]
    assert {row["state"] for row in uploads} == {"applied"}
    assert {row["source_job_id"] for row in uploads} == {jobs[0]["id"]}
    assert [row["created_jobs_count"] for row in uploads] == [2, 3]
    assert sum(row["created_jobs_count"] for row in uploads) + 1 == len(jobs)
    whole = api.get(uploads[-1]["url"]).json()
    assert whole["definition_bytes"] == len(whole["definition_yaml"].encode())
    assert whole["definition_yaml_omitted"] is False
    assert "make test" in whole["definition_yaml"]
    assert "make image" not in whole["definition_yaml"]


def test_a_refused_upload(api: Client, clock: ManualClock, path: str) -> None:
    build = api.simulator.world.create_build("acme", "shop", outcomes={"upload": "failed"})
    clock.advance(minutes=2)
    (refused,) = api.get(f"{path}/step-uploads").json()["items"]
    assert (refused["state"], refused["rejection_type"]) == ("rejected", "validation_error")
    assert refused["created_jobs_count"] is None
    api.simulator.world.retry_failed_jobs(build)
    clock.advance(minutes=2)
    uploads = api.get(f"{path}/step-uploads").json()["items"]
    assert uploads[-1] == refused
    mine = {"filter[source_job_id]": refused["source_job_id"]}
    assert api.get(f"{path}/step-uploads", **mine).json()["items"] == [refused]


def test_uploads_are_gone_after_a_month(api: Client, clock: ManualClock, path: str) -> None:
    world = api.simulator.world
    world.create_build("acme", "shop", outcomes={"upload": "passed"})
    clock.advance(days=29)
    (uploads,) = [world.truth(include=["step_uploads"])["step_uploads"]]
    assert len(uploads) == 2
    clock.advance(days=1)
    for url in (f"{path}/step-uploads", uploads[0]["url"]):
        assert api.get(url).status_code == 410
    assert api.get(path).status_code == 200
    assert world.truth(include=["step_uploads"])["step_uploads"] == []


def test_builds_without_uploads(api: Client, clock: ManualClock) -> None:
    api.simulator.world.create_build("acme", "web")
    clock.advance(minutes=2)
    path = "/organizations/acme/pipelines/web/builds"
    assert api.get(f"{path}/1/step-uploads").json()["items"] == []
    assert api.get(f"{path}/9/step-uploads").status_code == 404
