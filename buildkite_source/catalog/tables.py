"""Pages of the catalog's endpoints → resources that yield Arrow tables."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import dlt
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, RawItem
from buildkite_source.resources.first_seen import FirstSeen
from buildkite_source.resources.history import with_history
from buildkite_source.resources.keep import Keep
from buildkite_source.resources.rejects import Rejects
from buildkite_source.resources.tables import counted, shaped, shaper_of
from buildkite_source.tables import Shaper, Table, resource_hints
from buildkite_source.warehouse.state import follow_destination

from .agents import FROM_JOBS


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
    shaper = shaper_of(tables, session, rejects)
    yield from with_history(history, pages, tables, partial(shaped, shaper))
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
    seen = FirstSeen(table)

    def rows(items: list[RawItem]) -> Iterator[Any]:
        follow_destination(rejects.tell)
        if table.append:
            items = [item for item in items if item.context.get("known_from") != FROM_JOBS]
        for item in items:
            known = {"observed_at": item.fetched_at, "base_url": base_url, "known_from": "list"}
            item.context = {**known, **item.context}
        yield counted(table, shaped(shaper, table, seen.fill(items)))
        yield from rejects.rows()

    return rows
