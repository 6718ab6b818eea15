"""What a run is to load: tables, by name and by group, and with which settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from buildkite_source.catalog import ENDPOINTS
from buildkite_source.catalog import GROUPS as CATALOG_GROUPS
from buildkite_source.defaults import EXPORTS
from buildkite_source.exports.rows import FILLED, LOG_TABLES
from buildkite_source.settings import OF_SOURCE, Connection, SettingError
from buildkite_source.tables import BUILD_EXPORTS, TABLES

from .details import DETAIL_NAMES

# The resource that reads build exports, and the tables that it fills.
EXPORTS_RESOURCE = BUILD_EXPORTS.name
EXPORTED = tuple(table.name for table in (*FILLED, *LOG_TABLES))
CORE = tuple(table.name for table in TABLES)
CATALOG = tuple(table.name for each in ENDPOINTS for table in each.tables)
RESOURCES = (*CORE, *DETAIL_NAMES, *CATALOG)

# The connection is an argument of its own, and the names of resources say what is to be offered.
_OWN = {*Connection().get_resolvable_fields(), "optional", "catalog", "also"}
_SETTINGS = {name for theme in OF_SOURCE for name in theme().get_resolvable_fields()} - _OWN
_OF_CATALOG = {
    group: tuple(table.name for each in ENDPOINTS if each.group == group for table in each.tables)
    for group in CATALOG_GROUPS
}
_OF_DETAILS = {
    "details": ("annotations", "artifacts"),
    "logs": ("job_logs", "job_log_lines"),
}
# What is in no other group, because it may hold credentials or is seldom of use, is in none.
GROUPS: dict[str, tuple[str, ...]] = {
    "core": CORE,
    **_OF_DETAILS,
    **_OF_CATALOG,
    "all": (
        *CORE,
        *(name for names in (*_OF_DETAILS.values(), *_OF_CATALOG.values()) for name in names),
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Tables that were asked for.

    Attributes:
        lists: Those of the API's lists, core and catalog.
        details: Those that cost a request for each build or job.
        optional: Those that came with a group: left out where the token may not read them.
    """

    lists: tuple[str, ...]
    details: tuple[str, ...]
    optional: tuple[str, ...]


def settings_given(settings: Mapping[str, Any], logs: str | None, command: str) -> dict[str, Any]:
    """Return the settings of the source that a run is given in place of the configured ones.

    Args:
        settings: By name; no value, or an empty list, is left to the configuration.
        logs: Which job logs to fetch.
        command: What the run is to do.

    Raises:
        SettingError: There is no such setting for a run.
    """
    unknown = sorted(settings.keys() - _SETTINGS)
    if unknown:
        raise SettingError(f"There is no setting {', '.join(unknown)} for a run.")
    # 0 is a value.
    given = {name: value for name, value in settings.items() if value not in (None, [], ())}
    if command == EXPORTS:
        return {**given, "exports_logs": logs} if logs else given
    return {**given, "logs": logs} if logs and logs != "none" else given


def chosen(
    names: Iterable[str] | str | None = None, logs: str | None = None, command: str = "sync"
) -> Choice:
    """Return what names of tables and groups stand for.

    Args:
        names: Of tables and groups, also as one text with commas; the core by default.
        logs: Which job logs to fetch: `none`, or anything else to fetch some besides.
        command: `logs` takes nothing but logs, `exports` nothing of the API.

    Raises:
        SettingError: A name is unknown, or nothing is left to load; its text lists the known ones.
    """
    if command == EXPORTS:
        return Choice(lists=(), details=(), optional=())
    if command == "logs":
        names, logs = (), logs or "failed"
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",") if name.strip()]
    asked = ["core"] if names is None else list(names)
    unknown = [name for name in asked if name not in RESOURCES and name not in GROUPS]
    if unknown or not (asked or logs):
        known = ", ".join((*GROUPS, *RESOURCES))
        raise SettingError(f"unknown: {', '.join(unknown) or 'nothing named'}. Known: {known}")
    every = dict.fromkeys(one for name in asked for one in GROUPS.get(name, (name,)))
    if logs == "none":
        every = dict.fromkeys(name for name in every if name not in GROUPS["logs"])
    elif logs:
        every |= dict.fromkeys(GROUPS["logs"])
    elif any(name in GROUPS["logs"] for name in every):
        # A log without the row that tells of it would be fetched again and again.
        every["job_logs"] = None
    if not every:
        raise SettingError("logs: none leaves nothing to do")
    return Choice(
        lists=tuple(name for name in every if name not in DETAIL_NAMES),
        details=tuple(name for name in every if name in DETAIL_NAMES),
        optional=tuple(name for name in every if name in CATALOG and name not in asked),
    )
