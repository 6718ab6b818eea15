"""Pages of details and of logs → resources that yield Arrow tables."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, RawItem
from buildkite_source.resources.keep import Keep
from buildkite_source.resources.log_rows import LogPage
from buildkite_source.resources.rejects import Rejects
from buildkite_source.resources.tables import declare, shaped, shaper_of
from buildkite_source.tables import (
    EVERY_TABLE,
    FETCHED_DETAILS,
    JOB_LOG_LINES,
    JOB_LOGS,
    Shaper,
    Table,
    arrow_schema,
    resource_hints,
)

from .kinds import DetailKinds
from .logs import LOG_PAGES


def detail_tables(
    pages: Mapping[str, DltResource], kinds: DetailKinds, keep: Keep, session: BuildkiteSession
) -> Iterator[DltResource]:
    """Yield the tables of the kinds of details that a source offers, and of logs."""
    for table in EVERY_TABLE:
        if table.name in kinds.parents:
            yield _detail_table(pages[f"{table.name}_pages"], table, keep, session)
    if kinds.logs:
        yield from _log_tables(pages[LOG_PAGES])


def _detail_table(
    pages: DltResource, defined: Table, keep: Keep, session: BuildkiteSession
) -> DltResource:
    """Return the table of one kind of details, which also tells what it has fetched."""
    table = keep(defined)
    rejects = Rejects(keep, session.tell)
    shaper = shaper_of((table,), session, rejects)
    marks = shaper_of((FETCHED_DETAILS,), session, rejects)
    hints = resource_hints(FETCHED_DETAILS)
    marks_hints = dlt.mark.make_hints(table_name=hints.pop("name"), **hints)

    @dlt.transformer(data_from=pages, selected=False, **resource_hints(table))
    def details(items: list[RawItem]) -> Iterator[Any]:
        yield shaped(shaper, table, [item for item in items if not item.kind])
        yield from rejects.rows()
        told = [item for item in items if item.kind]
        # An empty page comes to create the tables.
        if told or not items:
            rows = shaped(marks, FETCHED_DETAILS, told)
            yield dlt.mark.with_hints(rows, marks_hints, create_table_variant=True)

    return cast(DltResource, details)


def _log_tables(pages: DltResource) -> Iterator[DltResource]:
    """Yield the tables of logs and of their lines, to be selected together."""
    declare((JOB_LOGS, JOB_LOG_LINES))
    shaper = Shaper((JOB_LOGS,))

    def logs(page: LogPage) -> Iterator[pa.Table]:
        yield shaped(shaper, JOB_LOGS, page.logs)

    def lines(page: LogPage) -> Iterator[pa.Table]:
        yield pa.concat_tables([arrow_schema(JOB_LOG_LINES).empty_table(), *page.lines])

    for table, rows in ((JOB_LOGS, logs), (JOB_LOG_LINES, lines)):
        yield dlt.transformer(rows, data_from=pages, selected=False, **resource_hints(table))
