"""Tables kept as Delta or Iceberg: merged as in a database, and read without extensions."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
import pytest
from deltalake import DeltaTable, TableFeatures
from pyiceberg.table import StaticTable

from buildkite_source.answers.questions import Warehouse
from buildkite_source.load.table_format import run_source, use_table_format
from buildkite_source.settings import SettingError
from buildkite_source.tables import RATE_LIMITS
from buildkite_source.warehouse.reader import Dataset
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli
from tests.oracle import MIRRORS, comparable, differences
from tests.source.conftest import Loader
from tests.source.seen_twice import load_while_a_build_ends, versions_of

__all__ = ["cli", "without_views"]


def read_delta(folder: Path) -> pa.Table:
    return DeltaTable(folder).to_pyarrow_table()


def read_iceberg(folder: Path) -> pa.Table:
    newest = max((folder / "metadata").glob("*.metadata.json"))
    return StaticTable.from_metadata(newest.as_uri()).scan().to_arrow()


READ: dict[str, Callable[[Path], pa.Table]] = {"delta": read_delta, "iceberg": read_iceberg}


def rows_in(dataset: Path, table_format: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the tables by id, as the library of the format reads them; no id is there twice."""
    found = {}
    for table in MIRRORS:
        rows = READ[table_format](dataset / table.name).to_pylist()
        found[table.name] = {row["id"]: comparable(table, row) for row in rows}
        assert len(rows) == len(found[table.name]) > 0
    return found


@pytest.fixture(params=["delta", pytest.param("iceberg", marks=pytest.mark.slow)])
def table_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def load_format(
    loader: Loader, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dlt.Pipeline]:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())

    def load(wanted: str | None, dataset: str = "ci", **arguments: Any) -> dlt.Pipeline:
        pipeline = dlt.pipeline("loader", destination="filesystem", dataset_name=dataset)
        found = use_table_format(pipeline, wanted)
        arguments.setdefault("catalog", [])
        run_source(pipeline, loader.source(**arguments), found)
        return pipeline

    return load


@pytest.mark.slow
def test_of_two_versions_in_one_load_the_newest_is_kept(
    loader: Loader, load_format: Callable[..., dlt.Pipeline], bucket: Path, table_format: str
) -> None:
    build = load_while_a_build_ends(loader, lambda: load_format(table_format))
    got = rows_in(bucket / "ci", table_format)
    want = versions_of(build, loader.truth())
    assert want["builds"][build.id]["state"] == "passed"
    assert differences(versions_of(build, got), want) == []
    # The world has moved under the load for the others.
    load_format(table_format)
    assert differences(rows_in(bucket / "ci", table_format), loader.truth()) == []

    warehouse = Warehouse(Dataset("loader", "filesystem", "ci"))
    asked = (
        "SELECT count(*), count(DISTINCT id), max(CASE WHEN id = :id THEN state END) FROM builds"
    )
    ((rows, ids, state),) = warehouse.ask(asked, id=build.id).rows.values.tolist()
    assert (rows, ids, state) == (len(loader.truth()["builds"]), rows, "passed")
    assert warehouse.ask("SELECT * FROM agents").missing


@pytest.mark.slow
@pytest.mark.with_views
def test_every_table_of_a_run_is_kept_so_and_later_runs_need_not_say_it(
    cli: Cli, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    place = ("--destination", "filesystem")
    details = ("--resources", "core,details,rate_limits", "--logs", "failed", "--max-age", "900d")
    told = cli.loads(*place, *details, "--table-format", "delta").out
    assert "only appends" not in told
    dataset = bucket / "buildkite_data"
    folders = [folder for folder in dataset.iterdir() if folder.name[:4] != "_dlt"]
    files = {folder.name for folder in folders if folder.is_dir()}
    assert files >= {"builds", "fetched_details", "job_log_lines", "rejected", "runs", "slices"}
    kept = {name: read_delta(dataset / name).num_rows for name in files}
    builds = re.search(r"^  builds +([0-9,]+) rows$", told, re.MULTILINE)
    assert builds
    assert int(builds[1]) >= kept["builds"] > 0
    assert kept["fetched_details"] > kept["job_logs"] > kept["runs"] == 1

    cli.loads(*place, *details)
    again = {name: read_delta(dataset / name).num_rows for name in files}
    grown = {name for name in files if again[name] > kept[name]}
    assert {"runs", RATE_LIMITS.name} <= grown <= {"runs", RATE_LIMITS.name, "slices"}
    assert "changes followed up to" in cli.loads("status", *place).out
    assert "# CI of" in cli.loads("report", *place).out
    refused = cli.fails(*place, "--table-format", "iceberg")
    assert "The tables of the dataset buildkite_data are kept as delta, not as iceberg." in refused


@pytest.mark.slow
def test_the_format_is_that_of_the_dataset_not_of_the_pipeline(
    load_format: Callable[..., dlt.Pipeline], loader: Loader, bucket: Path
) -> None:
    """One pipeline loads into several datasets, and has one schema for all of them."""
    load_format(None, "plain")
    load_format("delta", "open")
    load_format(None, "plain")
    assert not (bucket / "plain" / "builds" / "_delta_log").exists()
    assert list((bucket / "plain" / "builds").glob("*.parquet"))
    # A schema of an earlier version asks for what Delta refuses.
    pipeline = dlt.pipeline("loader", destination="filesystem", dataset_name="open")
    tables: dict[str, Any] = pipeline.default_schema.tables
    tables["builds"]["x-merge-strategy"] = "delete-insert"
    load_format(None, "open")
    assert differences(rows_in(bucket / "open", "delta"), loader.truth()) == []
    with pytest.raises(SettingError, match="are kept as plain files, not as delta"):
        load_format("delta", "plain")


def test_formats_that_cannot_be_are_refused_before_anything_is_asked(cli: Cli) -> None:
    refused = cli.fails("--table-format", "delta")
    assert "The destination duckdb keeps no tables as delta" in refused
    assert not cli.simulator.requests
    cli.secrets = []


def test_a_format_of_the_configuration(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = cli.folder / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__TABLE_FORMAT", "hudi")
    place = ("--destination", "filesystem", "--resources", "organizations")
    assert "table_format must be delta or iceberg, unlike 'hudi'" in cli.fails(*place)
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__TABLE_FORMAT", "delta")
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__HISTORY", '["organizations"]')
    assert "kept as delta have no versions (organizations_history)" in cli.fails(*place)
    monkeypatch.delenv("SOURCES__BUILDKITE_SOURCE__HISTORY")
    cli.loads("--quiet", *place)
    rows = read_delta(bucket / "buildkite_data" / "organizations")
    slugs = [organization.slug for organization in cli.simulator.world.organizations]
    assert rows["slug"].to_pylist() == slugs


def test_what_is_not_in_the_files_alone_is_left_to_the_extension(
    load_format: Callable[..., dlt.Pipeline], bucket: Path
) -> None:
    """Another program may delete rows without writing the files anew: those would come back."""
    load_format("delta")
    warehouse = Warehouse(Dataset("loader", "filesystem", "ci"))
    assert warehouse.ask("SELECT 1 FROM builds LIMIT 1").rows.values.tolist() == [[1]]
    table = DeltaTable(bucket / "ci" / "builds")
    table.alter.add_feature(TableFeatures.DeletionVectors, allow_protocol_versions_increase=True)
    warehouse = Warehouse(Dataset("loader", "filesystem", "ci"))
    with pytest.raises(Exception, match="delta"):
        warehouse.ask("SELECT count(*) FROM builds")
