import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig
from buildkite_simulator.world.model import Build, Job

from .conftest import Client

MARK = re.compile(rb"\x1b_bk;t=(\d{13})\x07")
STEPS = (
    Step(key="test", label=":test_tube: Test", minutes=10, artifact_paths="a/*.png"),
    Step("waiter"),
    Step(key="later", minutes=1),
)


@pytest.fixture
def build(simulator: Simulator, clock: ManualClock) -> Build:
    simulator.world.add_pipeline("acme", "lib", STEPS)
    made = simulator.world.create_build("acme", "lib", outcomes={"test": "failed"})
    clock.advance(hours=1)
    return made


@pytest.fixture
def job(build: Build) -> Job:
    return next(build.attempts())


def log_url(job: Job, ending: str = "") -> str:
    return f"/organizations/acme/jobs/{job.id}/log{ending}"


def fetch(
    api: Client, url: str, method: str = "GET", token: str | None = None, **headers: str
) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    names["Authorization"] = f"Bearer {token or api.simulator.token}"
    return requests.request(method, api.simulator.base_url + url, headers=names, timeout=30)


def test_json_is_the_default_form(api: Client, job: Job) -> None:
    told = fetch(api, log_url(job)).json()
    log = api.simulator.world.log(job)
    assert log is not None
    assert set(told) == {"url", "content", "size", "header_times"}
    assert told["content"] == log.whole().decode(errors="replace")
    assert (told["size"], told["header_times"]) == (len(log.whole()), [])
    build = job.build
    under_build = f"/organizations/acme/pipelines/lib/builds/{build.number}/jobs/{job.id}/log"
    assert fetch(api, under_build).json() == told
    assert told["url"] == api.simulator.base_url + under_build
    api.simulator.switches.log_header_times = "absent"
    assert "header_times" not in fetch(api, log_url(job)).json()


def test_text_forms(api: Client, job: Job) -> None:
    api.simulator.world.plant_log(job, b"caf\xe9\r\n")
    by_ending = fetch(api, log_url(job, ".txt"))
    by_accept = fetch(api, log_url(job), Accept="text/plain")
    assert by_ending.content == by_accept.content == "caf\ufffd\r\n".encode()
    assert by_ending.headers["Content-Type"].startswith("text/plain")
    api.simulator.switches.log_text_normalised = False
    assert fetch(api, log_url(job, ".txt")).content == b"caf\xe9\r\n"


def test_html_forms(api: Client, job: Job) -> None:
    content = b"\x1b_bk;t=1785556800120\x07\x1b[32m<b>ok</b>\x1b[0m 1%\r2%\r\r\n"
    api.simulator.world.plant_log(job, content)
    by_ending = fetch(api, log_url(job, ".html"))
    assert by_ending.content == fetch(api, log_url(job), Accept="text/html").content == b"2%\n"
    api.simulator.world.plant_log(job, content.replace(b" 1%\r2%", b""))
    assert fetch(api, log_url(job, ".html")).text == "&lt;b&gt;ok&lt;/b&gt;\n"


def test_byte_format(api: Client, job: Job) -> None:
    log = api.simulator.world.log(job)
    assert log is not None
    content = log.whole()
    lines = content.split(b"\n")[:-1]
    broken = [line for line in lines if not MARK.match(line)]
    assert len(broken) <= 2
    times = [int(found) for found in MARK.findall(content)]
    assert times == sorted(times)
    assert times[0] == job.started
    assert times[-1] <= (job.finished or 0)
    assert all(line.endswith(b"\r") for line in lines)
    assert sum(line.endswith(b"\r\r") for line in lines) > len(lines) / 2
    assert max(len(MARK.findall(line)) for line in lines) > 3
    bare = [MARK.sub(b"", line) for line in lines]
    for opening in (b"~~~ ", b"--- ", b"+++ ", b"^^^ +++", b"--- a/", b"+++ b/"):
        assert any(line.startswith(opening) for line in bare), opening
    for part in (b"\x1b[K", b"\x1b[31m", b"\x1b[90m$\x1b[0m ", b"[REDACTED]", b"\x1b]1339;url="):
        assert part in content, part


def test_head_tells_the_raw_size(api: Client, job: Job) -> None:
    api.simulator.world.plant_log(job, b"caf\xe9\r\n" * 1_000)
    head = fetch(api, log_url(job), "HEAD", Accept_Encoding="gzip")
    assert head.status_code == 200
    assert head.headers["Content-Length"] == "6000"
    assert head.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in head.headers
    assert head.content == b""


@pytest.mark.parametrize(("asked", "got"), [(4, 4), (6, 6), (99, 6)])
def test_suffix_ranges(api: Client, job: Job, asked: int, got: int) -> None:
    api.simulator.world.plant_log(job, b"caf\xe9\r\n")
    tail = fetch(api, log_url(job), Accept="text/plain", Range=f"bytes=-{asked}")
    assert tail.status_code == 206
    assert tail.content == b"caf\xe9\r\n"[-asked:]
    assert tail.headers["Content-Range"] == f"bytes {6 - got}-5/6"
    assert tail.headers["Content-Length"] == str(got)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/json", "bytes=-5"),
        ("text/html", "bytes=-5"),
        ("text/plain", "bytes=0-5"),
        ("text/plain", "bytes=5-"),
        ("text/plain", "bytes=-5,-6"),
        ("text/plain", "bytes=-0"),
    ],
)
def test_other_ranges_are_refused(api: Client, job: Job, accept: str, wanted: str) -> None:
    refused = fetch(api, log_url(job), Accept=accept, Range=wanted)
    assert refused.status_code == 400
    assert refused.json()["message"]


