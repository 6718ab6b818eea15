"""Airflow 2 and 3: a task that loads what is new in Buildkite, every quarter of an hour."""

from datetime import datetime, timedelta
from typing import Any

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task


@dag(
    schedule=timedelta(minutes=15),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
)
def buildkite() -> None:
    """Load Buildkite, and end with the run's report as the task's value."""

    @task
    def sync() -> dict[str, Any]:
        # Here, for Airflow reads this file every few seconds, and dlt takes one to import.
        import dlt

        from buildkite_source.load import load

        # Any dlt destination that all workers reach; a DuckDB file is for one machine.
        pipeline = dlt.pipeline(
            "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
        )
        return load(pipeline).asdict()

    sync()


buildkite()
