"""dlt's declared REST source as its documentation starts: nested jobs, merge on id, defaults."""

import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source


def main(base_url: str, directory: Path) -> None:
    """Load builds; dlt unnests the jobs."""
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(directory / "pipelines"),
        destination=dlt.destinations.duckdb(str(directory / "data.duckdb")),
        dataset_name="buildkite",
    )
    source = rest_api_source(
        {
            "client": {"base_url": base_url, "auth": {"type": "bearer", "token": "token"}},
            "resources": [
                {
                    "name": "builds",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": {
                        "path": "organizations/acme/builds",
                        "params": {"per_page": 100, "include_retried_jobs": "true"},
                    },
                }
            ],
        }
    )
    pipeline.run(source).raise_on_failed_jobs()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
