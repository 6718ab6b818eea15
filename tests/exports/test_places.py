"""Exports in a bucket, and tables in other destinations than DuckDB."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dlt
import pytest

from buildkite_source.buckets import BucketError, NoObjectError, Store, open_store
from buildkite_source.buckets.folder import Folder
from buildkite_source.settings import SECTIONS
from buildkite_source.warehouse.stored import rows_for
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli
from tests.destinations.bucket import KEY, REGION, SECRET, S3Server
from tests.destinations.conftest import postgres
from tests.destinations.server import PostgresServer
from tests.source.conftest import PRESENT

from .conftest import Exports

__all__ = ["cli", "postgres", "without_views"]
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def bucket(exports: Exports, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with the same exports, which dlt's configuration has the credentials of."""
    exports.forget()
    url = s3.bucket()
    client = s3._client()
    for file in exports.files():
        key = str(file.relative_to(exports.folder))
        client.upload_file(str(file), url.removeprefix("s3://"), key)
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "ENDPOINT_URL": s3.url,
        "REGION_NAME": REGION,
    }.items():
        monkeypatch.setenv(f"{_PREFIX}EXPORTS__CREDENTIALS__{name}", value)
    return url


@pytest.mark.slow
def test_a_bucket_is_read_as_a_folder_is(exports: Exports, bucket: str, cli: Cli) -> None:
    cli.secrets.append(SECRET)
    run = cli.loads("exports", bucket, "--logs", "all")
    assert f"from {bucket}" in run.out
    for table, pattern in (
        ("builds", "build.json.gz"),
        ("jobs", "job-*.json.gz"),
        ("job_logs", "job-*.log"),
    ):
        assert cli.count(table) == len(exports.files(pattern)) > 0
    assert "As they were when they were read before" in cli.loads("exports", bucket).out
    assert "no-such-bucket" in cli.fails("exports", "s3://no-such-bucket")


def told_by(store: Store) -> object:
    """Return what a store that holds exports says of them, in every way of asking."""
    level = store.level("buildkite/build-exports/")
    stored = sorted((one.key, one.size) for one in store.below("buildkite/"))
    key, size = stored[0]
    opened = store.open(key, 10)
    with pytest.raises(NoObjectError, match="nothing"):
        store.read("buildkite/nothing")
    with pytest.raises(NoObjectError, match="nothing"):
        store.open("buildkite/nothing")
    assert store.level("elsewhere/").folders == []
    tail = b"".join(opened.chunks)
    assert (opened.size, store.read(key)[-10:]) == (size, tail)
    assert b"".join(store.open(key).chunks) == store.read(key)
    return level.folders, [one.key for one in level.objects], stored


@pytest.mark.slow
def test_a_bucket_and_a_folder_answer_alike(exports: Exports, bucket: str) -> None:
    assert told_by(open_store(bucket, (*SECTIONS, "exports"))) == told_by(Folder(exports.folder))


@pytest.mark.parametrize("url", ["azure://ci", "s3://", "s3:ci", "nowhere"])
def test_what_is_no_place_is_refused(url: str, workspace: Path) -> None:
    with pytest.raises(BucketError):
        open_store(url, ("sources",))


@pytest.mark.slow
@pytest.mark.parametrize("destination", ["files", "postgres"])
@pytest.mark.parametrize("later", ["api", "export"])
def test_the_newer_version_counts_elsewhere_too(
    exports: Exports, request: pytest.FixtureRequest, destination: str, later: str
) -> None:
    if destination == "files":
        place = dlt.destinations.filesystem((exports.loader.folder / "lake").as_uri())
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        place = dlt.destinations.postgres(server.url)
    pipeline = dlt.pipeline("loader", destination=place, dataset_name=f"ci_{later}")
    world = exports.loader.simulator.world
    api = exports.loader.source(catalog=[])
    pipeline.run(api)
    if later == "export":
        world.clock.advance(timedelta(hours=1))
    told = exports.forget(PRESENT + timedelta(days=1))
    if later == "api":
        world.clock.advance(timedelta(hours=1))
    for _ in range(2):
        source = exports.loader.source(catalog=[], exports_from=str(exports.folder))
        pipeline.run(source.with_resources("build_exports"))
    sql = "SELECT id, loaded_from FROM {}"
    for table in ("builds", "jobs"):
        rows = dict(rows_for(pipeline, sql.format(table)))
        exported = {row["id"] for row in told[table]}
        kept = "api" if later == "api" else "export"
        assert {rows[key] for key in exported} == {kept}
    ((times, folders),) = rows_for(
        pipeline, "SELECT count(*), count(DISTINCT export_key) FROM build_exports"
    )
    assert times == folders == len(told["builds"])


def test_a_bucket_without_credentials_says_where_they_belong(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(workspace))
    with pytest.raises(BucketError) as refused:
        open_store("s3://acme-exports", (*SECTIONS, "exports"))
    assert "[sources.buildkite_source.exports.credentials]" in str(refused.value)
    assert "aws_access_key_id" in str(refused.value)
