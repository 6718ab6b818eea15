"""Files of a destination that only adds rows, written anew with the latest row of each key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import dlt
import pyarrow as pa
import pytest
from pyarrow import parquet

from buildkite_source.warehouse import compact_files
from buildkite_source.warehouse.compact import NothingToCompactError, compact
from buildkite_source.warehouse.compact_files import Compacted, Files
from buildkite_source.warehouse.stored import rows_for

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = "SELECT id, number, note FROM builds ORDER BY id"


def load(pipeline: dlt.Pipeline, rows: dict[str, int], second: int, note: bool) -> None:
    """Load builds as they are at a second; a later version has a column more."""
    at = BEGAN + timedelta(seconds=second)
    columns: dict[str, Any] = {
        "id": pa.array(rows, pa.string()),
        "number": pa.array(rows.values(), pa.int64()),
        "fetched_at": pa.array([at] * len(rows), pa.timestamp("us", "UTC")),
    }
    if note:
        columns["note"] = pa.array([f"at {second}"] * len(rows), pa.string())
    hints: Any = {"fetched_at": {"dedup_sort": "desc"}, "note": {"data_type": "text"}}
    builds = dlt.resource(
        [pa.table(columns)],
        name="builds",
        primary_key="id",
        write_disposition="merge",
        columns=hints,
    )
    runs = dlt.resource([{"started_at": at}], name="runs", write_disposition="append")
    pipeline.run([builds, runs], loader_file_format="parquet")


@pytest.fixture
def pipeline(workspace: Path) -> dlt.Pipeline:
    destination = dlt.destinations.filesystem((workspace / "bucket").as_uri())
    return dlt.pipeline("grown", destination=destination, dataset_name="ci")


@pytest.fixture
def grown(pipeline: dlt.Pipeline) -> dict[str, tuple[int, str]]:
    """Seven loads of builds, of which most come again; returned is the latest row of each."""
    random, latest = Random(5), {}
    for second in range(7):
        rows = {f"b{random.randrange(300)}": second for _ in range(200)}
        load(pipeline, rows, second, note=second > 2)
        note = f"at {second}" if second > 2 else None
        latest |= {key: (number, note) for key, number in rows.items()}
    return latest


def files_of(pipeline: dlt.Pipeline, table: str = "builds") -> set[Path]:
    with pipeline.destination_client() as client:
        return {Path(file) for file in Files(client).of(table)}


def done(pipeline: dlt.Pipeline, **arguments: Any) -> dict[str, Compacted]:
    return {one.table: one for one in compact(pipeline, lambda *_: None, **arguments)}


def answer(pipeline: dlt.Pipeline) -> dict[str, tuple[int, str]]:
    return {key: (number, note) for key, number, note in rows_for(pipeline, ASKED)}


def test_the_latest_row_of_each_key_stays_in_one_file(
    pipeline: dlt.Pipeline, grown: dict[str, Any]
) -> None:
    rows = sum(parquet.read_metadata(file).num_rows for file in files_of(pipeline))
    would = done(pipeline, dry=True)["builds"]
    assert len(files_of(pipeline)) == would.files == 7
    heard: list[tuple[Any, ...]] = []
    found = {one.table: one for one in compact(pipeline, lambda *said: heard.append(said))}
    assert found["builds"] == would == Compacted("builds", 7, rows, 1, len(grown))
    assert heard[0] == ("builds, table 1 of 2", "read", 1, 7)
    assert heard[-1] == ("builds, table 1 of 2", "written", 7, 7)
    (file,) = files_of(pipeline)
    assert parquet.read_metadata(file).num_rows == len(grown)
    assert answer(pipeline) == grown
    # Rows of runs cannot be told apart: a run killed between new and old would double them.
    assert found["runs"].reason.startswith("each load adds rows")
    assert len(files_of(pipeline, "runs")) == 7

    assert done(pipeline)["builds"].reason == "it is compact already"
    assert files_of(pipeline) == {file}
    load(pipeline, {"b1": 70, "new": 71}, 70, note=True)
    assert answer(pipeline) == {**grown, "b1": (70, "at 70"), "new": (71, "at 70")}


def test_many_rows_become_several_files(
    pipeline: dlt.Pipeline, grown: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact_files, "_ROWS_OF_FILE", 100)
    monkeypatch.setattr(compact_files, "_ROWS_OF_GROUP", 40)
    assert done(pipeline)["builds"].files_after == len(files_of(pipeline)) == 3
    assert answer(pipeline) == grown
    assert done(pipeline)["builds"].reason == "it is compact already"


class KilledError(BaseException):
    """The process was killed."""


@pytest.mark.parametrize(
    ("step", "after"),
    [
        pytest.param(step, after, marks=() if after == 1 else pytest.mark.slow)
        for step in ("put", "add", "remove")
        for after in range(3)
    ],
)
def test_killed_anywhere_it_answers_the_same_and_is_finished_later(
    pipeline: dlt.Pipeline,
    grown: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: int,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(compact_files, "_ROWS_OF_FILE", 100)
        patched.setattr(compact_files, "_ROWS_OF_GROUP", 40)
        calls = iter(range(100))
        with pipeline.destination_client() as client:
            kinds: dict[str, tuple[Any, str]] = {
                "put": (type(client.fs_client), "put_file"),  # type: ignore[attr-defined]
                "add": (Files, "add"),
                "remove": (type(client), "_delete_file"),
            }
        owner, name = kinds[step]
        real = getattr(owner, name)

        def killed(self: Any, *arguments: Any, **named: Any) -> Any:
            if next(calls) == after:
                if step == "put":
                    Path(arguments[1]).write_bytes(b"half a fi")
                raise KilledError
            return real(self, *arguments, **named)

        patched.setattr(owner, name, killed)
        with pytest.raises(KilledError):
            done(pipeline)
    assert answer(pipeline) == grown
    assert done(pipeline)["builds"].reason == ""
    assert answer(pipeline) == grown
    (file,) = files_of(pipeline)
    assert parquet.read_metadata(file).num_rows == len(grown)
    assert not list(file.parents[1].glob("_compacting*"))


def test_a_load_beside_it_loses_nothing(
    pipeline: dlt.Pipeline, grown: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine holds another lock: what it adds meanwhile is left alone."""
    add = Files.add

    def add_beside_a_load(files: Files, table: str, local: Path) -> None:
        add(files, table, local)
        load(pipeline, {"b1": 99}, 99, note=True)

    monkeypatch.setattr(Files, "add", add_beside_a_load)
    done(pipeline)
    assert len(files_of(pipeline)) == 2
    assert answer(pipeline) == {**grown, "b1": (99, "at 99")}


