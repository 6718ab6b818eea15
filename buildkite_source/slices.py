"""The resource that turns coverage into slices: which build list, which time window."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dlt
from dlt.extract import DltResource

from .client import RawItem
from .sync import Coverage, Window, missing, parse_since
from .tables import BUILDS, JOBS

_TABLES = (BUILDS.name, JOBS.name)


class BuildSlices:
    """Plans the slices of the build lists and records each once its last page has arrived.

    The coverage lives in the source's dlt state, which commits together with the load: a run
    that dies leaves it where it was.

    Args:
        since: Date, time or duration that says how far back the history is to reach.
    """

    def __init__(self, since: str) -> None:
        self._since = since
        self._open: dict[tuple[str, str, str], tuple[str, Window]] = {}
        self._coverage = Coverage({})

    def resource(self) -> DltResource:
        """Return the transformer from organizations or pipelines to slices."""

        @dlt.transformer(name="build_slices", selected=False)
        def build_slices(parents: list[RawItem]) -> Iterator[list[dict[str, Any]]]:
            return self._plan(parents)

        return build_slices

    def ended(self, url: str, params: dict[str, Any]) -> None:
        """Record that the last page of the slice with these parameters has arrived."""
        key = (_scope_of(url), params["created_from"], params["created_to"])
        if key in self._open:
            covered, window = self._open.pop(key)
            self._coverage.extend(covered, _selected_tables(), window)

    def _plan(self, parents: Sequence[RawItem]) -> Iterator[list[dict[str, Any]]]:
        self._coverage = Coverage(dlt.current.source_state())
        for parent in parents:
            yield list(self._slices(parent))

    def _slices(self, parent: RawItem) -> Iterable[dict[str, Any]]:
        # A parent with an organization in its context is a pipeline, else an organization.
        organization_id = parent.context.get("organization_id", parent["id"])
        narrowed = organization_id != parent["id"]
        scope = parent["slug"]
        covered = organization_id
        if narrowed:
            scope = f"{parent.context['organization_slug']}/pipelines/{scope}"
            covered = f"{organization_id}/{parent['id']}"
        now = parent.fetched_at.replace(microsecond=0)
        since = parse_since(self._since, now)
        for window in missing(self._coverage.of(covered, _selected_tables()), since, now):
            params = window.params()
            self._open[scope, params["created_from"], params["created_to"]] = (covered, window)
            yield {"organization_id": organization_id, "scope": scope, **params}


def _scope_of(url: str) -> str:
    return url.partition("/organizations/")[2].removesuffix("/builds")


def _selected_tables() -> list[str]:
    """Return those tables of the build lists that this extraction fills."""
    selected = dlt.current.source().resources.selected
    return [table for table in _TABLES if table in selected]
