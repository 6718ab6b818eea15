"""One whole run: what an earlier run left, changes, history in parts, details, views, a report."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from dlt import Pipeline

from buildkite_source.connection import open_graphql, open_session
from buildkite_source.defaults import EXPORTS
from buildkite_source.events import FINISHED, Event
from buildkite_source.exports.reader import ExportReader
from buildkite_source.resources.history import history_name
from buildkite_source.settings import (
    OF_RUN,
    Connection,
    Details,
    Exports,
    History,
    Runs,
    Scope,
    configured,
    connection_of,
)
from buildkite_source.tables import BUILDS, EVENTS, JOBS, MISSING_BUILDS, SLICES
from buildkite_source.warehouse.reader import keep_copy_ready
from buildkite_source.windows import to_api

from .advice import RejectedRowsError
from .choice import EXPORTED, EXPORTS_RESOURCE, Choice, chosen, settings_given
from .details import load_details
from .exports import load_exports
from .guards import OpenFile, one_at_a_time
from .journal import OF_EVENTS, write_journal
from .loader import Loader
from .progress import RunProgress
from .recovery import finish_or_set_aside, mend_default_schema, mend_files, notes
from .report import Report, report_of
from .table_format import adapt_destination, use_table_format
from .views import refresh_views

Command = Literal["sync", "backfill", "logs", "exports"]

# What of a first load is history, and may be completed by others.
_HISTORY = (BUILDS.name, JOBS.name, SLICES.name, MISSING_BUILDS.name)


def load(
    pipeline: Pipeline,
    command: Command = "sync",
    resources: Iterable[str] | str | None = None,
    logs: str | None = None,
    *,
    hints: Iterable[Event] | None = None,
    account: str | None = None,
    connection: Connection | None = None,
    progress: RunProgress | None = None,
    table_format: str | None = None,
    **settings: Any,
) -> Report:
    """Load Buildkite into a dlt pipeline, to any destination, and make all of it whole.

    What `buildkite-pipeline` does, for schedulers and scripts: finish what a run that died left
    behind, follow changes, complete the history in parts that are kept one by one, fetch details
    within a budget, describe tables, write the journal (`runs`, `waiting_details`), make the
    metric views. Safe to call in a thread, and on a fresh worker: where there is no local state,
    that of the destination is used.

        pipeline = dlt.pipeline("buildkite_pipeline", destination="postgres", dataset_name="ci")
        print(load(pipeline, resources=["core", "details"], logs="failed", since="90d"))

    Args:
        pipeline: Where to load to; its state is this source's memory.
        command: `sync` follows changes and completes the history; `backfill` does the latter only;
            `logs` only fetches details and logs of what is loaded; `exports` reads build exports,
            from where `exports_from` says, and needs no token.
        resources: Names of tables, or groups of them (`core`, `details`, `teams`, `all`); the core
            by default. See docs/resources.md.
        logs: Which job logs to fetch: `failed`, `all`, `none`, or a condition in SQL on `jobs`.
        hints: Events that were received, as `event_of` returns them: only the builds that they name
            are read, by the fewest requests, details that were chosen of those that finished, and
            the events go into the table `events`. What the ordinary runs know of the history stays
            as it is. See docs/events.md.
        account: Whose token to use, of `[sources.buildkite_source.accounts]`.
        connection: How to reach the API, in place of the configuration.
        progress: Hears of every page, wait and row; nothing is shown by default.
        table_format: How files are kept, in place of the configured one: `delta` or `iceberg`.
        settings: Any setting of the source on scope, history, details and privacy, such as
            `since` or `organizations`, in place of the configured one.

    Returns:
        What was done, to print or as a dict (`asdict`).

    Raises:
        BusyError: Another run of the pipeline is under way on this machine.
        SettingError: A setting, or the name of a resource, cannot be used.
        RejectedRowsError: Objects were set aside, and `rejected_rows` is `fail`; it has the report.
        BuildkiteError: The API refused, or could not be reached; the text says what to do. What
            was loaded before is kept, and the next run goes on from there.
        PipelineStepFailed: Of dlt, when the destination fails; see `explain`.
    """
    given = settings_given(settings, logs, command)
    choice = chosen(resources, logs, command)
    events = None if hints is None else list(hints)
    with one_at_a_time(pipeline.pipeline_name, pipeline.pipelines_dir):
        connection = connection or connection_of(account)
        heard, shown = progress or RunProgress(), pipeline.collector
        pipeline.collector = heard
        try:
            run = _Run(
                pipeline, connection, heard, command, choice, account, table_format, given, events
            )
            return run.run()
        finally:
            pipeline.collector = shown


class _Run:
    def __init__(
        self,
        pipeline: Pipeline,
        connection: Connection,
        progress: RunProgress,
        command: str,
        choice: Choice,
        account: str | None,
        table_format: str | None,
        given: Mapping[str, Any],
        events: list[Event] | None,
    ) -> None:
        self._events = events
        self._pipeline = pipeline
        self._progress = progress
        self._command = command if events is None else OF_EVENTS
        self._choice = choice
        self._account = account
        # Settings of the source in place of the configured ones.
        self._given = given
        # Exports are read without the API, and without a token.
        late = connection.late_credential() if command == EXPORTS else None
        self._session = open_session(connection, credential=late)
        self._session.listener = self._progress.on_event
        self._graphql = open_graphql(self._session, connection.graphql_url)
        self._settings = configured(Runs)
        self._settings.check()
        self._wanted_format = table_format or self._settings.table_format
        self._versioned = self._setting(Scope, "history") or []
        pages = self._setting(History, "pages_per_load")
        self._loader = Loader(
            pipeline, self._session, self._graphql, choice, {"pages_per_load": pages, **given}
        )
        self._started, self._started_at = time.monotonic(), datetime.now(UTC)
        self._mended = [*notes(pipeline), *mend_files(pipeline)]
        self._file = OpenFile(pipeline)
        adapt_destination(pipeline)

    def run(self) -> Report:
        with self._file:
            report = self._run()
        if self._events is None:  # they come every few seconds, and readers do not
            keep_copy_ready(self._file.path)
        return report

    def _run(self) -> Report:
        self._loader.describe_all, aside = finish_or_set_aside(self._pipeline)
        self._mended += filter(None, [aside])
        self._pipeline.sync_destination()
        self._pipeline._state_restored = True  # or its first `run()` would do it once more
        mend_default_schema(self._pipeline)
        self._loader.table_format = use_table_format(self._pipeline, self._wanted_format)
        error: BaseException | None = None
        try:
            if self._events is not None:
                self._load_hints(self._events)
            elif self._command == EXPORTS:
                self._load_exports()
            elif self._choice.lists:
                self._load_lists()
            if self._events is None and self._choice.details and not self._session.budget.stopped:
                self._load_details()
        except BaseException as raised:
            error = raised
            # DuckDB answers nobody any more after some errors, such as a full disk.
            self._file.close()
            raise
        finally:
            self._journal(error)
        report = self._report()
        if report.rejected and self._settings.rejected_rows_fail:
            raise RejectedRowsError(report)
        return report

    def _setting(self, theme: Any, name: str) -> Any:
        """Return a setting of the source: as given, as configured, or where a run begins."""
        given = self._given.get(name)
        found = getattr(configured(theme), name) if given is None else given
        return OF_RUN.get(name) if found is None else found

    def _requests(self) -> int:
        graphql = self._graphql.stats.requests if self._graphql else 0
        return self._session.budget.stats.requests + graphql

    def _load_lists(self) -> None:
        until = self._given.get("until")
        first = True
        while True:
            self._progress.more.clear()
            self._progress.until.clear()
            self._loader.load(
                self._names(first=first), {"until": until, "again": None if first else False}
            )
            if self._session.budget.stopped or not any(self._progress.more.values()):
                return
            # What is left is history before this run; changes were followed by its first load.
            until = until or to_api(min(self._progress.until))
            first = False
            # What DuckDB keeps of the file in memory does not grow with the history.
            self._file.open()

    def _load_exports(self) -> None:
        theme = Exports(
            **{name: self._setting(Exports, name) for name in Exports().get_resolvable_fields()}
        )

        def load_next(reader: ExportReader) -> None:
            own = {"exports_per_load": theme.exports_per_load}
            self._loader.load((EXPORTS_RESOURCE,), own, reader)
            self._file.open()

        again = bool(self._setting(History, "again"))
        load_exports(self._pipeline, theme, self._session, load_next, again=again)

    def _names(self, *, first: bool) -> tuple[str, ...]:
        """Return the tables of the first load, which also reads what is no history, or the rest."""
        names = self._choice.lists
        if first and self._command != "backfill":
            versions = (history_name(name) for name in self._versioned if name in names)
            return (*names, *versions)
        return tuple(name for name in names if name in _HISTORY) or _HISTORY

    def _load_hints(self, events: list[Event]) -> None:
        """Load the builds that events name, and the events; nothing moves what passes know."""
        names = [name for name in self._choice.lists if name in _HISTORY]
        names += [history_name(name) for name in self._versioned if name in names]
        self._loader.load((*names, EVENTS.name), {"hints": events})
        finished = [event for event in events if event["event"] == FINISHED]
        if finished and self._progress.hinted["read"] and not self._session.budget.stopped:
            self._load_details(finished)

    def _load_details(self, of: Sequence[Event] = ()) -> None:
        load_details(
            self._choice.details,
            self._loader.load,
            self._session,
            self._progress,
            self._requests,
            max_requests=self._setting(Details, "max_requests"),
            max_bytes=self._setting(Details, "max_bytes"),
            of=of,
        )

    def _journal(self, error: BaseException | None) -> None:
        """Write the run into the destination, unless the destination is what failed."""
        try:
            write_journal(
                self._pipeline,
                self._session,
                self._progress,
                rows=self._loader.rows,
                command=self._command,
                account=self._account,
                started_at=self._started_at,
                seconds=time.monotonic() - self._started,
                requests=self._requests(),
                table_format=self._loader.table_format,
                error=type(error).__name__ if error else None,
            )
        except Exception:
            if error is None:
                raise

    def _report(self) -> Report:
        choice = self._choice
        return report_of(
            self._pipeline,
            self._session,
            self._progress,
            config=self._file.config,
            rows=self._loader.rows,
            tables={
                *(*choice.lists, *choice.details),
                *(EXPORTED if self._progress.exports else ()),
                *([EVENTS.name] if self._events else ()),
            },
            requests=self._requests(),
            seconds=time.monotonic() - self._started,
            mended=self._mended,
            views=refresh_views(self._pipeline, self._progress),
        )
