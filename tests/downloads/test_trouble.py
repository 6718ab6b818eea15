"""The storage host breaks off, expires, lies or points elsewhere; the disk is full."""

import dataclasses
import errno
import hashlib
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.client import Retries
from buildkite_source.downloads import Artifact, Status, fetch
from buildkite_source.downloads.claims import claimed
from buildkite_source.downloads.names import partial_name
from tests.client.server import Reply, ScriptedServer

from .conftest import Shop, counts

BIG = os.urandom(900_000)
DOWNLOADED, FAILED, LEFT = Status.DOWNLOADED, Status.FAILED, Status.LEFT


@pytest.fixture
def big(shop: Shop) -> Artifact:
    shop.plant("big.bin", BIG)
    (artifact,) = shop.listed()
    return artifact


@pytest.fixture
def storage(shop: Shop) -> Iterator[ScriptedServer]:
    """A storage host that answers by script; the API points to it."""
    scripted = ScriptedServer()
    shop.simulator.faults.add(
        kind="redirect", match="/download", location=f"{scripted.origin}/x?sign=1", times=None
    )
    yield scripted
    scripted.close()


def starts(shop: Shop) -> list[int]:
    """From which byte on each request to the storage wanted the content."""
    asked = [request.headers.get("range") for request in shop.simulator.storage_requests]
    return [int(each.removeprefix("bytes=").removesuffix("-")) if each else 0 for each in asked]


def cut(shop: Shop, keep: float = 0.5, **more: Any) -> None:
    shop.simulator.faults.add(
        kind="truncate", match="/signed", keep=keep, claim_full_length=True, **more
    )


def partials(shop: Shop) -> list[Path]:
    return list(shop.target.rglob("*.part"))


@pytest.mark.parametrize("claim", [True, False], ids=["broken off", "ended early"])
def test_a_content_that_breaks_off_is_continued(shop: Shop, big: Artifact, claim: bool) -> None:
    shop.simulator.faults.add(
        kind="truncate", match="/signed", keep=0.5, claim_full_length=claim, times=2
    )
    report = shop.download([big])
    assert counts(report) == {DOWNLOADED: 1}
    assert shop.files() == {"big.bin": BIG}
    _, second, third = starts(shop)
    assert 400_000 < second <= 450_000 < 600_000 < third <= 675_000
    assert report.bytes == len(BIG)
    assert report.requests == 1


def test_a_reset_is_tried_again(shop: Shop, big: Artifact) -> None:
    shop.simulator.faults.add(kind="reset", match="/signed")
    shop.simulator.faults.add(kind="status", match="/signed", status=503)
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert shop.fetched == 3


def test_the_next_run_continues_what_this_one_could_not_finish(shop: Shop, big: Artifact) -> None:
    shop.retries = Retries(attempts=1)
    cut(shop, keep=0.75)
    report = shop.download([big])
    assert counts(report) == {FAILED: 1}
    assert "cut off" in report.problems[0].reason or "failed" in report.problems[0].reason
    (partial,) = partials(shop)
    arrived = partial.read_bytes()
    assert len(arrived) > 600_000
    assert BIG.startswith(arrived)
    assert [path.name for path in shop.target.rglob("big*")] == []
    report = shop.download([big])
    assert counts(report) == {DOWNLOADED: 1}
    assert starts(shop)[-1] == len(arrived)
    assert report.bytes == len(BIG) - len(arrived)
    assert shop.files() == {"big.bin": BIG}