def test_empty_logs(api: Client, job: Job) -> None:
    api.simulator.world.plant_log(job, b"")
    assert fetch(api, log_url(job)).json()["content"] == ""
    assert fetch(api, log_url(job), "HEAD").headers["Content-Length"] == "0"
    tail = fetch(api, log_url(job), Accept="text/plain", Range="bytes=-5")
    assert tail.status_code == 416


def test_absent_and_deleted_logs(api: Client, job: Job, build: Build) -> None:
    waiter, later = list(build.attempts())[1:3]
    for absent in (waiter, later):
        for form in ("", ".txt", ".html"):
            assert fetch(api, log_url(absent, form)).status_code == 404
        assert fetch(api, log_url(absent), "HEAD").status_code == 404
    assert fetch(api, log_url(job), "DELETE").status_code == 204
    assert fetch(api, log_url(job)).status_code == 404
    assert fetch(api, log_url(job), "HEAD").status_code == 404
    api.simulator.switches.deleted_log = "empty"
    assert fetch(api, log_url(job)).json()["size"] == 0


def test_logs_only_grow(api: Client, clock: ManualClock) -> None:
    world = api.simulator.world
    running = next(world.create_build("acme", "web").attempts())
    seen = b""
    for step in range(40):
        log = world.log(running)
        now = log.whole() if log else b""
        assert now.startswith(seen)
        assert len(now) == (log.size if log else 0)
        seen = now
        clock.advance(seconds=5)
        if step == 12:
            world.cancel_build(running.build)
    assert b"Received cancellation signal" in seen


def test_large_logs_are_streamed(api: Client, job: Job) -> None:
    size = 12 << 20
    api.simulator.world.plant_log(job, size=size)
    head = fetch(api, log_url(job), "HEAD")
    whole = int(head.headers["Content-Length"])
    assert size <= whole < size + 20_000
    got = fetch(api, log_url(job, ".txt"), Accept_Encoding="identity")
    assert len(got.content) == whole
    for length in (1, 5_000, 3_000_000):
        tail = fetch(api, log_url(job), Accept="text/plain", Range=f"bytes=-{length}")
        assert tail.content == got.content[-length:]
    packed = fetch(api, log_url(job, ".txt"), Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == got.content
    told = fetch(api, log_url(job)).json()
    assert told["size"] == whole
    assert told["content"] == got.text
    times = [int(found) for found in MARK.findall(got.content)]
    assert times == sorted(times)


def test_logs_can_be_read_from_any_offset(job: Job, simulator: Simulator) -> None:
    rng = Random(1)
    for size in (0, 50_000, 300_000):
        simulator.world.plant_log(job, size=size)
        log = simulator.world.log(job)
        assert log is not None
        whole = log.whole()
        assert len(whole) == log.size >= size
        for start in (0, 1, log.size - 1, log.size, *(rng.randrange(log.size) for _ in range(60))):
            assert b"".join(log.read(start)) == whole[start:]


def test_large_logs_can_break_off(api: Client, job: Job) -> None:
    api.simulator.world.plant_log(job, size=3 << 20)
    api.simulator.faults.add(match="/log", kind="truncate", claim_full_length=True)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        fetch(api, log_url(job, ".txt"))


@pytest.fixture
def padded(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(WorldConfig.empty().but(log_bytes=2 << 20), clock=clock) as running:
        running.world.add_queue(running.world.organization("acme"), "old", plain_logs=True)
        running.world.add_pipeline("acme", "lib", [Step(key="test", queue="old", minutes=3)])
        yield running


def test_padded_logs_grow_and_old_agents_mark_no_times(
    padded: Simulator, clock: ManualClock
) -> None:
    job = next(padded.world.create_build("acme", "lib").attempts())
    seen, sizes = b"", set()
    for _ in range(60):
        log = padded.world.log(job)
        now = log.whole() if log else b""
        assert now.startswith(seen)
        seen = now
        sizes.add(len(now))
        clock.advance(seconds=6)
    assert len(sizes) > 15
    assert len(seen) >= 2 << 20
    assert not MARK.search(seen)
    told: dict[str, Any] = fetch(Client(padded), log_url(job)).json()
    headers = [line for line in seen.split(b"\n") if line[:4] in (b"~~~ ", b"--- ", b"+++ ")]
    assert len(told["header_times"]) == len(headers)
    assert told["header_times"][0] == (job.started or 0) * 1_000_000


def test_environment(api: Client, build: Build, job: Job) -> None:
    url = f"/organizations/acme/jobs/{job.id}/env"
    told = api.get(url).json()
    assert set(told) == {"env"}
    assert told["env"]["BUILDKITE_JOB_ID"] == job.id
    assert all(isinstance(value, str) for value in told["env"].values())
    text = api.get(url + ".txt").text.splitlines()
    assert f"BUILDKITE_BUILD_ID={build.id}" in text
    assert (
        api.get(f"/organizations/acme/jobs/{list(build.attempts())[1].id}/env").status_code == 404
    )


def test_scopes_needed(api: Client, job: Job) -> None:
    for url, scope in (
        (log_url(job), "read_build_logs"),
        (log_url(job, ".txt"), "read_build_logs"),
        (f"/organizations/acme/jobs/{job.id}/env", "read_job_env"),
    ):
        assert fetch(api, url, token=api.simulator.add_token(scopes=[scope])).status_code == 200
        refused = fetch(api, url, token=api.simulator.add_token(scopes=["read_builds"]))
        assert refused.status_code == 403
        assert scope in refused.json()["message"]
    reader = api.simulator.add_token(scopes=["read_build_logs"])
    assert fetch(api, log_url(job), "DELETE", token=reader).status_code == 403
