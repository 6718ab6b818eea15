import hashlib
from typing import Any

import pytest
import requests

from buildkite_simulator import HOSTILE_PATHS, ManualClock, Simulator, Step
from buildkite_simulator.world.model import Build, Job

from .conftest import Client

FIELDS = {
    *("id", "job_id", "url", "download_url", "state", "path", "dirname", "filename"),
    *("mime_type", "file_size", "glob_path", "original_path", "sha1sum"),
}
STEPS = (
    Step(key="browser", minutes=2, parallelism=2, artifact_paths="shots/**/*.png;report.html"),
    Step(key="image", minutes=1),
)


@pytest.fixture
def build(simulator: Simulator, clock: ManualClock) -> Build:
    simulator.world.add_pipeline("acme", "lib", STEPS)
    made = simulator.world.create_build(
        "acme", "lib", outcomes={"browser": "failed", "image": "passed"}
    )
    clock.advance(hours=1)
    return made


@pytest.fixture
def job(build: Build) -> Job:
    return next(build.attempts())


def path(build: Build) -> str:
    return f"/organizations/acme/pipelines/lib/builds/{build.number}"


def test_lists_agree(api: Client, build: Build) -> None:
    rows = api.walk(f"{path(build)}/artifacts", per_page=3)
    jobs = list(build.attempts())
    by_job = [
        row
        for job in jobs
        for row in api.walk(f"/organizations/acme/jobs/{job.id}/artifacts", per_page=2)
    ]
    assert rows == by_job
    assert len(rows) == len({row["id"] for row in rows}) > 4
    for row in rows:
        assert set(row) == FIELDS
        assert row["url"].startswith(api.simulator.base_url)
        assert row["download_url"] == row["url"] + "/download"
        assert row["glob_path"] is row["original_path"] is None
        assert api.get(row["url"]).json() == row
        assert row["path"].endswith(row["filename"])


def test_filters(api: Client, build: Build) -> None:
    url = f"{path(build)}/artifacts"
    pictures = api.walk(url + "?path=shots/*.png")
    assert pictures
    assert {row["mime_type"] for row in pictures} == {"image/png"}
    assert len(api.walk(url + "?path=report.html")) == 2
    states = [row["state"] for row in api.walk(url)]
    assert len(api.walk(url, state="finished")) == states.count("finished") > 0
    assert api.walk(url, state="deleted") == []
    assert api.get(url, state="lost").status_code == 422


def point(api: Client, row: dict[str, Any]) -> requests.Response:
    return api.request("GET", row["download_url"], allow_redirects=False)


def download(api: Client, row: dict[str, Any]) -> requests.Response:
    answer = point(api, row)
    assert answer.status_code == 302
    assert answer.json() == {"url": answer.headers["Location"]}
    return requests.get(answer.headers["Location"], timeout=5)


@pytest.fixture
def rows(api: Client, build: Build) -> list[dict[str, Any]]:
    return api.walk(f"{path(build)}/artifacts", state="finished")


