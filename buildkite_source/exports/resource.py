"""The resource `build_exports`: every table that exports fill, and the memory of what was read."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from buildkite_source.buckets import NoObjectError
from buildkite_source.client import BuildkiteSession, RawItem, UnexpectedBodyError
from buildkite_source.resources.keep import Keep
from buildkite_source.resources.log_rows import LogPage
from buildkite_source.resources.tables import declare
from buildkite_source.settings import Scope
from buildkite_source.tables import (
    BUILD_EXPORTS,
    BUILDS,
    EXPORT_DAYS,
    FROM_EXPORT,
    JOB_LOG_LINES,
    JOB_LOGS,
    Table,
    arrow_schema,
    resource_hints,
)
from buildkite_source.warehouse.state import follow_destination
from buildkite_source.warehouse.stored import stands

from . import memory
from .contents import UnreadableError
from .logs import Log, read_log, wanted_logs
from .names import Names
from .reader import DayEnd, ExportReader
from .reading import Contents
from .rows import FILLED, LOG_TABLES, ExportRows, item_of

# What is shaped at once: dlt takes its time for each Arrow table.
_BUILDS, _BYTES = 250, 8 << 20


def build_exports(
    reader: ExportReader,
    keep: Keep,
    session: BuildkiteSession,
    scope: Scope,
    *,
    most: int | None,
    raw_logs: bool,
) -> DltResource:
    """Return the resource; it asks nothing before it is drawn from.

    Args:
        reader: What is to be read; a run goes on with it in its next load.
        keep: Takes from a table what is not to be kept of it.
        session: Hears what happens; sends no request.
        scope: Slugs to load.
        most: Builds of one load; None for all.
        raw_logs: Also keep each line of a log as it came.
    """
    load = _Load(reader, keep, session, scope, most, raw_logs=raw_logs)

    @dlt.resource(selected=False, **resource_hints(BUILD_EXPORTS))
    def build_exports() -> Iterator[Any]:
        yield from load.pages()

    return cast(DltResource, build_exports())


class _Load:
    """What one load takes of the exports."""

    def __init__(
        self,
        reader: ExportReader,
        keep: Keep,
        session: BuildkiteSession,
        scope: Scope,
        most: int | None,
        *,
        raw_logs: bool,
    ) -> None:
        self._reader = reader
        self._keep = keep
        self._session = session
        self._scope = scope
        self._most = most
        self._raw_logs = raw_logs
        self._names = Names()
        self._items: dict[str, list[RawItem]] = {}
        self._folders: list[tuple[Contents, RawItem]] = []
        self._size = 0

    def pages(self) -> Iterator[Any]:
        """Yield Arrow tables, each with the hints of its table."""
        follow_destination(self._session.tell)
        # Made here, as it declares tables to the schema of the load.
        self._rows = ExportRows(self._keep, self._session, self._leave_out)
        yield from self._tables()
        for found in self._reader.draw(self._most):
            if isinstance(found, DayEnd):
                self._end(found)
            elif not found.waiting:
                self._take(found)
            if len(self._folders) >= _BUILDS or self._size >= _BYTES:
                yield from self._page()
        yield from self._page()
        self._session.tell(self._reader.read)
        self._give_back()

    def _tables(self) -> Iterator[Any]:
        """Yield empty tables where the destination lacks them, or columns of them."""
        tables = [*FILLED, JOB_LOG_LINES]
        if self._reader.logs == "none":
            tables = [table for table in tables if table not in LOG_TABLES]
        declare(tuple(self._rows.tables[table.name] for table in tables))
        for table in (self._rows.tables[table.name] for table in tables):
            if not stands(table.name, {column.name for column in table.columns}):
                yield _hinted(table, arrow_schema(table).empty_table())

    def _take(self, found: Contents) -> None:
        """Take the contents of a folder, if it is to be loaded."""
        (build,) = found.items[BUILDS.name]
        context = self._names.context(found.folder, build)
        wanted = self._scope.slugs.items()
        if any(slugs and context[name] not in slugs for name, slugs in wanted):
            self._reader.read.left_out += 1
            return
        context |= {"loaded_from": FROM_EXPORT, "export_key": found.folder.key}
        for table, items in found.items.items():
            for item in items:
                item.context = context
            self._items.setdefault(table, []).extend(items)
        self._folders.append((found, build))
        self._size += found.size
        if not found.unreadable:
            self._remember(found)

    def _remember(self, found: Contents) -> None:
        folder = found.folder
        row = {
            "export_key": folder.key,
            "pipeline_id": folder.pipeline_id,
            "build_id": folder.build_id,
            "exported_on": folder.day.date,
            "objects": len(folder.objects),
            "size": sum(one.size for one in folder.objects),
            "fingerprint": folder.fingerprint(),
            "modified_at": max(one.modified for one in folder.objects).astimezone(UTC),
            **self._of_load(),
        }
        self._add(BUILD_EXPORTS, row, folder.day.organization_id)

    def _end(self, end: DayEnd) -> None:
        row = {
            "id": f"{end.day.organization_id} {end.day.date}",
            "exported_on": end.day.date,
            "newest_on": end.newest_on,
            "builds": end.builds,
            **self._of_load(),
        }
        self._add(EXPORT_DAYS, row, end.day.organization_id)

    def _of_load(self) -> dict[str, Any]:
        load_id = dlt.current.load_package_state()["load_id"]
        return {"logs": self._reader.logs, "load_id": load_id}

    def _add(self, table: Table, row: dict[str, Any], organization_id: str) -> None:
        now = self._session.clock.now().astimezone(UTC)
        item = item_of(row, now, organization_id=organization_id)
        self._items.setdefault(table.name, []).append(item)

    def _page(self) -> Iterator[Any]:
        """Yield what was taken, logs before the memory of them."""
        items, folders = self._items, self._folders
        self._items, self._folders, self._size = {}, [], 0
        yield from self._log_pages(folders, items)
        try:
            pages = list(self._rows.pages(items))
        except UnexpectedBodyError:
            pages = list(self._one_by_one(folders, items))
        for table, rows in pages:
            yield _hinted(table, rows)
        yield from self._rows.rejects.rows()

    def _one_by_one(
        self, folders: list[tuple[Contents, RawItem]], items: dict[str, list[RawItem]]
    ) -> Iterator[tuple[Table, pa.Table]]:
        """Yield the rows of each file by itself, as one holds what is no object of the API."""
        for found, _ in folders:
            for name, of_table in found.items.items():
                try:
                    yield from list(self._rows.pages({name: of_table}))
                except UnexpectedBodyError as error:
                    self._forget(found, items, f"{found.folder.key}: {error}")
        ours = (BUILD_EXPORTS.name, EXPORT_DAYS.name)
        yield from self._rows.pages({name: items.get(name, []) for name in ours})

    def _log_pages(
        self, folders: list[tuple[Contents, RawItem]], items: dict[str, list[RawItem]]
    ) -> Iterator[Any]:
        page = LogPage()
        wanted = [
            (found, log)
            for found, build in folders
            for log in wanted_logs(found.folder, build, self._reader.logs)
        ]
        for (found, log), fetched in self._reader.logs_of(self._due(wanted, items)):
            try:
                with fetched() as file:
                    for part in read_log(log, file, raw=self._raw_logs):
                        page.add(part)
                        if page.full:
                            yield from self._log_page(page)
                            page = LogPage()
            except (UnreadableError, NoObjectError) as error:
                self._forget(found, items, f"{log.stored.key}: {error}")
                continue
            self._reader.read.objects += 1
            self._reader.read.size += log.stored.size
        yield from self._log_page(page)

    def _due(
        self, wanted: list[tuple[Contents, Log]], items: dict[str, list[RawItem]]
    ) -> Iterator[tuple[Contents, Log]]:
        """Yield the logs that are to be read, of those that are wanted."""
        ids = [log.job["job_id"] for _, log in wanted]
        known = memory.fetched_at(JOB_LOGS, "job_id", ids, "status = 'loaded'")
        for found, log in wanted:
            if self._session.budget.stopped:
                # Ctrl-C does not wait for logs: the next run reads the build again, with them.
                self._unremember(found, items)
            elif (at := known.get(log.job["job_id"])) and at > log.stored.modified:
                self._leave_out(1)
            else:
                yield found, log

    def _log_page(self, page: LogPage) -> Iterator[Any]:
        if page.logs:
            rows = self._rows.of(JOB_LOGS.name, page.logs)
            yield _hinted(self._rows.tables[JOB_LOGS.name], rows)
        if page.lines:
            yield _hinted(JOB_LOG_LINES, pa.concat_tables(page.lines))

    def _forget(self, found: Contents, items: dict[str, list[RawItem]], why: str) -> None:
        """Do not remember a folder that could not all be read: the next run tries again."""
        self._reader.read.unreadable += 1
        self._reader.trouble(why)
        self._unremember(found, items)

    def _unremember(self, found: Contents, items: dict[str, list[RawItem]]) -> None:
        day = found.folder.day
        self._reader.troubled.add(day)
        for table, name, value in (
            (BUILD_EXPORTS, "export_key", found.folder.key),
            (EXPORT_DAYS, "id", f"{day.organization_id} {day.date}"),
        ):
            remembered = items.get(table.name, [])
            items[table.name] = [item for item in remembered if item[name] != value]

    def _leave_out(self, rows: int) -> None:
        self._reader.read.newer += rows

    def _give_back(self) -> None:
        """Let tables be those of their own resources again, by which dlt drops and refreshes them.

        It counts rows by resource, so that only what the source offers can have any.
        """
        schema, offered = dlt.current.source_schema(), dlt.current.source().resources
        for name in self._rows.tables:
            if name in schema.tables and name in offered:
                schema.tables[name]["resource"] = name


def _hinted(table: Table, rows: pa.Table) -> Any:
    hints = resource_hints(table)
    made = dlt.mark.make_hints(table_name=hints.pop("name"), **hints)
    return dlt.mark.with_hints(rows, made, create_table_variant=True)
