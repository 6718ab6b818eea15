"""One run: finish what an earlier run left, fetch what is new, load it, report."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dlt
from dlt import Pipeline
from dlt.common.destination.client import DestinationClientDwhConfiguration
from dlt.common.destination.utils import resolve_merge_strategy

from buildkite_source import BuildkiteSession, buildkite_source
from buildkite_source.source import Connection, open_session
from buildkite_source.tables import TABLES, Table, comment_statements

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
    repaired = finish_pending(pipeline)
    pipeline.run(source)
    comment(pipeline, every_table=repaired)
    return _report(plan, pipeline, session, progress, time.monotonic() - started)


def finish_pending(pipeline: Pipeline) -> bool:
    """Load what a run that died has left behind, and return whether there was anything.

    `Pipeline.run` would do so as well, but return without extracting anything new.
    """
    if not pipeline.has_pending_data:
        return False
    pipeline.normalize()
    pipeline.load()
    return True


def comment(pipeline: Pipeline, *, every_table: bool = False) -> None:
    """Write the descriptions as `COMMENT ON` where the destination has it.

    dlt keeps descriptions in its schema only. Comments change with the schema, so they are
    written after loads that changed a table, and to every table after a run that died.
    """
    info = pipeline.last_trace.last_load_info if pipeline.last_trace else None
    changed = (
        {name for package in info.load_packages for name in package.schema_update} if info else ()
    )
    known = pipeline.default_schema.data_table_names() if every_table else changed
    tables = [table for table in TABLES if table.name in known]
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
    plan: Plan,
    pipeline: Pipeline,
    session: BuildkiteSession,
    progress: RunProgress,
    seconds: float,
) -> Report:
    trace = pipeline.last_trace
    counts = trace.last_normalize_info.row_counts if trace and trace.last_normalize_info else {}
    columns = pipeline.default_schema.tables
    tables = [table for table in TABLES if table.name in (plan.resources or columns)]
    return Report(
        rows={table.name: counts.get(table.name, 0) for table in tables},
        requests=session.budget.stats.requests,
        waited=session.budget.stats.waited,
        retried=session.stats.retried,
        limited=session.budget.stats.limited,
        seconds=seconds,
        unknown=progress.unknown,
        secrets_left_out=[
            f"{table.name}.{column.name}"
            for table in tables
            for column in table.columns
            if column.secret and column.name not in columns.get(table.name, {}).get("columns", {})
        ],
        appends=_appends(pipeline, tables),
        place=_place(pipeline),
        next_command=f"dlt pipeline {pipeline.pipeline_name} info",
    )


def _appends(pipeline: Pipeline, tables: Sequence[Table]) -> bool:
    """Whether the destination cannot merge these tables, as plain files cannot."""
    schema, capabilities = pipeline.default_schema, pipeline.destination.capabilities()
    return any(
        resolve_merge_strategy(schema.tables, schema.tables[table.name], capabilities) is None
        for table in tables
        if table.name in schema.tables
    )


def _place(pipeline: Pipeline) -> str:
    config = pipeline.destination_client().config
    database = getattr(getattr(config, "credentials", None), "database", None)
    where = database if pipeline.destination.destination_name == "duckdb" else str(config)
    name = pipeline.dataset_name
    if isinstance(config, DestinationClientDwhConfiguration):
        # Many destinations take fewer characters than a name may have.
        name = config.normalize_dataset_name(pipeline.default_schema) or name
    return f"dataset {name} in {where}"
