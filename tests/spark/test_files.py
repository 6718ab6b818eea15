"""What Spark is told of the files of the filesystem destination."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dlt
import pytest

from buildkite_source.spark import SparkError
from buildkite_source.spark.files import _for_spark, files_of
from buildkite_source.spark.statements import latest_rows, table_of_files
from buildkite_source.tables import BUILDS, table_schema


def loaded(folder: Path, file_format: Any = "parquet", **settings: Any) -> dlt.Pipeline:
    """Load two builds."""

    @dlt.source(name="buildkite_source")
    def source() -> Iterator[Any]:
        yield dlt.resource(
            [{"id": "b1"}, {"id": "b2"}],
            name=BUILDS.name,
            columns=table_schema(BUILDS)["columns"],
            primary_key="id",
            write_disposition="merge",
        )

    destination = dlt.destinations.filesystem((folder / "it's").as_uri(), **settings)
    pipeline = dlt.pipeline("ci", destination=destination, dataset_name="ci")
    pipeline.run(source(), loader_file_format=file_format)
    return pipeline


def test_a_table_is_its_files_and_the_view_the_latest_of_each_key(workspace: Path) -> None:
    (builds,), left_out = files_of(loaded(workspace))
    assert left_out == {}
    table = table_of_files(builds, "ci").sql("a mark")
    assert table.startswith(
        "CREATE TABLE `ci`.`builds_files` (`id` STRING COMMENT 'Build id (UUID)'"
    )
    assert "`created_at` TIMESTAMP" in table
    assert f"LOCATION 'file://{workspace}/it\\'s/ci/builds/'" in table
    assert table.endswith("TBLPROPERTIES ('buildkite_source.definition' = 'a mark')")
    view = latest_rows(builds, "ci").sql("a mark")
    assert view.startswith("CREATE OR REPLACE VIEW `ci`.`builds` (`id` COMMENT ")
    assert "ROW_NUMBER() OVER (PARTITION BY `id` ORDER BY `fetched_at` DESC" in view
    # As long as no row was loaded there may be no file.
    empty = latest_rows(replace(builds, folder=""), "ci").sql("a mark")
    assert "SELECT CAST(NULL AS STRING) AS `id`, " in empty
    assert empty.endswith(" WHERE FALSE")


def test_files_of_lines_of_json_are_read_as_such(workspace: Path) -> None:
    (builds,), left_out = files_of(loaded(workspace, "jsonl"))
    assert left_out == {}
    table = table_of_files(builds, "ci").sql("a mark")
    assert "USING json OPTIONS (recursiveFileLookup 'true', pathGlobFilter '*.jsonl.gz')" in table


def test_files_that_spark_would_not_understand_are_left_out(workspace: Path) -> None:
    found, left_out = files_of(loaded(workspace, "csv"))
    assert found == []
    assert left_out["builds"].startswith("Spark is not told how to read such files: ")


def test_files_of_two_formats_are_left_out(workspace: Path) -> None:
    loaded(workspace)
    _, left_out = files_of(loaded(workspace, "jsonl"))
    assert left_out == {"builds": "its files are of two formats"}


def test_tables_without_a_folder_of_their_own_are_left_out(workspace: Path) -> None:
    _, left_out = files_of(loaded(workspace, layout="{table_name}.{load_id}.{file_id}.{ext}"))
    assert left_out["builds"] == "the setting layout gives it no folder of its own"


def test_before_anything_is_loaded_there_is_nothing_to_read(workspace: Path) -> None:
    destination = dlt.destinations.filesystem(workspace.as_uri())
    with pytest.raises(SparkError, match="Nothing is loaded yet into the dataset ci"):
        files_of(dlt.pipeline("ci", destination=destination, dataset_name="ci"))


@pytest.mark.parametrize(
    ("url", "want"),
    [
        ("", ""),
        ("file:///srv/ci%20data/builds/", "file:///srv/ci data/builds/"),
        ("s3://bucket/ci/builds/", "s3a://bucket/ci/builds/"),
        ("gs://bucket/ci/builds/", "gs://bucket/ci/builds/"),
        ("az://box/ci/builds/", "abfss://box@acme.dfs.core.windows.net/ci/builds/"),
    ],
)
def test_buckets_have_the_names_that_spark_knows(url: str, want: str) -> None:
    credentials = SimpleNamespace(azure_storage_account_name="acme")
    assert _for_spark(url, credentials) == want
