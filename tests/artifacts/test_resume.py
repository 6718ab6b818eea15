"""Contents that break off, now or in an earlier run, and are continued."""

import dataclasses
import signal
import subprocess
import sys
from typing import Any

import pytest

from buildkite_source.artifacts import Artifact, Status, fetch
from buildkite_source.artifacts.claims import claimed
from buildkite_source.artifacts.names import partial_name
from buildkite_source.client import Retries
from tests.client.server import Reply, ScriptedServer

from .conftest import BIG, Shop, counts, partials

DOWNLOADED, FAILED, LEFT = Status.DOWNLOADED, Status.FAILED, Status.LEFT


def starts(shop: Shop) -> list[int]:
    """From which byte on each request to the storage wanted the content."""
    asked = [request.headers.get("range") for request in shop.simulator.storage_requests]
    return [int(each.removeprefix("bytes=").removesuffix("-")) if each else 0 for each in asked]


def cut(shop: Shop, keep: float = 0.5, **more: Any) -> None:
    shop.simulator.faults.add(
        kind="truncate", match="/signed", keep=keep, claim_full_length=True, **more
    )


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
from buildkite_source.artifacts import Artifact, download, fetch

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
