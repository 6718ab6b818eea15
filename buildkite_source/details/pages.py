"""What hangs on builds and test runs, asked for one by one within an allowance."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from requests import Request, Response

from buildkite_source.client import (
    ApiResponse,
    Body,
    BuildkiteSession,
    NeedsScope,
    RawItem,
    Refusal,
)
from buildkite_source.resources.pages import ListPages
from buildkite_source.tables import FETCHED_DETAILS

from .allowance import Allowance
from .annotations import AnnotationQueries
from .parents import DetailParents

# Known annotations are handed on this many bytes at once: dlt spends as long as we on a page.
_TOGETHER = 8 << 20


class ChangedBuilds(DetailParents):
    """Builds whose details are missing, or were fetched for another fingerprint of the build.

    Args:
        kind: Such as `annotations`.
        find: Returns the missing builds.
        allowance: What the load may spend.
        session: Hears what was done and what waits.
        queries: A way to ask for many builds at once, if there is one.
    """

    def __init__(
        self,
        kind: str,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
        queries: AnnotationQueries | None = None,
    ) -> None:
        super().__init__(kind, find, allowance, session)
        self._queries = queries
        self._found = 0

    def ask(
        self, missing: list[dict[str, Any]], known: set[str]
    ) -> Iterator[tuple[dict[str, Any], list[RawItem]]]:
        """Yield what GraphQL tells, many builds on a page."""
        if not self._queries:
            return
        page: list[RawItem] = []
        build: dict[str, Any] = {}
        for build, rows in self._queries.answers(missing, self.allowance):
            at = self._queries.client.api_time
            page += [self.item(row, build, at) for row in rows or ()]
            page.append(self.mark(build, at, len(rows or ()), gone=rows is None))
            known.add(build[self.id_column])
            if sum(len(item.raw) for item in page) >= _TOGETHER:
                yield build, page
                page = []
        if page:
            yield build, page

    def complete(self, page: list[RawItem], *, last: bool, gone: bool) -> None:
        """Say of which build a page is, and on its last page that it was the last."""
        for item in page:
            item.context = self.context(self.under_way)
        self._found += len(page)
        if last:
            page.append(self.mark(self.under_way, self.session.api_time, self._found, gone=gone))
            self._found = 0

    def mark(self, parent: dict[str, Any], at: datetime, found: int, *, gone: bool) -> RawItem:
        """Return the row that tells for which fingerprint of the build its details are loaded."""
        row = {
            "id": f"{self.kind} {parent[self.id_column]}",
            "kind": self.kind,
            "build_id": parent["build_id"],
            "picture": parent["picture"],
            "found": found,
            "gone": gone,
        }
        mark = self.item(row, parent, at)
        mark.kind = FETCHED_DETAILS.name
        return mark


class FailedRuns(ChangedBuilds):
    """Runs of test suites that failed and whose failed executions are missing."""

    id_column = "run_id"
    parameters = ("organization_id", "organization_slug", "suite_id", "suite_slug", "run_id")


class DetailPages(ListPages):
    """Follows the pages of one parent's details; its parents tell when the last one has come.

    Args:
        scope: Token scope that the endpoint needs.
        parents: The parents under way.
        body: What the endpoint answers with.
    """

    def __init__(self, scope: str, parents: DetailParents, *, body: Body = Body.LIST) -> None:
        needs = NeedsScope(scope, frozenset({Refusal.GONE, Refusal.STOPPED}))
        super().__init__(needs, body=body)
        self._scope = scope
        self._parents = parents

    def __deepcopy__(self, memo: dict[int, Any]) -> "DetailPages":
        """Return a paginator for another parent."""
        return DetailPages(self._scope, self._parents, body=self._body)

    def init_request(self, request: Request) -> None:
        """Begin a parent, perhaps with a page that is known already."""
        super().init_request(request)
        self._parents.answer(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page from the Link header; let the parents say whose items these are."""
        super().update_state(response, data)
        if data is not None and not (isinstance(response, ApiResponse) and response.known):
            gone = self.refusal is Refusal.GONE
            last = gone or not (self.has_next_page or self.refusal)
            self._parents.complete(data, last=last, gone=gone)
