"""Airflow 2 and 3, by dlt's task group: the tables alone, without what `load()` does besides."""

from datetime import datetime, timedelta

import dlt
from dlt.helpers.airflow_helper import PipelineTasksGroup

from buildkite_source import buildkite_source

try:
    from airflow.sdk import dag
except ImportError:  # Airflow 2
    from airflow.decorators import dag


@dag(
    schedule=timedelta(minutes=15),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
)
def buildkite_tables() -> None:
    """Load builds, jobs and what belongs to them in one task: they come in the same requests."""
    # Comes first: it gives dlt a new folder for each run. The destination has the state; a DuckDB
    # file needs a path (DESTINATION__DUCKDB__CREDENTIALS), or it would lie in that folder.
    tasks = PipelineTasksGroup("tables")
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    tasks.add_run(pipeline, buildkite_source(catalog=[]), decompose="serialize", retries=2)


buildkite_tables()
