"""One run: finish what an earlier run left, load slice after slice, report."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dlt
from dlt import Pipeline, Schema

from buildkite_source import buildkite_source
from buildkite_source.connection import open_graphql, open_session
from buildkite_source.resources.history import history_name
from buildkite_source.settings import Connection, SettingError
from buildkite_source.tables import BUILDS, EVERY_TABLE, JOBS, MISSING_BUILDS, SLICES, TABLES
from buildkite_source.warehouse.stored import SOURCE, schema_of
from buildkite_source.windows import to_api

from .choice import CATALOG
from .comments import comment
from .details import DETAIL_NAMES, Wish, load_details, waiting
from .failures import may_pass
from .guards import one_at_a_time, stop_on_interrupt
from .journal import journal, run_row
from .progress import RunProgress
from .recovery import (
    finish_pending,
    mend_default_schema,
    set_damaged_aside,
    set_pending_aside,
)
from .report import Report, appends, location_of
from .views import refresh_views

REJECTED_ROWS = "keep_going"
_FAIL = "fail"

# History is loaded in parts of this many pages, each of which is kept once it is loaded.
PAGES_PER_LOAD = 25


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is to do.

    Attributes:
        pipeline_name: Name of the dlt pipeline, which keeps its state.
        destination: Name of a dlt destination.
        dataset: Dataset of the tables.
        account: Name of the account, if there are several.
        command: `sync` follows changes and completes the history; `backfill` only the latter;
            `logs` loads details only.
        organizations: Slugs, or empty for all.
        pipelines: Slugs, or empty for all.
        since: How far back, or None for the setting.
        until: Up to when, for a backfill; None for now.
        again: Read the wanted history anew, whatever earlier runs know of it.
        resources: Tables of lists to load, or None for the core; () loads details only.
        optional: Those of them that are left out where the token may not read them.
        details: Annotations, artifacts and logs to load as well.
    """

    pipeline_name: str
    destination: str
    dataset: str
    account: str | None = None
    command: str = "sync"
    organizations: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    again: bool = False
    resources: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    details: Wish = field(default_factory=Wish)


def run(plan: Plan, progress: RunProgress, connection: Connection) -> Report:
    """Load what the plan names and return the report.

    Args:
        plan: What to load and where to.
        progress: Hears of every page, wait and row.
        connection: How to reach the API.

    Raises:
        BusyError: Another run of the pipeline is under way on this machine.
        PipelineStepFailed: With the cause inside, for `failures.explain`.
    """
    with one_at_a_time(plan.pipeline_name):
        return _Run(plan, progress, connection).run()


