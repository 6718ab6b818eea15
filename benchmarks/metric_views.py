"""The metric views of a large dataset: made, kept as tables, and brought up to date."""

import tempfile
import time
from pathlib import Path

import dlt
import duckdb

from buildkite_source.metrics import Given, every_view, statement
from buildkite_source.metrics.materialized import kept_statement, materializable
from buildkite_source.metrics.refresh import Materialized
from buildkite_source.tables import EVERY_TABLE

from .metric_rows import DATASET
from .report import progress

# What DuckDB may take, beside what Python does.
_MEMORY = "3GB"


def make_views(database: Path, given: Given, *, tables: bool) -> float:
    """Make all views, and keep heavy ones as tables; return the seconds that the latter takes."""
    kept = materializable(every_view()) if tables else []
    seconds = refresh(database, given) if tables else 0.0
    with duckdb.connect(str(database)) as connection:
        for view in every_view():
            is_kept = view in kept
            query = (
                kept_statement(view, "duckdb", _path)
                if is_kept
                else statement(view, "duckdb", _path, given)
            )
            connection.execute(f"CREATE OR REPLACE VIEW {DATASET}.{view.name} AS {query}")
    return seconds


def change(database: Path, builds: int) -> None:
    """Have builds been fetched anew, with their jobs: the newest, and one in ten of all times."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"CREATE TEMP TABLE chosen AS (SELECT id FROM {DATASET}.builds "
            f"ORDER BY created_at DESC LIMIT {builds * 9 // 10}) UNION ALL "
            f"(SELECT id FROM {DATASET}.builds ORDER BY hash(id) LIMIT {builds // 10})"
        )
        for table, key in (("builds", "id"), ("jobs", "build_id")):
            connection.execute(
                f"UPDATE {DATASET}.{table} SET fetched_at = fetched_at + INTERVAL 1 MINUTE "
                f"WHERE {key} IN (FROM chosen)"
            )


def refresh(database: Path, given: Given) -> float:
    """Bring the tables up to date, as a program that has it all imported; return the seconds."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        connection = duckdb.connect(str(database), config={"memory_limit": _MEMORY})
        pipeline = dlt.pipeline(
            "benchmark",
            destination=dlt.destinations.duckdb(connection),
            dataset_name=DATASET,
            pipelines_dir=folder,
        )
        pipeline.run([{"one": 1}], table_name="anything")
        columns = {table.name: [column.name for column in table.columns] for table in EVERY_TABLE}
        views = materializable(every_view())
        start = time.perf_counter()
        with pipeline.destination_client() as client:
            kept = Materialized(client, given, columns, "benchmark")
            done = kept.refresh(views, _tell)
        seconds = time.perf_counter() - start
        connection.close()
    progress(f"{done:,} builds worked out in {seconds:.1f} s")
    return seconds


def _tell(done: int, total: int) -> None:
    progress(f"builds {done:,} of {total:,}")


def _path(name: str) -> tuple[str, str]:
    return DATASET, name
