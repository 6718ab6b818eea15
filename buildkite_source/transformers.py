"""Pages of items → resources that yield Arrow tables."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TTableSchema
from dlt.extract import DltResource

from .agents import FROM_JOBS
from .client import BuildkiteSession, RawItem, UnexpectedBodyError, UnknownFields
from .history import with_history
from .limits import TableResource
from .log_pages import LogPage
from .rejects import Rejects
from .seen import Seen
from .state import follow_destination, loaded
from .tables import (
    FETCHED_DETAILS,
    JOB_LOG_LINES,
    JOB_LOGS,
    Shaper,
    Table,
    arrow_schema,
    resource_hints,
    table_schema,
)

# What may be kept of a table.
Keep = Callable[[Table], Table]


def list_tables(
    pages: DltResource,
    kind: str,
    defined: tuple[Table, ...],
    logged: bool,
    keep: Keep,
    session: BuildkiteSession,
    history: Collection[str],
) -> Iterator[DltResource]:
    """Yield a resource per table read from one kind of an endpoint's items.

    `logged` endpoints end each of their lists with items that tell what was asked. Tables named
    in `history` get another one, of versions.
    """
    tables = tuple(keep(table) for table in defined)
    rejects = Rejects(keep, session.tell)
    shaper = _shaper(tables, session, rejects)
    yield from with_history(history, pages, tables, partial(_shaped, shaper))
    for table in tables:
        # dlt documents `_impl_cls`, but leaves it out of its overloads.
        yield dlt.transformer(  # type: ignore[call-overload]
            _rows_of(table, kind, logged, shaper, rejects),
            data_from=pages,
            _impl_cls=TableResource,
            **resource_hints(table),
        )


def _rows_of(
    table: Table, kind: str, logged: bool, shaper: Shaper, rejects: Rejects
) -> Callable[[list[RawItem]], Any]:
    seen = Seen(table)

    def rows(items: list[RawItem]) -> Iterator[Any]:
        own = [item for item in items if item.kind == kind]
        if logged and not own and not any(item.kind for item in items):
            # The table is created, even without rows, by the page that brings the log.
            return
        follow_destination(rejects.tell)
        yield _counted(table, _shaped(shaper, table, seen.fill(own)))
        yield from rejects.rows()

    return rows


def catalog_tables(
    pages: DltResource,
    defined: tuple[Table, ...],
    keep: Keep,
    session: BuildkiteSession,
    history: Collection[str],
) -> Iterator[DltResource]:
    """Yield a resource per table read from the pages of one endpoint of the catalog.

    Tables named in `history` get another one, of versions.
    """
    tables = tuple(keep(table) for table in defined)
    rejects = Rejects(keep, session.tell)
    shaper = _shaper(tables, session, rejects)
    yield from with_history(history, pages, tables, partial(_shaped, shaper))
    for table in tables:
        yield dlt.transformer(
            _known_rows_of(table, shaper, rejects, session.base_url),
            data_from=pages,
            selected=False,
            **resource_hints(table),
        )


def _known_rows_of(
    table: Table, shaper: Shaper, rejects: Rejects, base_url: str
) -> Callable[[list[RawItem]], Any]:
    seen = Seen(table)

    def rows(items: list[RawItem]) -> Iterator[Any]:
        follow_destination(rejects.tell)
        if table.append:
            items = [item for item in items if item.context.get("known_from") != FROM_JOBS]
        for item in items:
            known = {"observed_at": item.fetched_at, "base_url": base_url, "known_from": "list"}
            item.context = {**known, **item.context}
        yield _counted(table, _shaped(shaper, table, seen.fill(items)))
        yield from rejects.rows()

    return rows


def detail_table(
    pages: DltResource, defined: Table, keep: Keep, session: BuildkiteSession
) -> DltResource:
    """Return the table of one kind of details, which also tells what it has fetched."""
    table = keep(defined)
    rejects = Rejects(keep, session.tell)
    shaper = _shaper((table,), session, rejects)
    marks = _shaper((FETCHED_DETAILS,), session, rejects)
    hints = resource_hints(FETCHED_DETAILS)
    marks_hints = dlt.mark.make_hints(table_name=hints.pop("name"), **hints)

    @dlt.transformer(data_from=pages, selected=False, **resource_hints(table))
    def details(items: list[RawItem]) -> Iterator[Any]:
        yield _shaped(shaper, table, [item for item in items if not item.kind])
        yield from rejects.rows()
        told = [item for item in items if item.kind]
        # An empty page comes to create the tables.
        if told or not items:
            rows = _shaped(marks, FETCHED_DETAILS, told)
            yield dlt.mark.with_hints(rows, marks_hints, create_table_variant=True)

    return cast(DltResource, details)


def log_tables(pages: DltResource) -> Iterator[DltResource]:
    """Yield the tables of logs and of their lines, to be selected together."""
    _declare((JOB_LOGS, JOB_LOG_LINES))
    shaper = Shaper((JOB_LOGS,))

    def logs(page: LogPage) -> Iterator[pa.Table]:
        yield _shaped(shaper, JOB_LOGS, page.logs)

    def lines(page: LogPage) -> Iterator[pa.Table]:
        yield pa.concat_tables([arrow_schema(JOB_LOG_LINES).empty_table(), *page.lines])

    for table, rows in ((JOB_LOGS, logs), (JOB_LOG_LINES, lines)):
        yield dlt.transformer(rows, data_from=pages, selected=False, **resource_hints(table))


def _shaper(tables: tuple[Table, ...], session: BuildkiteSession, rejects: Rejects) -> Shaper:
    _declare(tables)
    return Shaper(
        tables,
        on_unknown=lambda table, names: session.tell(UnknownFields(table, names)),
        on_rejected=rejects.take,
    )


def _counted(table: Table, rows: pa.Table) -> pa.Table:
    if rows.num_rows:
        loaded(table.name)
    return rows


def _declare(tables: tuple[Table, ...]) -> None:
    for table in tables:
        dlt.current.source_schema().update_table(cast(TTableSchema, table_schema(table)))


def _shaped(shaper: Shaper, table: Table, items: list[RawItem]) -> pa.Table:
    try:
        return shaper(table, items)
    except (ValueError, RecursionError) as error:
        raise UnexpectedBodyError(
            f"A page of {table.name} is not what the API documents: {error}."
        ) from error