class _Run:
    def __init__(self, plan: Plan, progress: RunProgress, connection: Connection) -> None:
        self._plan = plan
        self._progress = progress
        self._session = open_session(connection)
        self._session.listener = progress.on_event
        self._graphql = open_graphql(self._session, connection.graphql_url)
        self._rejected_rows = rejected_rows()
        self._rows: Counter[str] = Counter()
        self._repaired = False
        self._started = time.monotonic()
        self._started_at = datetime.now(UTC)
        self._mended = list(filter(None, [set_damaged_aside(plan.pipeline_name)]))
        self._pipeline = self._open()

    def run(self) -> Report:
        self._finish_pending()
        self._pipeline.sync_destination()
        mend_default_schema(self._pipeline)
        error: BaseException | None = None
        try:
            if self._plan.command != "logs" and self._plan.resources != ():
                self._load_all()
            if self._plan.details.resources and not self._session.budget.stopped:
                load_details(
                    self._plan.details,
                    self._load_part,
                    self._session,
                    self._progress,
                    self._requests,
                )
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._journal(error)
        return self._report()

    def _open(self) -> Pipeline:
        return dlt.pipeline(
            self._plan.pipeline_name,
            destination=self._plan.destination,
            dataset_name=self._plan.dataset,
            progress=self._progress,
        )

    def _finish_pending(self) -> None:
        try:
            self._repaired = finish_pending(self._pipeline)
        except Exception as error:
            if may_pass(error, self._plan.destination):
                raise
            # It would fail for ever.
            self._mended.append(set_pending_aside(self._plan.pipeline_name, error))
            self._pipeline = self._open()

    def _requests(self) -> int:
        graphql = self._graphql.stats.requests if self._graphql else 0
        return self._session.budget.stats.requests + graphql

    def _load_all(self) -> None:
        until = self._plan.until
        first = True
        while True:
            self._progress.more.clear()
            self._progress.until.clear()
            self._load(self._source(until, first))
            if self._session.budget.stopped or not any(self._progress.more.values()):
                return
            # What is left is history before this run; changes were followed by its first load.
            until = until or to_api(min(self._progress.until))
            first = False

    def _load(self, source: Any) -> None:
        with stop_on_interrupt(self._session):
            self._pipeline.run(source)
        self._count()
        comment(self._pipeline, every_table=self._repaired)
        self._repaired = False

    def _load_part(self, names: tuple[str, ...], arguments: dict[str, Any]) -> None:
        self._load(self._new_source(arguments).with_resources(*names))

    def _source(self, until: str | None, first: bool) -> Any:
        plan = self._plan
        again = True if plan.again and first else None
        source = self._new_source({"since": plan.since, "until": until, "again": again})
        names = plan.resources or tuple(table.name for table in TABLES)
        kept = dlt.config.get("sources.buildkite_source.history", list) or []
        names = (*names, *(history_name(name) for name in kept if name in names))
        if not first or plan.command == "backfill":
            history = (BUILDS.name, JOBS.name, SLICES.name, MISSING_BUILDS.name)
            names = tuple(name for name in names if name in history) or history
        return source.with_resources(*names)

    def _new_source(self, arguments: dict[str, Any]) -> Any:
        arguments = {
            "organizations": list(self._plan.organizations),
            "pipelines": list(self._plan.pipelines),
            "optional": list(self._plan.optional),
            "catalog": [
                *DETAIL_NAMES,
                *(name for name in self._plan.resources or () if name in CATALOG),
            ],
            **arguments,
        }
        return buildkite_source(
            session=self._session,
            graphql=self._graphql,
            base_url=self._session.base_url,
            pages_per_load=pages_per_load(),
            **{
                name: value
                for name, value in arguments.items()
                if value is not None and (value != [] or name == "catalog")
            },
        )

    def _count(self) -> None:
        trace = self._pipeline.last_trace
        if trace and trace.last_normalize_info:
            self._rows.update(trace.last_normalize_info.row_counts)

    def _journal(self, error: BaseException | None) -> None:
        """Write the run into the destination, unless the destination is what failed."""
        stats = self._session.budget.stats
        row = run_row(
            self._plan.command,
            self._started_at,
            {
                "account": self._plan.account,
                "requests": self._requests(),
                "waited": stats.waited,
                "retried": self._session.stats.retried,
                "limited": stats.limited,
                "builds": self._rows[BUILDS.name],
                "jobs": self._rows[JOBS.name],
                "left_out": sum(self._progress.left_out.values()),
                "error": type(error).__name__ if error else None,
            },
        )
        try:
            if not self._pipeline.has_pending_data:
                # The run is over for whoever watches.
                self._pipeline.collector = RunProgress()
                told = [journal(row)]
                if self._progress.details:
                    told.append(waiting(self._progress))
                # A schema of its own would become the default one where nothing was loaded yet.
                self._pipeline.run(told, schema=schema_of(self._pipeline) or Schema(SOURCE))
        except Exception:
            if error is None:
                raise

    def _report(self) -> Report:
        stats = self._session.budget.stats
        schema = schema_of(self._pipeline)
        columns = schema.tables if schema else {}
        lists = self._plan.resources
        if lists is None:
            lists = tuple(table.name for table in TABLES if table.name in columns)
        wanted = {*(lists if self._plan.command != "logs" else ()), *self._plan.details.resources}
        tables = [table for table in EVERY_TABLE if table.name in wanted]
        return Report(
            rows={table.name: self._rows[table.name] for table in tables},
            requests=self._requests(),
            waited=stats.waited,
            retried=self._session.stats.retried,
            limited=stats.limited,
            seconds=time.monotonic() - self._started,
            unknown=self._progress.unknown,
            secrets_left_out=[
                f"{table.name}.{column.name}"
                for table in tables
                for column in table.columns
                if column.secret
                and column.name not in columns.get(table.name, {}).get("columns", {})
            ],
            lost_left_out=sum(self._progress.left_out.values()),
            blocked_left_out=sum(self._progress.standing.values()),
            oldest=self._progress.oldest,
            graphql=self._progress.graphql,
            skipped=list(self._progress.skipped.values()),
            mended=[*self._mended, *map(_told, self._progress.replaced)],
            rejected=list(self._progress.rejected),
            failed=bool(self._progress.rejected) and self._rejected_rows == _FAIL,
            details=list(self._progress.details.values()),
            a_minute=self._session.budget.a_minute(),
            stopped=self._session.budget.stopped,
            appends=appends(self._pipeline, tables),
            views=refresh_views(self._pipeline),
            place=location_of(self._pipeline),
            next_command=f"dlt pipeline {self._pipeline.pipeline_name} info",
        )


def _told(reason: str) -> str:
    return f"What earlier loads left in dlt's state was not used as it was: {reason}."


def pages_per_load() -> int:
    """Return how many pages of history to load at once: the setting of the source, or 25."""
    return dlt.config.get("sources.buildkite_source.pages_per_load", int) or PAGES_PER_LOAD


def rejected_rows() -> str:
    """Return whether a run that met unusable rows is to `fail`, once all others are loaded.

    Raises:
        SettingError: The setting is neither that nor `keep_going`.
    """
    chosen = dlt.config.get("sources.buildkite_source.rejected_rows", str) or REJECTED_ROWS
    if chosen not in (REJECTED_ROWS, _FAIL):
        raise SettingError(
            f"The setting rejected_rows must be {REJECTED_ROWS} or {_FAIL}, unlike {chosen!r}."
        )
    return chosen
