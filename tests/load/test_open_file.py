"""The DuckDB file that a run keeps open."""

from pathlib import Path

import dlt
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
