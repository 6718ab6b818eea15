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

_COLUMNS = {RUNS: RUN_COLUMNS, WAITING: WAITING_COLUMNS}
_REPLACED = {WAITING}

# Where few rows are written by statements: a load of its own is a fifth of a sync with nothing new.
BY_STATEMENT = {"dlt.destinations.duckdb", "dlt.destinations.postgres"}
_FEW = 50


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
    tables = {RUNS: [row]}
    # What waits besides the builds that events named is for an ordinary run to find.
    if progress.details and run["command"] != OF_EVENTS:
        tables[WAITING] = _waiting(progress.details)
    if not _written(pipeline, tables):
        load_beside(pipeline, [_table(*table) for table in tables.items()], table_format)


def missing_tables(pipeline: Pipeline, *, details: bool) -> list[Any]:
    """Return resources that make the journal's tables, without rows, as part of a run's own load.

    Only where rows can then be added by statements, and none for tables that there are.

    Args:
        pipeline: Where the run loads to.
        details: Whether it reads details.
    """
    if pipeline.destination.destination_type not in BY_STATEMENT:
        return []
    schema = schema_of(pipeline)
    names = [RUNS, WAITING] if details else [RUNS]
    return [_table(name, []) for name in names if not schema or name not in schema.tables]


def _written(pipeline: Pipeline, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Write rows as part of the run's last load; False where that cannot be done."""
    schema, trace = schema_of(pipeline), pipeline.last_trace
    loaded = trace.last_load_info.loads_ids if trace and trace.last_load_info else []
    if pipeline.destination.destination_type not in BY_STATEMENT or not schema or not loaded:
        return False
    if max(map(len, tables.values())) > _FEW:
        return False
    for name in tables:
        if not _COLUMNS[name].keys() <= schema.tables.get(name, {}).get("columns", {}).keys():
            return False
    with pipeline.sql_client(schema.name) as client:
        try:
            _write(client, tables, loaded[-1])
        except (DatabaseUndefinedRelation, DatabaseTerminalException):
            # Somebody has dropped a table, or a column. dlt makes one anew only where it
            # replaces or merges rows, and would fail here with every run.
            _make_whole(pipeline, schema.name, list(tables))
            _write(client, tables, loaded[-1])
    return True


def _write(client: Any, tables: Mapping[str, Sequence[Mapping[str, Any]]], load_id: str) -> None:
    with client.begin_transaction():
        for name, rows in tables.items():
            table = client.make_qualified_table_name(name)
            if name in _REPLACED:
                client.execute_sql(f"DELETE FROM {table}")  # noqa: S608
            for row in rows:
                told = {**row, "_dlt_load_id": load_id, "_dlt_id": uniq_id(10)}
                names = ", ".join(client.escape_column_name(column) for column in told)
                values = ", ".join(["%s"] * len(told))
                client.execute_sql(
                    f"INSERT INTO {table} ({names}) VALUES ({values})",  # noqa: S608
                    *told.values(),
                )


def _make_whole(pipeline: Pipeline, schema: str, tables: list[str]) -> None:
    with pipeline.destination_client(schema) as client:
        client.update_stored_schema(only_tables=tables, force=True)


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


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return the resource of a table of the journal; its columns do not depend on the rows."""

    @dlt.resource(
        name=name,
        write_disposition="replace" if name in _REPLACED else "append",
        columns={**_COLUMNS[name]},
    )
    def table() -> Iterator[Any]:
        if rows:
            yield list(rows)
        yield dlt.mark.materialize_table_schema()

    return table()


def _waiting(details: Mapping[str, DetailsRead]) -> list[dict[str, Any]]:
    """Return the rows of what was wanted and not fetched."""
    return [
        {
            "kind": kind,
            "priority": priority,
            "reason": read.reason,
            "organization_id": one["organization_id"],
            "build_id": one["build_id"],
            "job_id": one.get("job_id"),
            "created_at": one["created_at"],
        }
        for kind, read in sorted(details.items())
        for priority, one in enumerate(read.waiting, 1)
    ]
