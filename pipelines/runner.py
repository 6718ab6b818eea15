"""One run: finish what an earlier run left, fetch what is new, load it, report."""

import time
from dataclasses import dataclass
from typing import Any

import dlt
from dlt import Pipeline

from buildkite_source import BuildkiteSession, buildkite_source
from buildkite_source.source import Connection, open_session
from buildkite_source.tables import TABLES, comment_statements

from .progress import RunProgress
from .report import Report


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is to do.

    Attributes:
        pipeline_name: Name of the dlt pipeline, which keeps its state.
        destination: Name of a dlt destination.
        dataset: Dataset of the tables.
        organizations: Slugs, or empty for all.
        pipelines: Slugs, or empty for all.
        since: How far back, or None for the setting.
        resources: Tables to load, or None for all.
    """

    pipeline_name: str
    destination: str
    dataset: str
    organizations: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    since: str | None = None
    resources: tuple[str, ...] | None = None


def run(plan: Plan, progress: RunProgress, connection: Connection) -> Report:
    """Load what the plan names and return the report.

    Args:
        plan: What to load and where to.
        progress: Hears of every page, wait and row.
        connection: How to reach the API.

    Raises:
        PipelineStepFailed: With the cause inside, for `failures.explain`.
    """
    started = time.monotonic()
    session = open_session(connection.access_token, connection.base_url, connection.budget_share)
    session.listener = progress.on_event
    pipeline = dlt.pipeline(
        plan.pipeline_name,
        destination=plan.destination,
        dataset_name=plan.dataset,
        progress=progress,
    )
    source = buildkite_source(access_token=connection.access_token, **_arguments(plan, session))
    if plan.resources:
        source = source.with_resources(*plan.resources)
    finish_pending(pipeline)
    pipeline.run(source)
    comment(pipeline)
    return _report(pipeline, session, progress, time.monotonic() - started)


def finish_pending(pipeline: Pipeline) -> None:
    """Load what a run that died has left behind.

    `Pipeline.run` would do so as well, but return without extracting anything new.
    """
    if pipeline.has_pending_data:
        pipeline.normalize()
        pipeline.load()


def comment(pipeline: Pipeline) -> None:
    """Write the descriptions as `COMMENT ON` where the destination has it.

    dlt keeps descriptions in its schema only. Comments change with the schema, so they are
    written after loads that changed a table.
    """
    info = pipeline.last_trace.last_load_info if pipeline.last_trace else None
    changed = (
        {name for package in info.load_packages for name in package.schema_update} if info else ()
    )
    tables = [table for table in TABLES if table.name in changed]
    if not tables or pipeline.destination.destination_name not in ("duckdb", "postgres"):
        return
    with pipeline.sql_client() as client:
        escape = client.capabilities.escape_identifier
        for table in tables:
            present = pipeline.default_schema.get_table_columns(table.name)
            for statement in comment_statements(
                table, client.make_qualified_table_name(table.name), escape, present
            ):
                client.execute_sql(statement)


def _arguments(plan: Plan, session: BuildkiteSession) -> dict[str, Any]:
    arguments: dict[str, Any] = {"session": session, "base_url": session.base_url}
    if plan.organizations:
        arguments["organizations"] = list(plan.organizations)
    if plan.pipelines:
        arguments["pipelines"] = list(plan.pipelines)
    if plan.since:
        arguments["since"] = plan.since
    return arguments


def _report(
    pipeline: Pipeline, session: BuildkiteSession, progress: RunProgress, seconds: float
) -> Report:
    trace = pipeline.last_trace
    counts = trace.last_normalize_info.row_counts if trace and trace.last_normalize_info else {}
    columns = pipeline.default_schema.tables
    return Report(
        rows={t.name: counts.get(t.name, 0) for t in TABLES if t.name in columns},
        requests=session.budget.stats.requests,
        waited=session.budget.stats.waited,
        retried=session.stats.retried,
        limited=session.budget.stats.limited,
        seconds=seconds,
        unknown=progress.unknown,
        secrets_left_out=[
            f"{table.name}.{column.name}"
            for table in TABLES
            for column in table.columns
            if column.secret and column.name not in columns.get(table.name, {}).get("columns", {})
        ],
        place=_place(pipeline),
        next_command=f"dlt pipeline {pipeline.pipeline_name} info",
    )


def _place(pipeline: Pipeline) -> str:
    config = pipeline.destination_client().config
    database = getattr(getattr(config, "credentials", None), "database", None)
    where = database if pipeline.destination.destination_name == "duckdb" else str(config)
    return f"dataset {pipeline.dataset_name} in {where}"
