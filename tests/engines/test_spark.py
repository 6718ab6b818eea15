"""Spark: uv run --with 'pyspark>=4.1,<5' pytest -m slow tests/engines/test_spark.py."""

import copy
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest

from buildkite_source.metrics import every_view
from buildkite_source.spark import Registered, SparkError, register
from buildkite_source.tables import BUILDS, EVERY_TABLE, Table, table_schema
from buildkite_source.warehouse.reader import Dataset
from tests.cli.conftest import cli
from tests.destinations.places import DATASET, Loaded, loaded, world_config
from tests.metrics.warehouse import GIVEN, Row
from tests.source.conftest import simulator

from .engine import differences, in_duckdb
from .rows import every_row
from .spark import cluster, session

__all__ = ["cli", "loaded", "simulator", "world_config"]

pytestmark = pytest.mark.slow

_FILES = Dataset("ci", "filesystem", "ci")
_VIEWS = tuple(view.name for view in every_view())


@pytest.fixture(scope="module")
def spark(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A session on this machine, and one on a master with two workers."""
    pytest.importorskip("pyspark", reason="uv run --with 'pyspark>=4.1,<5'")
    if not shutil.which("java"):
        pytest.skip("Java is not installed: apt-get install openjdk-17-jre-headless")
    folder = tmp_path_factory.mktemp("spark")
    if getattr(request, "param", "") != "cluster":
        with session(folder, "local[2]") as made:
            yield made
        return
    with cluster(folder) as master, session(folder, master) as made:
        yield made


@pytest.fixture
def empty(spark: Any) -> Iterator[Any]:
    """The session with a catalog in which nothing is registered."""
    yield spark
    spark.catalog.clearCache()
    for name in (_FILES.name, DATASET):
        spark.sql(f"DROP DATABASE IF EXISTS {name} CASCADE")


def load_files(bucket: Path, rows: Mapping[str, list[Row]]) -> None:
    """Load rows as the source does: merged by their key, which files cannot be."""

    @dlt.source(name="buildkite_source")
    def source() -> Any:
        return [_resource(table, rows.get(table.name, [])) for table in EVERY_TABLE]

    destination = dlt.destinations.filesystem(bucket.as_uri())
    pipeline = dlt.pipeline("ci", destination=destination, dataset_name=_FILES.name)
    pipeline.run(source(), loader_file_format="parquet")


def _resource(table: Table, rows: list[Row]) -> Any:
    def found() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()
        yield rows

    return dlt.resource(
        found,
        name=table.name,
        columns=table_schema(table)["columns"],
        primary_key=table.primary_key,
        write_disposition="append" if table.append else "merge",
    )


def as_duckdb_has_them(rows: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return rows with a key for those tables whose tests go without."""
    whole = copy.deepcopy(dict(rows))
    for table in EVERY_TABLE:
        for number, row in enumerate(whole.get(table.name, [])):
            for column in table.columns:
                if column.required and row.get(column.name) is None:
                    row[column.name] = number if column.kind == "bigint" else f"r{number}"
    return whole


def older(rows: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the rows as an earlier load found them."""
    before = copy.deepcopy(dict(rows))
    for build in before["builds"]:
        build.update(state="running", finished_at=None)
        build["fetched_at"] -= timedelta(days=1)
    for job in before["jobs"]:
        job.update(state="running", finished_at=None, retried_in_job_id=None)
        job["fetched_at"] = build["fetched_at"]
    return before


def keep(spark: Any, database: str) -> None:
    """Have Spark keep what most views read, as docs/spark.md advises."""
    for name in ("builds", "jobs", "metric_build_classes", "metric_attempts", "metric_windows"):
        spark.catalog.cacheTable(f"{database}.{name}")


def assert_registered(made: Registered) -> None:
    assert made.left_out == {}
    assert made.views == _VIEWS


@pytest.mark.parametrize("spark", ["this machine", "cluster"], indirect=True)
def test_the_latest_rows_and_all_views_answer_as_in_duckdb(
    empty: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = workspace / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    rows = as_duckdb_has_them(every_row(1))
    load_files(bucket, {**older(rows), "annotations": [], "job_log_lines": []})
    made = register(empty, _FILES, GIVEN)
    assert_registered(made)
    assert set(made.tables) == {table.name for table in EVERY_TABLE}
    # What comes later is seen without being registered, but for tables that had no files yet.
    load_files(bucket, rows)
    assert_registered(register(empty, _FILES, GIVEN))
    assert empty.table("ci.builds_files").count() == 2 * len(rows["builds"])
    assert empty.table("ci.builds").count() == len(rows["builds"])

    truth = in_duckdb(rows)
    keep(empty, _FILES.name)
    for view in _VIEWS:
        want = truth.query(f"SELECT * FROM ci.{view}")
        assert want, view
        assert differences(want, empty.table(f"ci.{view}").collect(), 1e-5) == [], view


@pytest.mark.parametrize("loaded", ["files"], indirect=True)
def test_a_world_that_moved_between_two_loads_answers_as_in_duckdb(
    empty: Any, loaded: Loaded
) -> None:
    duckdb, _ = loaded.warehouses()
    made = register(empty, Dataset("ci_filesystem", "filesystem", DATASET))
    assert made.left_out == {}
    # What a run writes about itself is lines of JSON.
    assert [row.command for row in empty.table(f"{DATASET}.runs").collect()] == ["sync", "sync"]
    client: Any = duckdb._client
    with client:
        # Those of events and actions wait for such, here and there.
        names = client.execute_sql(
            "SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'metric%'"
        )
    assert {name for (name,) in names} == set(made.views) < set(_VIEWS)
    keep(empty, DATASET)
    for view in made.views:
        sql = f"SELECT * FROM {view}"
        with client:
            want = client.execute_sql(sql)
        got = empty.table(f"{DATASET}.{view}").collect()
        assert differences(want, got, 1e-5) == [], view


def test_what_is_registered_says_what_it_is(
    empty: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = workspace / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    with pytest.raises(SparkError, match="Nothing is loaded yet"):
        register(empty, _FILES, GIVEN)
    load_files(bucket, as_duckdb_has_them(every_row(2)))
    made = register(empty, _FILES, GIVEN)
    assert register(empty, _FILES, GIVEN) == made
    comments = {one.name: one.description for one in empty.catalog.listColumns("ci.metric_clock")}
    assert comments["as_of"] == "Newest builds.fetched_at."
    (clock,) = [view for view in every_view() if view.name == "metric_clock"]
    assert empty.catalog.getTable("ci.metric_clock").description == clock.title
    files = sorted(bucket.rglob("*.parquet"))
    empty.sql("DROP TABLE ci.builds_files")
    assert sorted(bucket.rglob("*.parquet")) == files


def test_what_is_no_file_is_not_for_spark(
    empty: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"duckdb:///{workspace / 'a.duckdb'}"
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", file)
    pipeline = dlt.pipeline("ci", destination="duckdb", dataset_name="ci")
    pipeline.run([_resource(BUILDS, [])], schema=dlt.Schema("buildkite_source"))
    with pytest.raises(SparkError, match="choose --destination filesystem"):
        register(empty, Dataset("ci", "duckdb", "ci"), GIVEN)
