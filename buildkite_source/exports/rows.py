"""Contents of build folders → Arrow tables, by the definitions that the API's pages go by."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import orjson
import pyarrow as pa

from buildkite_source.client import BuildkiteSession, RawItem
from buildkite_source.resources.keep import Keep
from buildkite_source.resources.rejects import Rejects
from buildkite_source.resources.tables import counted, shaped, shaper_of
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    BUILD_EXPORTS,
    BUILDS,
    EXPORT_DAYS,
    JOB_LOG_LINES,
    JOB_LOGS,
    JOBS,
    STEP_UPLOADS,
    Table,
)

from . import memory

# Tables that come together, from one kind of file.
_TOGETHER = (
    (BUILDS, JOBS),
    (ANNOTATIONS,),
    (ARTIFACTS,),
    (STEP_UPLOADS,),
    (BUILD_EXPORTS,),
    (EXPORT_DAYS,),
    (JOB_LOGS,),
)
FILLED = tuple(table for tables in _TOGETHER for table in tables)
LOG_TABLES = (JOB_LOGS, JOB_LOG_LINES)
# What is decided before it is read, or is about the reading.
_OURS = (BUILD_EXPORTS.name, EXPORT_DAYS.name, JOB_LOGS.name)
# What is found by the build that it hangs on; all else by its own key.
_OF_BUILD = {table.name for table in (JOBS, ANNOTATIONS, ARTIFACTS, STEP_UPLOADS)}


class ExportRows:
    """Shapes the rows of every table that exports fill.

    Args:
        keep: Takes from a table what is not to be kept of it.
        session: Hears of unknown fields and rejected objects.
        left_out: Called with the number of rows of which a newer version is loaded.
    """

    def __init__(
        self, keep: Keep, session: BuildkiteSession, left_out: Callable[[int], None]
    ) -> None:
        self.rejects = Rejects(keep, session.tell)
        self._left_out = left_out
        self.tables: dict[str, Table] = {}
        self._shapers = {}
        for together in _TOGETHER:
            kept = tuple(keep(table) for table in together)
            shaper = shaper_of(kept, session, self.rejects)
            for table in kept:
                self.tables[table.name] = table
                self._shapers[table.name] = shaper
        self.tables[JOB_LOG_LINES.name] = JOB_LOG_LINES

    def of(self, name: str, items: list[RawItem]) -> pa.Table:
        """Return the rows of a table in items, without those of which a newer version is loaded."""
        table = self.tables[name]
        rows = shaped(self._shapers[name], table, items)
        if name in _OURS:
            return rows
        return counted(table, self._newest(table, rows))

    def pages(self, items: Mapping[str, list[RawItem]]) -> Iterator[tuple[Table, pa.Table]]:
        """Yield the tables that have rows, a build always with its jobs."""
        for table in FILLED:
            found = items.get(BUILDS.name if table is JOBS else table.name)
            if found:
                rows = self.of(table.name, found)
                if rows.num_rows:
                    yield self.tables[table.name], rows

    def _newest(self, table: Table, rows: pa.Table) -> pa.Table:
        """Return rows without those that are loaded as they were later."""
        key = table.primary_key[0]
        column = "build_id" if table.name in _OF_BUILD else key
        values = [value for value in rows[column].unique().to_pylist() if value]
        known = memory.fetched_at(table, column, values)
        if not known:
            return rows
        never = datetime.min
        own = zip(rows[key].to_pylist(), rows["fetched_at"].to_pylist(), strict=True)
        wanted = [
            (stored := known.get(name)) is None or (at or never) >= stored for name, at in own
        ]
        self._left_out(wanted.count(False))
        return rows.filter(pa.array(wanted))


def item_of(row: Mapping[str, object], at: datetime, **context: object) -> RawItem:
    """Return a row of our own as an item."""
    item = RawItem(orjson.dumps(row), at)
    item.context = {**context}
    return item
