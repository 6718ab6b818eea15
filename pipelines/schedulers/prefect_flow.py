"""Prefect: a flow that loads what is new in Buildkite; started, it serves a schedule."""

from typing import Any

import dlt
from prefect import flow

from buildkite_source.load import load


@flow(retries=2, retry_delay_seconds=300)
def buildkite() -> dict[str, Any]:
    """Load Buildkite, and return the run's report."""
    # Any dlt destination that all workers reach; a DuckDB file is for one machine.
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    return load(pipeline).asdict()


if __name__ == "__main__":
    buildkite.serve(name="every-quarter-of-an-hour", cron="*/15 * * * *", limit=1)
