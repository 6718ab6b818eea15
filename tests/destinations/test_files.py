from pathlib import Path

from buildkite_source.tables import BUILDS
from tests.oracle import differences
from tests.reading import from_parquet, parquet_rows
from tests.source.conftest import Loader

from .conftest import Load


def test_parquet_files_equal_the_world_and_keep_every_picture_of_a_row(
    loader: Loader, load_files: Load, bucket: Path
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
