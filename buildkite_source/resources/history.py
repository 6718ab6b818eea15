"""How things were before: a table of versions beside one that holds things as they are now.

Written by dlt's strategy `scd2` (https://dlthub.com/docs/general-usage/merge-loading): a row is
valid from `_dlt_valid_from` until before `_dlt_valid_to`, null for the version that is valid now.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.extract import DltResource
from dlt.sources.helpers.transform import add_row_hash_to_table

from buildkite_source.client import RawItem
from buildkite_source.settings import SettingError
from buildkite_source.tables import Kind, Table

_VERSION = "row_hash"
# What changes with every load, and is no change of the thing.
_MOVING = frozenset({"fetched_at", "first_seen_at", "last_seen_at", "known_from"})


def history_name(table: str) -> str:
    """Return the name of the table of versions."""
    return f"{table}_history"


def with_history(
    wanted: Collection[str], pages: DltResource, tables: Sequence[Table], shape: Callable[..., Any]
) -> Iterator[DltResource]:
    """Yield a resource of versions for those of the tables whose history is wanted.

    Nothing that is missing from a load is taken for ended: a load may be of one organization.

    Args:
        wanted: Names of tables.
        pages: What they are read from.
        tables: All tables read from these pages.
        shape: Turns a table and items into Arrow.
    """
    for table in tables:
        if table.name not in wanted:
            continue
        columns = [column for column in table.columns if column.name not in _MOVING]
        yield _versions(pages, table, columns, shape).add_map(add_row_hash_to_table(_VERSION))


def _versions(
    pages: DltResource, table: Table, columns: Sequence[Any], shape: Callable[..., Any]
) -> DltResource:
    names = [column.name for column in columns]
    hints: dict[str, Any] = {
        "name": history_name(table.name),
        "merge_key": list(table.primary_key),
        "write_disposition": {
            "disposition": "merge",
            "strategy": "scd2",
            "row_version_column_name": _VERSION,
        },
        "columns": {
            column.name: {"data_type": "json"} for column in columns if column.kind is Kind.JSON
        },
    }

    def versions(items: list[RawItem]) -> Iterator[pa.Table]:
        yield shape(table, [item for item in items if not item.kind]).select(names)

    return cast(DltResource, dlt.transformer(versions, data_from=pages, selected=False, **hints))


def check_history(wanted: Collection[str], known: Collection[str]) -> None:
    """Refuse names of which no history can be kept.

    Raises:
        SettingError: Its text lists the others.
    """
    unknown = sorted(set(wanted).difference(known))
    if unknown:
        raise SettingError(
            f"The setting history has {', '.join(unknown)}, of which none can be kept. Known: "
            f"{', '.join(sorted(known))}."
        )
