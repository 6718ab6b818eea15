"""Every setting, by theme, as dlt's configuration specs; each is explained here and nowhere else.

`documentation.py` takes its words from here. Values come from arguments, `.dlt/config.toml`,
`.dlt/secrets.toml` and the environment, in dlt's own way.
"""

from collections.abc import Mapping
from typing import Any

from buildkite_source.defaults import EXPORTS_PER_LOAD, MAX_REQUESTS, PAGES_PER_LOAD, SECTIONS

from .acting import ACTIONS_SECTIONS, Acting, acting
from .connection import Connection, connection_of
from .posting import POSTING_SECTIONS, Posting, posting_settings
from .reading import Details, Exports, History, Privacy, Scope
from .running import WINDOWS, Flakes, Receiving, Runs, Views
from .theme import SettingError, Theme, checked_since, configured, of_setting, picked

OF_SOURCE = (Connection, Scope, History, Details, Exports, Privacy)
THEMES = (*OF_SOURCE, Runs, Views, Receiving, Flakes)
# Where a run begins from another value than a source of your own.
OF_RUN: Mapping[str, Any] = {
    "pages_per_load": PAGES_PER_LOAD,
    "max_requests": MAX_REQUESTS,
    "exports_per_load": EXPORTS_PER_LOAD,
}

__all__ = [
    "ACTIONS_SECTIONS",
    "OF_RUN",
    "OF_SOURCE",
    "POSTING_SECTIONS",
    "SECTIONS",
    "THEMES",
    "WINDOWS",
    "Acting",
    "Connection",
    "Details",
    "Exports",
    "Flakes",
    "History",
    "Posting",
    "Privacy",
    "Receiving",
    "Runs",
    "Scope",
    "SettingError",
    "Theme",
    "Views",
    "acting",
    "checked_since",
    "configured",
    "connection_of",
    "of_setting",
    "picked",
    "posting_settings",
]
