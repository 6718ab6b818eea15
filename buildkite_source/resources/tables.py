"""Pages of items → resources that yield Arrow tables."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TTableSchema
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, RawItem, UnexpectedBodyError, UnknownFields
from buildkite_source.tables import (
    Shaper,
    Table,
    resource_hints,
    table_schema,
)
from buildkite_source.warehouse.state import follow_destination, loaded
from buildkite_source.warehouse.stored import stands

from .first_seen import FirstSeen
from .history import with_history
from .keep import Keep
from .limits import TableResource
from .rejects import Rejects

# Tables that are read from the pages of an endpoint, by the kind of item.
TablesOf = Mapping[str, Mapping[str, tuple[Table, ...]]]


def list_tables(
    pages: Mapping[str, DltResource],
    tables_of: TablesOf,
    keep: Keep,
    session: BuildkiteSession,
    versioned: Collection[str],
) -> Iterator[DltResource]:
    """Yield a resource per table that is read from the pages of lists.

    Args:
        pages: Resources by name.
        tables_of: Tables by the name of the pages and the kind of item. Pages with several kinds
            end each of their lists with items that tell what was asked.
        keep: Takes from a table what is not to be kept.
        session: Hears of unknown fields and rejected objects.
        versioned: Tables that get another one, of versions.
    """
    for name, kinds in tables_of.items():
        for kind, defined in kinds.items():
            tables = tuple(keep(table) for table in defined)
            rejects = Rejects(keep, session.tell)
            shaper = shaper_of(tables, session, rejects)
            yield from with_history(versioned, pages[name], tables, partial(shaped, shaper))
            for table in tables:
                # dlt documents `_impl_cls`, but leaves it out of its overloads.
                yield dlt.transformer(  # type: ignore[call-overload]
                    _rows_of(table, kind, len(kinds) > 1, shaper, rejects),
                    data_from=pages[name],
                    _impl_cls=TableResource,
                    **resource_hints(table),
                )


def _rows_of(
    table: Table, kind: str, logged: bool, shaper: Shaper, rejects: Rejects
) -> Callable[[list[RawItem]], Any]:
    seen = FirstSeen(table)
    columns = {column.name for column in table.columns}

    def rows(items: list[RawItem]) -> Iterator[Any]:
        own = [item for item in items if item.kind == kind]
        if logged and not own and not any(item.kind for item in items):
            # The table is created, even without rows, by the page that brings the log.
            return
        follow_destination(rejects.tell)
        if not own and stands(table.name, columns):
            # An empty page is there to have the table made.
            yield from rejects.rows()
            return
        yield counted(table, shaped(shaper, table, seen.fill(own)))
        yield from rejects.rows()

    return rows


def shaper_of(tables: tuple[Table, ...], session: BuildkiteSession, rejects: Rejects) -> Shaper:
    """Return what turns items into Arrow; it tells of unknown fields and rejected objects."""
    declare(tables)
    return Shaper(
        tables,
        on_unknown=lambda table, names: session.tell(UnknownFields(table, names)),
        on_rejected=rejects.take,
    )


def counted(table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows; take note that the table has some."""
    if rows.num_rows:
        loaded(table.name)
    return rows


def declare(tables: tuple[Table, ...]) -> None:
    """Tell dlt's schema of the tables before their rows arrive."""
    for table in tables:
        dlt.current.source_schema().update_table(cast(TTableSchema, table_schema(table)))


def shaped(shaper: Shaper, table: Table, items: list[RawItem]) -> pa.Table:
    """Return items as Arrow.

    Raises:
        UnexpectedBodyError: They are not what the API documents.
    """
    try:
        return shaper(table, items)
    except (ValueError, RecursionError) as error:
        raise UnexpectedBodyError(
            f"A page of {table.name} is not what the API documents: {error}."
        ) from error
