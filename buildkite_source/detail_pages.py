"""Annotations and artifacts of builds, asked for build by build within an allowance."""

from collections.abc import Callable, Iterator
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource
from requests import Response

from .client import BuildkiteSession, DetailsBegun, DetailsRead, NeedsScope, RawItem, Refusal
from .paginators import ListPages
from .tables import BUILD_COLUMNS, FETCHED_DETAILS
from .wanted import Allowance

BUILD_PARAMETERS = tuple(column.name for column in BUILD_COLUMNS)


class ChangedBuilds:
    """Builds whose details of one kind are missing, most urgent first, while they are fetched.

    Iterating gives one build after the other, each when the pages of the one before have
    arrived, until the allowance is spent.

    Args:
        kind: `annotations` or `artifacts`.
        find: Returns the wanted builds; asked when the first one is drawn.
        allowance: What the load may spend.
        session: Hears what was done and what waits.
    """

    def __init__(
        self,
        kind: str,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
    ) -> None:
        self.kind = kind
        self._find = find
        self._allowance = allowance
        self._session = session
        self._build: dict[str, Any] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of build after build."""
        self._allowance.begin()
        wanted = self._find()
        reason, done = "", 0
        for build in wanted:
            reason = self._allowance.refuses()
            if reason:
                break
            self._build = build
            done += 1
            self._session.tell(DetailsBegun(self.kind, done, len(wanted)))
            yield {name: build[name] for name in BUILD_PARAMETERS}
        self._session.tell(DetailsRead(self.kind, done, reason, wanted[done:]))

    def resource(self) -> DltResource:
        """Return the parent of the declared endpoint."""

        @dlt.resource(name=f"{self.kind}_builds", selected=False)
        def changed_builds() -> Iterator["ChangedBuilds"]:
            # An iterable that is no list: dlt hands it on whole, and its declared child draws
            # one build after the other from it.
            yield self

        return changed_builds()

    def ended(self, *, gone: bool) -> RawItem:
        """Return the row that tells for which picture of the build its details are loaded."""
        row = {
            "id": f"{self.kind} {self._build['build_id']}",
            "kind": self.kind,
            "build_id": self._build["build_id"],
            "picture": self._build["picture"],
            "gone": gone,
        }
        return RawItem(orjson.dumps(row), self._session.api_time, FETCHED_DETAILS.name)


class DetailPages(ListPages):
    """Follows the pages of one build's details; the last one also tells that it was the last.

    Args:
        scope: Token scope that the endpoint needs.
        builds: The builds under way.
    """

    def __init__(self, scope: str, builds: ChangedBuilds) -> None:
        super().__init__(NeedsScope(scope, frozenset({Refusal.GONE, Refusal.STOPPED})))
        self._scope = scope
        self._builds = builds

    def __deepcopy__(self, memo: dict[int, Any]) -> "DetailPages":
        """Return a paginator for another build."""
        return DetailPages(self._scope, self._builds)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page from the Link header; add the last word to the last page."""
        super().update_state(response, data)
        gone = self.refusal is Refusal.GONE
        if data is not None and (gone or not (self.has_next_page or self.refusal)):
            data.append(self._builds.ended(gone=gone))
