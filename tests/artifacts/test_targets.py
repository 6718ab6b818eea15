"""Targets that are no local folder."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from buildkite_source.artifacts import Status
from buildkite_source.client import Retries

from .conftest import Shop, counts

DOWNLOADED, PRESENT, FAILED = Status.DOWNLOADED, Status.PRESENT, Status.FAILED


@pytest.fixture
def memory() -> Iterator[dict[str, Any]]:
    """The store of fsspec's memory file system, empty."""
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    yield MemoryFileSystem.store
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def contents(store: dict[str, Any]) -> dict[str, bytes]:
    return {name.rpartition("/")[2]: file.getvalue() for name, file in store.items()}


def test_files_arrive_and_are_not_fetched_again(shop: Shop, memory: dict[str, Any]) -> None:
    shop.plant("a.txt", b"hello")
    shop.plant("b/c.txt", b"x" * 100_000)
    report = shop.download(target="memory://bucket/ci")
    assert counts(report) == {DOWNLOADED: 2}
    assert contents(memory) == {"a.txt": b"hello", "c.txt": b"x" * 100_000}
    assert all(name.startswith("/bucket/ci/acme/web/") for name in memory)
    shop.simulator.reset_requests()
    for trust_size in (False, True):
        report = shop.download(target="memory://bucket/ci", trust_size=trust_size)
        assert counts(report) == {PRESENT: 2}
    assert (shop.asked, shop.fetched) == (0, 0)
    assert not shop.target.exists()


def test_hostile_names_stay_below_the_target(shop: Shop, memory: dict[str, Any]) -> None:
    shop.simulator.world.plant_hostile(shop.build)
    artifacts = shop.listed()
    report = shop.download(artifacts, target="memory://bucket/ci")
    assert counts(report) == {DOWNLOADED: len(artifacts)}
    assert len(memory) == len(artifacts)
    owner = f"/bucket/ci/acme/web/{shop.build.number}/{shop.job.id}/"
    assert all(name.startswith(owner) for name in memory)
    assert counts(shop.download(artifacts, target="memory://bucket/ci")) == {
        PRESENT: len(artifacts)
    }


def test_other_content_is_left_alone(shop: Shop, memory: dict[str, Any]) -> None:
    shop.plant("a.txt", b"hello")
    shop.download(target="memory://bucket")
    (name,) = memory
    fsspec.filesystem("memory").pipe_file(name, b"jello")
    assert counts(shop.download(target="memory://bucket")) == {DOWNLOADED: 1}
    assert sorted(contents(memory).values()) == [b"hello", b"jello"]
    assert counts(shop.download(target="memory://bucket")) == {PRESENT: 1}


def test_a_scratch_folder_lets_the_next_run_continue(
    shop: Shop, memory: dict[str, Any], tmp_path: Path
) -> None:
    shop.retries = Retries(attempts=1)
    shop.plant("big.bin", 900_000)
    shop.simulator.faults.add(kind="truncate", match="/signed", claim_full_length=True)
    scratch = tmp_path / "scratch"
    assert counts(shop.download(target="memory://bucket", scratch=scratch)) == {FAILED: 1}
    assert memory == {}
    (partial,) = scratch.iterdir()
    arrived = partial.stat().st_size
    assert arrived > 400_000
    report = shop.download(target="memory://bucket", scratch=scratch)
    assert counts(report) == {DOWNLOADED: 1}
    assert report.bytes == 900_000 - arrived
    assert list(scratch.iterdir()) == []
    assert contents(memory) == {"big.bin": bytes(900_000)}


class FullBucket(MemoryFileSystem):
    """A file system whose library raises errors of its own."""

    protocol = "fullbucket"
    refuses = "b.txt"

    def put_file(self, lpath: str, rpath: str, **more: Any) -> None:
        if self.refuses in rpath:
            raise RuntimeError("QuotaExceeded:\n the bucket is full")
        super().put_file(lpath, rpath, **more)


class Renaming(FullBucket):
    """A file system that renames."""

    protocol = "renaming"

    def mv(self, path1: str, path2: str, **more: Any) -> None:
        assert path1.endswith(".part")
        self.store[path2] = self.store.pop(path1)


fsspec.register_implementation("fullbucket", FullBucket, clobber=True)
fsspec.register_implementation("renaming", Renaming, clobber=True)


def test_an_error_of_a_library_stops_nothing_else(
    shop: Shop, memory: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        shop.plant(name, name.encode())
    scratch = tmp_path / "scratch"
    report = shop.download(target="fullbucket://x", scratch=scratch)
    assert counts(report) == {DOWNLOADED: 2, FAILED: 1}
    assert "RuntimeError: QuotaExceeded: the bucket is full" in report.problems[0].reason
    assert len(list(scratch.iterdir())) == 1
    FullBucket.refuses = "nothing"
    shop.simulator.reset_requests()
    assert counts(shop.download(target="fullbucket://x", scratch=scratch)) == {
        PRESENT: 2,
        DOWNLOADED: 1,
    }
    assert shop.asked == 0
    FullBucket.refuses = "b.txt"


def test_where_files_can_be_renamed_they_are_put_aside_first(
    shop: Shop, memory: dict[str, Any]
) -> None:
    shop.plant("a.txt", b"hello")
    assert counts(shop.download(target="renaming://x")) == {DOWNLOADED: 1}
    assert contents(memory) == {"a.txt": b"hello"}


def test_a_file_url_is_a_local_folder(shop: Shop) -> None:
    shop.plant("a.txt", b"hello")
    assert counts(shop.download(target=shop.target.as_uri())) == {DOWNLOADED: 1}
    assert shop.files() == {"a.txt": b"hello"}


def test_a_full_disk_of_the_scratch_folder_is_told_as_such(
    shop: Shop, memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.plant("a.txt", b"hello")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("buildkite_source.artifacts.fetch.os.fsync", full)
    report = shop.download(target="memory://bucket")
    assert counts(report) == {FAILED: 1}
    assert "No space left" in report.ended
