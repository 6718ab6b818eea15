"""Dagster: each table is an asset, and those that are selected are loaded in one run."""

from collections.abc import Iterator

import dagster as dg
import dlt

from buildkite_source.load import load

_TABLES = ("organizations", "pipelines", "builds", "jobs", "slices", "missing_builds")


# `dagster instance concurrency set buildkite 1` lets one run wait for the other.
@dg.multi_asset(
    specs=[dg.AssetSpec(name, group_name="buildkite", skippable=True) for name in _TABLES],
    can_subset=True,
    pool="buildkite",
)
def buildkite(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Load the selected tables: what an earlier run has read is not read again."""
    # Any dlt destination that all workers reach; a DuckDB file is for one machine.
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    names = [name for name in _TABLES if dg.AssetKey(name) in context.selected_asset_keys]
    report = load(pipeline, resources=names)
    for name in names:
        told = {"rows": report.rows.get(name, 0), "requests": report.requests}
        yield dg.MaterializeResult(asset_key=name, metadata=told)


defs = dg.Definitions(
    assets=[buildkite],
    schedules=[
        dg.ScheduleDefinition(
            name="buildkite",
            target=dg.AssetSelection.groups("buildkite"),
            cron_schedule="*/15 * * * *",
        )
    ],
)