def test_destinations_that_merge_are_refused(workspace: Path) -> None:
    pipeline = dlt.pipeline("merged", destination=dlt.destinations.duckdb(str(workspace / "d.db")))
    load(pipeline, {"b1": 1}, 1, note=True)
    with pytest.raises(NothingToCompactError, match="duckdb merges rows as they are loaded"):
        done(pipeline)


@pytest.fixture
def kept_as(workspace: Path) -> Callable[[Any], dlt.Pipeline]:
    def made(table_format: Any) -> dlt.Pipeline:
        destination = dlt.destinations.filesystem((workspace / "bucket").as_uri())
        pipeline = dlt.pipeline(f"of_{table_format}", destination=destination, dataset_name="ci")
        for second in range(3):
            rows = [{"id": f"b{number}", "at": second} for number in range(10)]
            things = dlt.resource(rows, name="things", write_disposition="append")
            pipeline.run(things, table_format=table_format)
        return pipeline

    return made


def test_delta_puts_its_own_files_together(kept_as: Callable[[Any], dlt.Pipeline]) -> None:
    pipeline = kept_as("delta")
    assert done(pipeline, dry=True)["things"] == Compacted("things", 3, 30, None, 30)
    assert done(pipeline)["things"] == Compacted("things", 3, 30, 1, 30)
    ((rows,),) = rows_for(pipeline, "SELECT count(*) FROM things")
    assert rows == 30


def test_iceberg_is_left_to_engines(kept_as: Callable[[Any], dlt.Pipeline]) -> None:
    with pytest.raises(NothingToCompactError, match="rewrite_data_files"):
        done(kept_as("iceberg"))