def test_downloads_are_what_was_promised(api: Client, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        got = download(api, row)
        assert got.headers["Content-Type"].split(";")[0] == row["mime_type"]
        assert len(got.content) == row["file_size"] == int(got.headers["Content-Length"])
        assert hashlib.sha1(got.content).hexdigest() == row["sha1sum"]
    assert api.simulator.leaked_tokens == []


def test_the_storage_host_is_another_origin_and_notes_tokens(
    api: Client, rows: list[dict[str, Any]]
) -> None:
    url = point(api, rows[0]).headers["Location"]
    assert url.startswith(api.simulator.storage_url)
    assert not url.startswith(api.simulator.base_url.removesuffix("/v2"))
    api.get(url)
    (leak,) = api.simulator.leaked_tokens
    assert leak.headers["authorization"] == f"Bearer {api.simulator.token}"
    assert not any(seen.path.startswith("/signed") for seen in api.simulator.requests)


def test_signed_urls_expire_and_cannot_be_made_up(
    api: Client, rows: list[dict[str, Any]], clock: ManualClock
) -> None:
    url = point(api, rows[0]).json()["url"]
    assert requests.get(url + "0", timeout=5).status_code == 403
    clock.advance(seconds=59)
    assert requests.get(url, timeout=5).status_code == 200
    clock.advance(seconds=2)
    assert requests.get(url, timeout=5).status_code == 403
    api.simulator.switches.artifact_bucket = "public"
    url = point(api, rows[0]).json()["url"]
    clock.advance(hours=5)
    assert "?" not in url
    assert requests.get(url, timeout=5).status_code == 200


def test_the_rest_of_a_file(api: Client, job: Job) -> None:
    api.simulator.world.plant_artifact(job, "big.bin", b"0123456789" * 20_000)
    (row,) = api.walk(f"/organizations/acme/jobs/{job.id}/artifacts?path=big.bin")
    url = point(api, row).json()["url"]

    def rest(start: int) -> requests.Response:
        return requests.get(url, headers={"Range": f"bytes={start}-"}, timeout=5)

    got = rest(150_003)
    assert got.status_code == 206
    assert got.headers["Content-Range"] == "bytes 150003-199999/200000"
    assert got.content == (b"0123456789" * 20_000)[150_003:]
    assert rest(0).status_code == 200
    beyond = rest(200_000)
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */200000")
    api.simulator.switches.storage_ranges = "ignored"
    assert (rest(150_003).status_code, len(rest(150_003).content)) == (200, 200_000)


def test_planted_artifacts(api: Client, job: Job) -> None:
    world = api.simulator.world
    world.plant_artifact(job, "big.bin", 300_000, mime_type="x/y")
    world.plant_artifact(job, "broken.bin", b"", state="error")
    rows = api.walk(f"/organizations/acme/jobs/{job.id}/artifacts?path=b*.bin")
    big, broken = rows
    assert (big["file_size"], big["mime_type"], big["dirname"]) == (300_000, "x/y", ".")
    assert download(api, big).content == bytes(300_000)
    assert broken["state"] == "error"
    assert api.get(broken["download_url"]).status_code == 404


def test_hostile_names(api: Client, build: Build) -> None:
    api.simulator.world.plant_hostile(build)
    rows = {row["path"]: row for row in api.walk(f"{path(build)}/artifacts", per_page=100)}
    assert set(rows) >= set(HOSTILE_PATHS)
    for name in HOSTILE_PATHS:
        assert download(api, rows[name]).content == name.encode()


def test_deleted_artifacts_vanish(api: Client, rows: list[dict[str, Any]], build: Build) -> None:
    gone = rows[0]
    assert api.request("DELETE", gone["url"]).status_code == 204
    assert api.get(gone["url"]).status_code == 404
    assert gone not in api.walk(f"{path(build)}/artifacts")
    assert api.request("DELETE", gone["url"]).status_code == 404


def test_artifacts_expire(api: Client, build: Build, clock: ManualClock) -> None:
    clock.advance(days=91)
    rows = api.walk(f"{path(build)}/artifacts")
    assert {row["state"] for row in rows} - {"error"} == {"expired"}
    assert api.get(rows[0]["download_url"]).status_code == 404
    api.simulator.switches.expired_artifacts_listed = False
    assert {row["state"] for row in api.walk(f"{path(build)}/artifacts")} <= {"error"}


def test_scopes_needed(api: Client, rows: list[dict[str, Any]], build: Build) -> None:
    reader = api.simulator.add_token(scopes=["read_artifacts"])
    other = api.simulator.add_token(scopes=["read_builds"])
    for url in (f"{path(build)}/artifacts", rows[0]["url"]):
        assert api.get(url, token=reader).status_code == 200
        assert api.get(url, token=other).status_code == 403
    assert api.request("DELETE", rows[0]["url"], token=reader).status_code == 403
