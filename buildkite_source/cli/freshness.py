"""How old the data in a destination is, for an alert: nothing is asked of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from buildkite_source.builds.memory import ListMemory
from buildkite_source.load import advice
from buildkite_source.printable import one_line
from buildkite_source.tables import BUILDS
from buildkite_source.warehouse.reader import Dataset, Reader
from buildkite_source.warehouse.stored import rows_for
from buildkite_source.windows import to_api

from .status import lists_of, stored_of

_BUILDS = """
SELECT organization_id, max(organization_slug) AS slug, max(fetched_at) AS newest_at
FROM builds GROUP BY organization_id
"""


@dataclass(slots=True)
class Freshness:
    """How old the data is.

    Attributes:
        now: The API's time.
        limit: How old it may be.
        as_of: Up to when changes were followed, by organization.
        error: Why that is not known, or "".
    """

    now: datetime
    limit: timedelta
    as_of: dict[str, datetime] = field(default_factory=dict)
    error: str = ""

    def lines(self) -> list[str]:
        """Return what is known, for people."""
        return [
            f"{one_line(slug)} as of {as_of:%Y-%m-%d %H:%M} UTC, {_told(self.now - as_of)} old"
            for slug, as_of in self.as_of.items()
        ]

    def errors(self) -> list[str]:
        """Return what is amiss."""
        if self.error:
            return [self.error]
        return [
            f"The data of {one_line(slug)} is {_told(self.now - as_of)} old; at most "
            f"{_told(self.limit)} were asked for (--fresh)."
            for slug, as_of in self.as_of.items()
            if self.now - as_of > self.limit
        ]

    def json(self) -> dict[str, Any]:
        """Return everything, for machines."""
        return {
            "ok": not self.errors(),
            "at_most_seconds": self.limit.total_seconds(),
            "organizations": [
                {
                    "organization": slug,
                    "as_of": to_api(as_of),
                    "seconds": max(0.0, (self.now - as_of).total_seconds()),
                }
                for slug, as_of in self.as_of.items()
            ],
            "error": self.error,
        }


def freshness(
    target: tuple[str, str, str], seen: Mapping[str, str], now: datetime, limit: timedelta
) -> Freshness:
    """Read from the destination up to when changes were followed.

    Args:
        target: Name of the dlt pipeline, its destination and dataset.
        seen: Slugs by id of the organizations that the token sees, which are those of interest;
            empty where the API did not tell: then all that are loaded.
        now: The API's time.
        limit: How old the data may be.
    """
    found = Freshness(now, limit)
    try:
        loaded = _loaded(*target)
    except FileNotFoundError:
        loaded = {}
    except Exception as error:  # whatever the destination raises is the finding
        found.error = advice.explain(error, target[1])
        return found
    for key, (slug, as_of) in loaded.items():
        if key in seen or not seen:
            found.as_of[seen.get(key, slug)] = as_of
    if not found.as_of:
        found.error = "No builds are loaded yet: there is nothing that could be fresh."
    return found


def _loaded(name: str, destination: str, dataset: str) -> dict[str, tuple[str, datetime]]:
    """Return slug and time of the data of each organization, by id.

    The newest build may be days old where nobody builds at night or on Sundays, and be up to date
    all the same. What counts is up to when a run has asked for changes; of several lists of an
    organization the newest, of the tables of a list the oldest.
    """
    pipeline = Reader(Dataset(name, destination, dataset)).open()
    # Into the reader's own folder.
    pipeline.sync_destination()
    if pipeline.first_run or BUILDS.name not in stored_of(pipeline):
        return {}
    rows = {key: (slug or key, at) for key, slug, at in rows_for(pipeline, _BUILDS)}
    followed: dict[str, datetime] = {}
    for list_, kept in lists_of(pipeline.state).items():
        key = list_.partition("/")[0]
        finished = ListMemory([*kept.values()]).time("finished")
        if finished:
            followed[key] = max(finished, followed.get(key, finished))
    ids = dict.fromkeys((*rows, *followed))
    return {
        key: (rows[key][0] if key in rows else key, followed.get(key) or rows[key][1])
        for key in ids
    }


def _told(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"
