from pathlib import Path

import pytest

from buildkite_source.answers.questions import Warehouse
from buildkite_source.tables import BUILDS
from buildkite_source.warehouse.reader import Dataset
from tests.oracle import differences
from tests.reading import from_parquet, parquet_rows
from tests.source.conftest import Loader
from tests.source.seen_twice import load_while_a_build_ends, versions_of

from .conftest import Load


def test_parquet_files_equal_the_world_and_keep_every_version_of_a_row(
    loader: Loader, load_files: Load, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files cannot be merged into: dlt appends, and the row fetched last is the one that counts."""
    pipeline = load_files()
    assert differences(from_parquet(bucket / "ci"), loader.truth()) == []
    once = len(parquet_rows(bucket / "ci", BUILDS))
    assert once == len(loader.truth()["builds"])
    assert len(pipeline.dataset().builds.df()) == once

    build = next(b for b in loader.simulator.world.organizations[0].builds[::-1])
    build.message = "seen again"
    load_files(since="90d")
    rows = parquet_rows(bucket / "ci", BUILDS)
    assert differences(from_parquet(bucket / "ci"), loader.truth()) == []
    assert len(rows) > once
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    warehouse = Warehouse(Dataset("loader", "filesystem", "ci"))
    latest = warehouse.ask("SELECT count(*), count(DISTINCT id) FROM builds").rows
    assert latest.values.tolist() == [[once, once]]
    views = warehouse.ask("SELECT count(*), count(DISTINCT build_id) FROM metric_builds").rows
    ((builds, ids),) = views.values.tolist()
    assert builds == ids > 0


def test_of_two_versions_in_one_load_the_later_one_tells_by_when_it_was_fetched(
    loader: Loader, load_files: Load, bucket: Path
) -> None:
    build = load_while_a_build_ends(loader, load_files)
    versions = [row for row in parquet_rows(bucket / "ci", BUILDS) if row["id"] == build.id]
    versions.sort(key=lambda row: row["fetched_at"])
    # One of the first load, two of the second.
    assert [row["state"] for row in versions] == ["running", "running", "passed"]
    assert len({row["fetched_at"] for row in versions}) == 3
    got = versions_of(build, from_parquet(bucket / "ci"))
    assert differences(got, versions_of(build, loader.truth())) == []
