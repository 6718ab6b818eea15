"""Dagster, by dagster-dlt: the tables alone, without what `load()` does besides."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import dlt
from dagster_dlt import DagsterDltResource, dlt_assets

from buildkite_source import buildkite_source


@dlt_assets(
    dlt_source=buildkite_source(catalog=[]),
    dlt_pipeline=dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    ),
    name="buildkite",
    group_name="buildkite",
    pool="buildkite",
)
def buildkite(context: dg.AssetExecutionContext, by_dlt: DagsterDltResource) -> Iterator[Any]:
    """Load the selected tables, each with its columns and rows as metadata of the asset."""
    yield from by_dlt.run(context=context)


defs = dg.Definitions(assets=[buildkite], resources={"by_dlt": DagsterDltResource()})
