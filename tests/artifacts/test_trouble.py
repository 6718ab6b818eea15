"""The storage expires, lies or points elsewhere; the target takes nothing."""

import errno
import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.artifacts import Artifact, Status, fetch
from tests.client.server import Reply, ScriptedServer

from .conftest import BIG, Shop, counts, partials

DOWNLOADED, FAILED, LEFT = Status.DOWNLOADED, Status.FAILED, Status.LEFT


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
