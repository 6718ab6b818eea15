"""The DuckDB file that a run keeps open."""

from pathlib import Path

import dlt
import duckdb
import pytest

from buildkite_source.load import guards
from buildkite_source.load.guards import OpenFile


@pytest.mark.parametrize(("small", "left_out"), [(2**20, ["FSST", "ZSTD"]), (0, [])])
def test_a_small_file_is_written_fast_and_a_large_one_small(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, small: int, left_out: list[str]
) -> None:
    monkeypatch.setattr(guards, "_SMALL", small)
    pipeline = dlt.pipeline(
        "open", destination=dlt.destinations.duckdb(str(workspace / "open.duckdb"))
    )
    with OpenFile(pipeline), pipeline.sql_client() as client:
        asked = client.execute_sql("SELECT current_setting('disabled_compression_methods')")
    assert sorted(asked[0][0].upper().replace(",", " ").split()) == left_out


@pytest.mark.parametrize(("before", "block"), [(None, 32_768), (16_384, 16_384)])
def test_a_new_file_is_made_of_small_blocks_and_another_stays(
    workspace: Path, before: int | None, block: int
) -> None:
    file = workspace / "open.duckdb"
    if before:
        duckdb.connect(file, config={"default_block_size": before}).close()
    pipeline = dlt.pipeline("open", destination=dlt.destinations.duckdb(str(file)))
    with OpenFile(pipeline), pipeline.sql_client() as client:
        found = client.execute_sql("SELECT block_size FROM pragma_database_size()")
    assert found[0][0] == block


def test_a_database_in_memory_has_no_file(workspace: Path) -> None:
    pipeline = dlt.pipeline("open", destination=dlt.destinations.duckdb(duckdb.connect()))
    with OpenFile(pipeline), pipeline.sql_client() as client:
        client.execute_sql("CREATE TABLE kept AS SELECT 1")
    assert not list(workspace.glob("*memory*"))
    assert not list(workspace.glob("*.duckdb"))
