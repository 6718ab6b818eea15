"""The journal, kept beside the data: what each run did (`runs`), and what it left to the next."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import dlt
from dlt import Pipeline, Schema
from dlt.common.runtime.collector import NULL_COLLECTOR
from dlt.common.schema.typing import TTableFormat
from dlt.common.utils import uniq_id
from dlt.destinations.exceptions import DatabaseTerminalException, DatabaseUndefinedRelation
from dlt.pipeline.trace import save_trace

from buildkite_source.client import BuildkiteSession, DetailsRead
from buildkite_source.tables import BUILDS, JOBS
from buildkite_source.warehouse.stored import SOURCE, schema_of

from .journal_columns import RUN_COLUMNS, WAITING_COLUMNS
from .progress import RunProgress

RUNS = "runs"
WAITING = "waiting_details"
OF_EVENTS = "events"

# Where few rows are written by statements: a load of its own is a fifth of a sync with nothing new.
BY_STATEMENT = {"dlt.destinations.duckdb", "dlt.destinations.postgres"}


def write_journal(
    pipeline: Pipeline,
    session: BuildkiteSession,
    progress: RunProgress,
    *,
    rows: Mapping[str, int],
    table_format: TTableFormat | None = None,
    **run: Any,
) -> None:
    """Append a run to `runs`, and replace `waiting_details` where all details were asked for.

    Nothing is written while data waits to be loaded: that would be loaded first, and the journal
    left out.

    Args:
        pipeline: Where the run has loaded to.
        session: What it has asked.
        progress: What it has heard, also of details.
        rows: Rows loaded by table.
        table_format: How the tables are kept in files; None for plain ones.
        run: Further columns of `runs`.
    """
    if pipeline.has_pending_data:
        return
    stats = session.budget.stats
    row = {
        **run,
        "waited": stats.waited,
        "retried": session.stats.retried,
        "limited": stats.limited,
        "builds": rows[BUILDS.name],
        "jobs": rows[JOBS.name],
        "left_out": sum(progress.left_out.values()),
    }
    # What waits besides the builds that events named is for an ordinary run to find.
    if progress.details and run["command"] != OF_EVENTS:
        load_beside(pipeline, [_runs(row), _waiting_details(progress.details)], table_format)
    elif not _added(pipeline, row):
        load_beside(pipeline, [_runs(row)], table_format)


def _added(pipeline: Pipeline, row: Mapping[str, Any]) -> bool:
    """Add a row to `runs`, as part of the run's last load; False where that cannot be done."""
    schema, trace = schema_of(pipeline), pipeline.last_trace
    loaded = trace.last_load_info.loads_ids if trace and trace.last_load_info else []
    if pipeline.destination.destination_type not in BY_STATEMENT or not schema or not loaded:
        return False
    told = {name: value for name, value in row.items() if value is not None}
    told |= {"_dlt_load_id": loaded[-1], "_dlt_id": uniq_id(10)}
    if not told.keys() <= schema.tables.get(RUNS, {}).get("columns", {}).keys():
        return False
    with pipeline.sql_client(schema.name) as client:
        names = ", ".join(client.escape_column_name(name) for name in told)
        values = ", ".join(["%s"] * len(told))
        table = client.make_qualified_table_name(RUNS)
        add = f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608
        try:
            client.execute_sql(add, *told.values())
        except (DatabaseUndefinedRelation, DatabaseTerminalException):
            # Somebody has dropped the table, or a column. dlt makes one anew only where it
            # replaces or merges rows, and would fail here with every run.
            _make_whole(pipeline, schema.name)
            client.execute_sql(add, *told.values())
    return True


def _make_whole(pipeline: Pipeline, schema: str) -> None:
    with pipeline.destination_client(schema) as client:
        client.update_stored_schema(only_tables=[RUNS], force=True)


def load_beside(pipeline: Pipeline, told: list[Any], table_format: TTableFormat | None) -> None:
    """Load tables that are no part of a run; the trace of the pipeline stays that of the run."""
    trace, watched = pipeline.last_trace, pipeline.collector
    # The run is over for whoever watches.
    pipeline.collector = NULL_COLLECTOR
    try:
        # A schema of its own would become the default one where nothing was loaded yet.
        schema = schema_of(pipeline) or Schema(SOURCE)
        pipeline.run(told, schema=schema, table_format=cast(TTableFormat, table_format))
    finally:
        pipeline.collector = watched
        if trace:
            pipeline._last_trace = trace
            save_trace(pipeline.working_dir, trace)


def _runs(row: Mapping[str, Any]) -> Any:
    """Return the resource that appends one run; its columns do not depend on the run."""

    @dlt.resource(
        name=RUNS,
        write_disposition="append",
        columns={**RUN_COLUMNS},
    )
    def runs() -> Iterator[Mapping[str, Any]]:
        yield row

    return runs()


def _waiting_details(details: Mapping[str, DetailsRead]) -> Any:
    """Return the resource that replaces the table of what was wanted and not fetched."""

    @dlt.resource(
        name=WAITING,
        write_disposition="replace",
        columns={**WAITING_COLUMNS},
    )
    def waiting_details() -> Iterator[Sequence[dict[str, Any]]]:
        for kind, read in sorted(details.items()):
            rows = [
                {
                    "kind": kind,
                    "priority": priority,
                    "reason": read.reason,
                    "organization_id": one["organization_id"],
                    "build_id": one["build_id"],
                    "job_id": one.get("job_id"),
                    "created_at": one["created_at"],
                }
                for priority, one in enumerate(read.waiting, 1)
            ]
            if rows:
                yield rows
        yield dlt.mark.materialize_table_schema()

    return waiting_details()
