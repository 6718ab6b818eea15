"""Of each key one row in a load that is upserted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import dlt
import pyarrow as pa
import pytest
from dlt.common.storages import ParsedLoadJobFileName
from pyarrow import parquet

from buildkite_source.load import one_row_a_key
from buildkite_source.load.one_row_a_key import keep_newest

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
# `filename` is a column of artifacts, too.
Row = tuple[str, int, int, str | None]


def table(rows: Sequence[Row]) -> pa.Table:
    keys, parts, seconds, names = zip(*rows, strict=True)
    at = [BEGAN + timedelta(seconds=second) for second in seconds]
    return pa.table(
        {
            "id": pa.array(keys, pa.string()),
            "part": pa.array(parts, pa.int64()),
            "fetched_at": pa.array(at, pa.timestamp("us", "UTC")),
            "filename": pa.array(names, pa.string()),
        }
    )


def resource(pages: Sequence[Sequence[Row]]) -> Any:
    hints: Any = {"fetched_at": {"dedup_sort": "desc"}}
    return dlt.resource(
        (table(page) for page in pages),
        name="things",
        primary_key=["id", "part"],
        write_disposition="merge",
        columns=hints,
    )


def waiting(
    folder: Path,
    pages: Sequence[Sequence[Row]],
    table_format: Any = "delta",
    destination: Any = None,
) -> dlt.Pipeline:
    """Return a pipeline in which these pages wait to be loaded."""
    pipeline = dlt.pipeline(
        "keys", destination=destination or dlt.destinations.filesystem((folder / "b").as_uri())
    )
    pipeline.extract(resource(pages), table_format=table_format, loader_file_format="parquet")
    pipeline.normalize()
    return pipeline


def files_of(pipeline: dlt.Pipeline) -> list[Path]:
    storage = pipeline._get_load_storage().normalized_packages
    return [
        Path(storage.storage.make_full_path(file))
        for load_id in pipeline.list_normalized_load_packages()
        for file in storage.list_new_jobs(load_id)
        if ParsedLoadJobFileName.parse(file).table_name == "things"
    ]


def rows_of(pipeline: dlt.Pipeline) -> list[Row]:
    found = [row for file in files_of(pipeline) for row in parquet.read_table(file).to_pylist()]
    return sorted(
        (
            row["id"],
            row["part"],
            round((row["fetched_at"] - BEGAN).total_seconds()),
            row["filename"],
        )
        for row in found
    )


def pages_of(seed: int) -> list[list[Row]]:
    """Pages in which keys repeat in any order, within a page and over pages."""
    random = Random(seed)
    moments = random.sample(range(100_000), 4_000)
    keys = [f"k{random.randrange(2_500)}" for _ in moments]
    rows: list[Row] = [
        (key, len(key) % 2, moment, f"at {moment}")
        for key, moment in zip(keys, moments, strict=True)
    ]
    return [rows[begin : begin + 500] for begin in range(0, len(rows), 500)]


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_WRITER__FILE_MAX_ITEMS", "700")
    monkeypatch.setenv("DATA_WRITER__BUFFER_MAX_ITEMS", "500")


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_the_newest_row_of_each_key_is_kept(workspace: Path, many_files: None, seed: int) -> None:
    pages = pages_of(seed)
    pipeline = waiting(workspace, pages)
    assert len(files_of(pipeline)) > 3
    schemas = {parquet.read_schema(file) for file in files_of(pipeline)}
    newest: dict[tuple[str, int], Row] = {}
    for row in sorted((row for page in pages for row in page), key=lambda row: row[2]):
        newest[row[:2]] = row
    rows = sum(map(len, pages))
    assert keep_newest(pipeline) == rows - len(newest) > 1_000
    assert rows_of(pipeline) == sorted(newest.values())
    assert {parquet.read_schema(file) for file in files_of(pipeline)} == schemas
    assert keep_newest(pipeline) == 0
    assert not list(Path(pipeline.working_dir).glob("*older*"))


def test_of_two_rows_of_one_moment_either_is_kept(workspace: Path) -> None:
    pipeline = waiting(workspace, [[("a", 1, 5, "x"), ("a", 1, 5, "y")], [("a", 1, 5, "z")]])
    assert keep_newest(pipeline) == 2
    ((*_, name),) = rows_of(pipeline)
    assert name in {"x", "y", "z"}


@pytest.mark.parametrize("files_before_the_kill", [0, 1, 3])
def test_a_run_that_was_killed_is_finished(
    workspace: Path, many_files: None, monkeypatch: pytest.MonkeyPatch, files_before_the_kill: int
) -> None:
    pipeline = waiting(workspace, pages_of(7))
    rewrite, done = one_row_a_key._rewrite, 0

    def killed(file: str, without: Any, target: Path) -> None:
        nonlocal done
        if done == files_before_the_kill:
            target.write_bytes(b"half of a fi")
            raise KeyboardInterrupt
        done += 1
        rewrite(file, without, target)

    with monkeypatch.context() as patched:
        patched.setattr(one_row_a_key, "_rewrite", killed)
        with pytest.raises(KeyboardInterrupt):
            keep_newest(pipeline)
    keep_newest(pipeline)
    keys = [row[:2] for row in rows_of(pipeline)]
    assert len(keys) == len(set(keys)) == len({row[:2] for page in pages_of(7) for row in page})
    pipeline.load()
    assert pipeline.last_trace.last_load_info.has_failed_jobs is False


@pytest.mark.parametrize(
    ("destination", "table_format"),
    [("duckdb", None), ("files", None)],
    ids=["a database that merges", "files that are added to"],
)
def test_nothing_is_dropped_elsewhere(
    workspace: Path, destination: str, table_format: str | None
) -> None:
    made = dlt.destinations.duckdb(":memory:") if destination == "duckdb" else None
    pages = [[("a", 1, 5, "x"), ("a", 1, 6, "y")]]
    pipeline = waiting(workspace, pages, table_format, made)
    assert keep_newest(pipeline) == 0
    assert rows_of(pipeline) == sorted(pages[0])
