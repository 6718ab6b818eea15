"""All build lists of a run, made from their parents and found again by URL."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import dlt
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, RawItem, UnexpectedBodyError
from buildkite_source.settings import History, checked_since
from buildkite_source.tables import BUILDS, JOBS
from buildkite_source.tables.times import parse_time
from buildkite_source.warehouse.state import follow_destination, list_state
from buildkite_source.windows import Window, floor

from .blocked import blocked_builds
from .build_list import BuildList
from .hinted import HintedList
from .hinted_parents import HintedParents
from .memory import ListMemory
from .passes import SyncPlan

_TABLES = (BUILDS.name, JOBS.name)


class BuildLists:
    """All build lists of a run: plans them from their parents and finds them by URL.

    Args:
        session: Knows the API's time.
        settings: How far back the history is to reach, and how changes are followed.
        hints: Builds that events named: only these are read. None to read what the passes want.
    """

    def __init__(
        self, session: BuildkiteSession, settings: History, hints: HintedParents | None = None
    ) -> None:
        checked_since("since", settings.since)
        self._hints = hints
        self._session = session
        self._settings = settings
        self._lists: dict[str, BuildList] = {}

    def resource(self) -> DltResource:
        """Return the transformer from organizations or pipelines to slices."""

        @dlt.transformer(name="build_slices", selected=False)
        def build_slices(parents: list[RawItem]) -> Iterator[BuildList]:
            follow_destination(self._session.tell)
            if not _selected():
                # What tells of queries (slices, missing_builds) is asked for along with what they
                # bring. By itself it would have no memory, and read the whole history each time.
                return
            # An iterable that is no list: dlt hands it on whole, and its declared child draws
            # one slice after the other from it.
            for parent in parents:
                yield self._list_of(parent)

        return build_slices

    def at(self, url: str) -> BuildList:
        """Return the list that a URL asks for, or that has the build that it asks for."""
        scope = _scope_of(url)
        return self._lists.get(scope) or self._lists[scope.partition("/")[0]]

    def _list_of(self, parent: RawItem) -> BuildList:
        # A parent with an organization in its context is a pipeline, else an organization.
        if not (parent.get("id") and parent.get("slug")):
            raise UnexpectedBodyError(
                f"The API sent an organization or pipeline without id or slug "
                f"({parent.get('url') or 'no url'}): its builds cannot be asked for."
            )
        organization_id = parent.context.get("organization_id", parent["id"])
        scope, key = parent["slug"], organization_id
        if organization_id != parent["id"]:
            scope = f"{parent.context['organization_slug']}/pipelines/{scope}"
            key = f"{organization_id}/{parent['id']}"
        memory = ListMemory([list_state(table, key) for table in _selected()])
        if self._hints:
            # Nothing was asked yet that would tell the API's time.
            settings = SyncPlan.of(self._settings, floor(self._session.clock.now()))
            plan = replace(settings, again=False)
            named = self._hints.of(scope)
            self._lists[scope] = HintedList(
                scope, organization_id, memory, plan, self._session.tell, named
            )
            return self._lists[scope]
        plan = SyncPlan.of(self._settings, floor(self._session.api_time))
        owner = "organization_id" if organization_id == parent["id"] else "pipeline_id"

        def blocked(window: Window) -> dict[str, datetime]:
            return blocked_builds(owner, parent["id"], window)

        self._lists[scope] = BuildList(
            scope, organization_id, memory, plan, self._session.tell, blocked, _made_at(parent)
        )
        return self._lists[scope]


def _made_at(parent: RawItem) -> datetime | None:
    with contextlib.suppress(ValueError):
        return parse_time(str(parent.get("created_at")))
    return None


def _scope_of(url: str) -> str:
    return url.partition("/organizations/")[2].partition("/builds")[0]


def _selected() -> list[str]:
    """Return those tables of the build lists that this extraction fills."""
    selected = dlt.current.source().resources.selected
    return [table for table in _TABLES if table in selected]
