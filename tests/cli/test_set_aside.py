"""Files of dlt that a crash or a full disk has cut off: set aside, and loaded from scratch."""

import os
import shutil
from pathlib import Path

import dlt
import pyarrow as pa
import pytest

from buildkite_source.load.recovery import set_damaged_aside

# What a run reads, whatever the numbers in the names.
READ = (
    "state.json",
    "schemas/*.json",
    "load/.version",
    "normalize/.version",
    "normalize/extracted/*/schema.json",
    "normalize/extracted/*/new_jobs/*.gz",
    "load/normalized/*/schema.json",
    "load/normalized/*/new_jobs/*.parquet",
)
KEPT_FOR_PEOPLE = ("load/loaded/*/schema.json", "load/loaded/*/completed_jobs/*.gz")


@pytest.fixture
def folder(workspace: Path) -> Path:
    """dlt's folder of a pipeline of which one load has arrived and two wait."""
    pipeline = dlt.pipeline(
        "waits", destination=dlt.destinations.duckdb(str(workspace / "waits.duckdb"))
    )
    pipeline.run([{"a": 1}], table_name="rows")
    pipeline.extract([pa.table({"a": [1]})], table_name="arrow")
    pipeline.normalize()
    pipeline.extract([{"a": 1}], table_name="rows")
    pipeline.deactivate()
    return Path(pipeline.working_dir)


def damage(folder: Path, pattern: str, share: float) -> Path:
    file = next(folder.glob(pattern))
    os.truncate(file, int(file.stat().st_size * share))
    return file.relative_to(folder)


def names(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("share", [0, 0.5], ids=["emptied", "cut off"])
def test_whatever_a_run_would_read_is_set_aside_when_it_is_damaged(
    folder: Path, share: float
) -> None:
    whole, aside = folder.with_name("whole"), folder.with_name("waits.damaged")
    shutil.copytree(folder, whole)
    for pattern in READ:
        if share and pattern.endswith(".version"):
            continue
        damaged = damage(folder, pattern, share)
        told, home = set_damaged_aside(folder)
        assert f"({damaged}, perhaps cut off" in told
        assert str(aside) in told
        assert home == (None if damaged.name == "state.json" else str(Path.cwd()))
        assert names(aside) == names(whole)
        assert set_damaged_aside(folder) == ("", None)
        shutil.copytree(whole, folder, dirs_exist_ok=True)


def test_nothing_else_is_touched(folder: Path) -> None:
    before = names(folder)
    assert set_damaged_aside(folder) == ("", None)
    for pattern in KEPT_FOR_PEOPLE:
        damage(folder, pattern, 0.5)
    assert set_damaged_aside(folder) == ("", None)
    assert set_damaged_aside(folder.with_name("never_ran")) == ("", None)
    assert names(folder) == before
