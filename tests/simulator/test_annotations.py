from datetime import datetime
from typing import Any

import pytest

from buildkite_simulator import HOSTILE_BODIES, ManualClock, RefusedError, Simulator, Step
from buildkite_simulator.world.model import Build, Job

from .conftest import Client

FIELDS = {
    *("id", "context", "style", "scope", "job_id", "priority", "body_html"),
    *("created_at", "updated_at"),
}
STEPS = (
    Step(key="test", label="Test <1>", minutes=2, parallelism=3),
    Step(key="lint", label="Lint", minutes=1),
    Step(key="unit", label="Unit", minutes=1),
)


@pytest.fixture
def build(simulator: Simulator) -> Build:
    simulator.world.add_pipeline("acme", "lib", STEPS)
    outcomes = {"test": "failed", "lint": "failed", "unit": "passed"}
    return simulator.world.create_build("acme", "lib", outcomes=outcomes)


def path(build: Build) -> str:
    return f"/organizations/acme/pipelines/lib/builds/{build.number}/annotations"


def scripts(build: Build) -> list[Job]:
    return [job for job in build.attempts() if job.type == "script"]


def test_scopes_and_fields(api: Client, build: Build, clock: ManualClock) -> None:
    assert api.get(path(build)).json() == []
    clock.advance(hours=1)
    everything = api.get(path(build), scope="all").json()
    in_build = api.get(path(build)).json()
    in_jobs = api.get(path(build), scope="job").json()
    assert sorted(row["id"] for row in everything) == sorted(
        row["id"] for row in in_build + in_jobs
    )
    assert {row["scope"] for row in in_build} == {"build"}
    assert {row["context"] for row in in_build} >= {"test-failures"}
    assert [(row["scope"], row["context"]) for row in in_jobs] == [("job", "lint")]
    assert in_jobs[0]["job_id"] == scripts(build)[3].id
    for row in everything:
        assert set(row) == FIELDS
        assert row["style"] in ("success", "info", "warning", "error", None)
        assert (row["job_id"] is None) == (row["scope"] == "build")
    listed = [row["created_at"] for row in everything]
    assert listed == sorted(listed, reverse=True)
    assert api.get(path(build), scope="both").status_code == 422
    api.simulator.switches.annotation_order = "oldest_first"
    assert api.get(path(build), scope="all").json() == everything[::-1]


def test_omitted_bodies_and_absent_job_ids(api: Client, build: Build, clock: ManualClock) -> None:
    clock.advance(hours=1)
    rows = api.get(path(build), omit_body="true").json()
    assert rows
    assert all(set(row) == FIELDS - {"body_html"} for row in rows)
    api.simulator.switches.annotation_job_id = "absent"
    rows = api.get(path(build), scope="all").json()
    assert {row["scope"]: "job_id" in row for row in rows} == {"build": False, "job": True}


def test_failures_append_as_jobs_finish(api: Client, build: Build, clock: ManualClock) -> None:
    finishes = sorted(job.finished or 0 for job in scripts(build)[:3])
    seen: list[dict[str, Any]] = []
    for finished in finishes:
        now = clock.now().timestamp() * 1_000
        clock.advance(seconds=(finished - now) / 1_000 + 0.001)
        rows = api.get(path(build)).json()
        seen.append(next(row for row in rows if row["context"] == "test-failures"))
    assert len({row["id"] for row in seen}) == 1
    assert len({row["created_at"] for row in seen}) == 1
    assert [datetime.fromisoformat(row["updated_at"]).timestamp() * 1_000 for row in seen] == (
        finishes
    )
    assert [row["body_html"].count("<strong>") for row in seen] == [1, 2, 3]
    assert "Test &lt;1&gt;" in seen[0]["body_html"]


def test_moves_change_annotations(simulator: Simulator, build: Build, clock: ManualClock) -> None:
    world = simulator.world
    first = world.annotate(build, "one & <two>", style="info", priority=7)
    assert first.html == "<p>one &amp; &lt;two&gt;</p>\n"
    clock.advance(minutes=1)
    second = world.annotate(build, "<p>more</p>", append=True)
    assert second.id == first.id
    assert (second.style, second.text) == ("info", "one & <two><p>more</p>")
    assert second.updated - second.created == 60_000
    third = world.annotate(build, "<b>new</b>", style="error")
    assert (third.id, third.html, third.style) == (first.id, "<b>new</b>", "error")
    own = world.annotate(scripts(build)[0], "mine")
    assert (own.scope, own.context) == ("job", "default")
    world.remove_annotation(build, first.id)
    assert [note.id for note in world.annotations(build)] == [own.id]
    with pytest.raises(RefusedError):
        world.remove_annotation(build, first.id)


def test_pages(api: Client, build: Build) -> None:
    for number in range(7):
        api.simulator.world.annotate(build, "x", context=str(number))
    rows = api.walk(path(build), per_page=3)
    assert len({row["id"] for row in rows}) == 7
    assert set(api.get(path(build), per_page=3).links) == {"next", "last"}


def test_write_endpoints(api: Client, build: Build) -> None:
    sent = {"body": "hello", "context": "ctx", "style": "success", "priority": 4}
    made = api.request("POST", path(build), json=sent)
    assert made.status_code == 201
    assert made.json()["body_html"] == "<p>hello</p>\n"
    job = f"/organizations/acme/jobs/{scripts(build)[0].id}/annotations"
    own = api.request("POST", job, json={"body": "mine"}).json()
    assert [row["id"] for row in api.get(job).json()] == [own["id"]]
    assert api.request("POST", path(build), json={}).status_code == 422
    wrong = {"body": "x", "style": "loud"}
    assert api.request("POST", path(build), json=wrong).status_code == 422
    assert api.request("DELETE", f"{path(build)}/{own['id']}").status_code == 404
    assert api.request("DELETE", f"{job}/{own['id']}").status_code == 204
    assert api.request("DELETE", f"{path(build)}/{made.json()['id']}").status_code == 204
    assert api.get(path(build), scope="all").json() == []


def test_scopes_needed(api: Client, build: Build) -> None:
    reader = api.simulator.add_token(scopes=["read_builds"])
    assert api.get(path(build), token=reader).status_code == 200
    refused = api.request("POST", path(build), token=reader, json={"body": "x"})
    assert refused.status_code == 403
    assert "write_builds" in refused.json()["message"]
    other = api.simulator.add_token(scopes=["read_artifacts"])
    assert api.get(path(build), token=other).status_code == 403


def test_hostile_bodies_arrive_unharmed(api: Client, build: Build) -> None:
    api.simulator.world.plant_hostile(build)
    rows = api.walk(path(build), scope="all", per_page=5)
    bodies = {row["context"]: row["body_html"] for row in rows}
    assert bodies == {f"hostile-{n}": body for n, body in enumerate(HOSTILE_BODIES)}
    assert {row["scope"] for row in rows} == {"build", "job"}