KILLED = """
import os, signal, sys
from buildkite_source.client import BuildkiteSession
from buildkite_source.downloads import Artifact, download, fetch

token, url, target, *fields = sys.argv[1:]
take = fetch.Fetcher._take

def dying(self, artifact, block, file):
    take(self, artifact, block, file)
    if file.tell() > 500_000:
        os.kill(os.getpid(), signal.SIGKILL)

fetch.Fetcher._take = dying
organization, pipeline, number, job, key, path, size, sha1sum = fields
artifact = Artifact(organization, pipeline, int(number), job, key, path, int(size), sha1sum)
download(BuildkiteSession(token, url), [artifact], target)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_killed_run_is_continued_by_the_next(shop: Shop, big: Artifact) -> None:
    fields = [str(getattr(big, each.name)) for each in dataclasses.fields(big)][:-1]
    place = (shop.simulator.token, shop.simulator.base_url, str(shop.target))
    command = [sys.executable, "-c", KILLED, *place, *fields]
    assert subprocess.run(command, timeout=60).returncode == -signal.SIGKILL
    (partial,) = partials(shop)
    arrived = partial.read_bytes()
    assert len(arrived) > 500_000
    assert BIG.startswith(arrived)
    report = shop.download([big])
    assert counts(report) == {DOWNLOADED: 1}
    assert report.bytes == len(BIG) - len(arrived)
    assert shop.files() == {"big.bin": BIG}


def test_without_ranges_it_begins_anew(shop: Shop, big: Artifact) -> None:
    shop.simulator.switches.storage_ranges = "ignored"
    cut(shop)
    report = shop.download([big])
    assert counts(report) == {DOWNLOADED: 1}
    first, second = starts(shop)
    assert (first, second > 400_000) == (0, True)
    assert shop.files() == {"big.bin": BIG}
    assert report.bytes == len(BIG) + second


def test_a_part_that_was_not_asked_for_is_not_appended(
    shop: Shop, big: Artifact, storage: ScriptedServer
) -> None:
    shop.retries = Retries(attempts=4)
    part = {"Content-Range": "bytes 0-899999/900000"}
    storage.replies(
        Reply(body=BIG[:300_000], headers={"Content-Type": "x/y"}),
        Reply(status=206, body=BIG, headers=part),
        Reply(body=BIG),
    )
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert [asked.headers["Range"] for asked in storage.asked] == [None, "bytes=300000-", None]


def test_a_run_that_was_killed_before_the_rename_costs_no_request(
    shop: Shop, big: Artifact
) -> None:
    shop.download([big])
    (whole,) = shop.target.rglob("big.bin")
    whole.rename(whole.with_name(partial_name(big)))
    shop.simulator.reset_requests()
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert shop.asked == 0
    assert shop.files() == {"big.bin": BIG}


@pytest.mark.parametrize("length", [5, 900_000, 900_001], ids=["start", "whole", "too long"])
def test_a_partial_file_of_something_else_is_begun_anew(
    shop: Shop, big: Artifact, length: int
) -> None:
    shop.plant("other.bin")
    shop.download(shop.listed()[1:])
    (other,) = shop.target.rglob("other.bin")
    other.with_name(partial_name(big)).write_bytes(bytes(length))
    shop.simulator.reset_requests()
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert shop.files()["big.bin"] == BIG
    assert partials(shop) == []


def test_an_expired_address_is_asked_for_again(shop: Shop, big: Artifact) -> None:
    clock = shop.simulator.world.clock
    late = iter([True])

    def wait(request: Any) -> None:
        if request.origin == "storage" and next(late, False):
            clock.advance(seconds=90)

    shop.simulator.before_response(wait)
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert [request.status for request in shop.simulator.storage_requests] == [403, 200]
    assert shop.asked == 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_is_refused_again_is_a_failure(
    shop: Shop, big: Artifact, status: int
) -> None:
    shop.plant("b.txt")
    fault = {"kind": "status", "match": big.id + "?", "status": status, "times": None}
    shop.simulator.faults.add(**fault)
    report = shop.download([big, *shop.listed()[1:]])
    assert counts(report) == {FAILED: 1, DOWNLOADED: 1}
    assert str(status) in report.problems[0].reason
    assert "X-Signature" not in repr(report)
    assert shop.asked == 3


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sha1sum": "0" * 40}, id="sha1"),
        pytest.param({"file_size": 899_999}, id="too long"),
        pytest.param({"file_size": 900_001}, id="too short"),
        pytest.param({"file_size": 900_001, "sha1sum": None}, id="too short, no sha1"),
        pytest.param({"file_size": 0}, id="not empty"),
    ],
)
def test_wrong_content_never_gets_a_name(
    shop: Shop, big: Artifact, changes: dict[str, Any]
) -> None:
    shop.plant("b.txt")
    wrong = replace(big, **changes)
    report = shop.download([wrong, *shop.listed()[1:]])
    assert counts(report) == {FAILED: 1, DOWNLOADED: 1}
    assert "the API says" in report.problems[0].reason
    assert set(shop.files()) == {"b.txt"}
    assert shop.asked <= 2


def test_the_storage_may_send_on_and_compress(
    shop: Shop, big: Artifact, storage: ScriptedServer
) -> None:
    elsewhere = ScriptedServer()
    elsewhere.replies(Reply(body=BIG, gzipped=True))
    storage.replies(Reply(status=307, headers={"Location": f"{elsewhere.origin}/y"}))
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    for asked in (*storage.asked, *elsewhere.asked):
        assert asked.headers["Authorization"] is None
        assert asked.headers["Accept-Encoding"] == "identity"
    assert shop.files() == {"big.bin": BIG}
    elsewhere.close()


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[broken"])
def test_an_address_that_is_none_of_the_web_is_refused(
    shop: Shop, big: Artifact, location: str
) -> None:
    shop.simulator.faults.add(kind="redirect", match="/download", location=location)
    report = shop.download([big])
    assert counts(report) == {FAILED: 1}
    assert partials(shop) == []


def test_a_circle_of_storage_hosts_ends(shop: Shop, big: Artifact, storage: ScriptedServer) -> None:
    storage.replies(Reply(status=302, headers={"Location": "{origin}/x"}))
    assert "circle" in shop.download([big]).problems[0].reason
    assert len(storage.asked) <= 10


def test_a_full_disk_ends_the_run_and_keeps_what_has_arrived(
    shop: Shop, big: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.plant("b.txt")
    artifacts = shop.listed()

    class FullDisk:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, block: bytes) -> int:
            if self.file.tell() >= 400_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(block)

    copy = fetch.Fetcher._copy

    def filling(self: Any, one: Artifact, address: str, file: Any) -> None:
        copy(self, one, address, FullDisk(file))

    with monkeypatch.context() as patch:
        patch.setattr(fetch.Fetcher, "_copy", filling)
        report = shop.download(artifacts)
    assert counts(report) == {FAILED: 1, LEFT: 1}
    assert "No space left" in report.ended
    (partial,) = partials(shop)
    assert partial.stat().st_size >= 400_000
    report = shop.download(artifacts)
    assert counts(report) == {DOWNLOADED: 2}
    assert report.bytes < 520_000


def test_a_target_that_takes_nothing_costs_no_request(shop: Shop, big: Artifact) -> None:
    shop.target.write_text("a file")
    report = shop.download([big])
    assert counts(report) == {FAILED: 1}
    assert "target" in report.problems[0].reason
    assert shop.asked == 0


def test_a_file_where_a_folder_belongs_stops_nothing_else(shop: Shop) -> None:
    shop.plant("a", b"file")
    shop.download()
    shop.plant("a/b", b"below")
    shop.plant("c", b"c")
    report = shop.download(shop.listed()[1:])
    assert counts(report) == {FAILED: 1, DOWNLOADED: 1}
    assert shop.files() == {"a": b"file", "c": b"c"}


def test_a_link_in_the_target_is_not_followed(shop: Shop, big: Artifact, tmp_path: Path) -> None:
    shop.download([big])
    (whole,) = shop.target.rglob("big.bin")
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    whole.unlink()
    whole.symlink_to(victim)
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert victim.read_bytes() == b"precious"


def test_two_processes_do_not_write_one_partial_file(shop: Shop, big: Artifact) -> None:
    shop.plant("b.txt")
    shop.download(shop.listed()[1:])
    (other,) = shop.target.rglob("b.txt")
    with claimed(other.with_name(partial_name(big))):
        report = shop.download([big])
        assert other.with_name(partial_name(big)).exists()
    assert "Another process" in report.problems[0].reason
    assert counts(shop.download([big])) == {DOWNLOADED: 1}


def test_a_stop_in_the_middle_keeps_what_has_arrived(
    shop: Shop, big: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = shop.session()
    take = fetch.Fetcher._take

    def stopping(self: Any, artifact: Artifact, block: bytes, file: Any) -> None:
        if file.tell() > 300_000:
            session.stop()
        take(self, artifact, block, file)

    with monkeypatch.context() as patch:
        patch.setattr(fetch.Fetcher, "_take", stopping)
        report = shop.download([big], session=session)
    assert counts(report) == {LEFT: 1}
    (partial,) = partials(shop)
    arrived = partial.read_bytes()
    assert len(arrived) > 300_000
    assert BIG.startswith(arrived)
    assert counts(shop.download([big])) == {DOWNLOADED: 1}
    assert starts(shop)[-1] == len(arrived)


def test_memory_does_not_grow_with_the_file(shop: Shop) -> None:
    shop.plant("huge.bin", 64 << 20)
    artifacts = shop.listed()
    tracemalloc.start()
    report = shop.download(artifacts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts(report) == {DOWNLOADED: 1}
    assert peak < 16 << 20
    (content,) = shop.target.rglob("huge.bin")
    assert hashlib.sha1(content.read_bytes()).hexdigest() == artifacts[0].sha1sum
