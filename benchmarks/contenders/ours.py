"""This source: `buildkite_source()` through a dlt pipeline into DuckDB, a first load."""

import sys
from pathlib import Path

import dlt

from buildkite_source import buildkite_source


def main(base_url: str, directory: Path) -> None:
    """Load organizations, pipelines, builds and jobs."""
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(directory / "pipelines"),
        destination=dlt.destinations.duckdb(str(directory / "data.duckdb")),
        dataset_name="buildkite",
    )
    source = buildkite_source(access_token="token", base_url=base_url)
    pipeline.run(source).raise_on_failed_jobs()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
