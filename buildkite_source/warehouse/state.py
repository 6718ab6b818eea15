"""dlt's state of the source: what each table remembers, held against what the destination has.

State and rows are committed together, but can part afterwards: a database is restored from an older
copy or wiped, another destination is chosen and the first one again, a folder comes from a backup.
So the state names the load that wrote it, and before anything is planned by it, it is compared
with the state in the destination, which lies beside the rows it speaks of and wins.
"""

from collections.abc import Callable
from typing import Any, cast

import dlt
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable

from buildkite_source.client import Event, StateReplaced
from buildkite_source.windows import OVERLAP, Window, from_api, to_api

from .stored import current_pipeline, is_empty, pending_loads, stored_state, stored_tables

_LISTS = "lists"
LOAD_ID = "load_id"
_HAS_ROWS = "has_rows"


def list_state(table: str, key: str) -> dict[str, Any]:
    """Return what a table remembers of one list; change it in place.

    It lies in the state of the table's resource, so that dlt drops and refreshes both.
    """
    lists: dict[str, dict[str, Any]] = dlt.current.resource_state(table).setdefault(_LISTS, {})
    return lists.setdefault(key, {})


def loaded(table: str) -> None:
    """Take note that a table has rows: if it is found empty, somebody has emptied it."""
    state = dlt.current.source_state().get("resources", {}).get(table, {})
    if _LISTS in state:
        state[_HAS_ROWS] = True


def follow_destination(tell: Callable[[Event], None]) -> None:
    """Make the state of this load that of the destination, and forget what its tables lost.

    Called by whoever plans by the state, before that; does its work once a load.

    Args:
        tell: Hears what was replaced or forgotten, and why.
    """
    try:
        package = dlt.current.load_package_state()
    except CurrentLoadPackageStateNotAvailable:
        # Somebody goes through a resource without loading it.
        return
    state = dlt.current.source_state()
    if state.get(LOAD_ID) == package["load_id"]:
        return
    # A refresh has just emptied the state on purpose.
    if not package["state"].get("refresh"):
        _follow_state(state, tell)
    _adopt_older_form(state)
    _forget_lost(state, tell)
    state[LOAD_ID] = package["load_id"]


def _follow_state(state: dict[str, Any], tell: Callable[[Event], None]) -> None:
    written_by = state.get(LOAD_ID)
    if written_by in pending_loads():
        return
    stored = stored_state(current_pipeline(), dlt.current.source_schema().name)
    if stored is None or stored.get(LOAD_ID) == written_by:
        return
    known = bool(state)
    state.clear()
    state.update(stored)
    if known:
        tell(StateReplaced("the destination was restored, or is another one"))


def _forget_lost(state: dict[str, Any], tell: Callable[[Event], None]) -> None:
    """Forget what the tables that are gone or empty remember, and have the gone ones made again."""
    schema = dlt.current.source_schema()
    made = schema.data_table_names(seen_data_only=True)
    stored = stored_tables()
    for name in {*made, *(schema.dlt_table_names() if made else ())} - stored:
        # dlt makes tables only for a schema that it has not seen in the destination.
        table: dict[str, Any] = cast(dict[str, Any], schema.tables[name])
        table["x-made-again"] = dlt.current.load_package_state()["load_id"]
    for name, kept in state.get("resources", {}).items():
        if kept.get(_HAS_ROWS) and (name not in stored or is_empty(name)):
            kept.clear()
            tell(StateReplaced(f"the table {name} was emptied"))


def _adopt_older_form(state: dict[str, Any]) -> None:
    """Take over what versions before 0.2 kept for all tables together, if it is clear of which.

    Their keys are `list:destination:tables`; the destination is a hash that this version does not
    know, so that only a state of a single destination can be used.
    """
    state.pop("newest", None)
    older = state.pop("lists", {})
    if len({key.split(":")[1] for key in older}) != 1:
        return
    for key, kept in sorted(older.items(), key=lambda entry: -len(entry[0])):
        name, _, *tables = key.split(":")
        for table in tables:
            own = {**kept, "covered": _settled(kept.get("covered", []))}
            resource = state.setdefault("resources", {}).setdefault(table, {})
            resource.setdefault(_LISTS, {}).setdefault(name, own)


def _settled(covered: list[list[str]]) -> list[list[str]]:
    windows = (Window(from_api(start), from_api(end) - OVERLAP) for start, end in covered)
    return [[to_api(window.start), to_api(window.end)] for window in windows if window]
