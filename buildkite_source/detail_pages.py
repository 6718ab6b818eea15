"""Annotations and artifacts of builds, asked for build by build within an allowance."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource
from requests import Request, Response

from .annotation_queries import AnnotationQueries
from .client import (
    ApiResponse,
    BuildkiteSession,
    DetailsBegun,
    DetailsRead,
    NeedsScope,
    RawItem,
    Refusal,
)
from .paginators import ListPages
from .tables import BUILD_COLUMNS, FETCHED_DETAILS
from .wanted import Allowance

BUILD_PARAMETERS = tuple(column.name for column in BUILD_COLUMNS)
# Known annotations are handed on this many bytes at once: dlt spends as long as we on a page.
_TOGETHER = 8 << 20


class ChangedBuilds:
    """Builds whose details of one kind are missing, most urgent first, while they are fetched.

    Iterating gives one build after the other, each when the pages of the one before have
    arrived, until the allowance is spent. What is known of many builds in another way comes
    first: it travels as a page of one of them, for which no request is sent.

    Args:
        kind: `annotations` or `artifacts`.
        find: Returns the wanted builds; asked when the first one is drawn.
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
        self.kind = kind
        self._find = find
        self._allowance = allowance
        self._session = session
        self._queries = queries
        self._build: dict[str, Any] = {}
        self._known: list[RawItem] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of build after build."""
        self._allowance.begin()
        wanted = self._find()
        answered: set[str] = set()
        for build in self._ask(wanted, answered):
            self._begin(build, len(answered), len(wanted))
            yield _parameters(build)
        left = [build for build in wanted if build["build_id"] not in answered]
        reason, done = "", 0
        for build in left:
            reason = self._allowance.refuses()
            if reason:
                break
            done += 1
            self._begin(build, len(answered) + done, len(wanted))
            yield _parameters(build)
        done += len(answered)
        self._session.tell(DetailsRead(self.kind, done, reason, left[done - len(answered) :]))

    def resource(self) -> DltResource:
        """Return the parent of the declared endpoint."""

        @dlt.resource(name=f"{self.kind}_builds", selected=False)
        def changed_builds() -> Iterator["ChangedBuilds"]:
            # An iterable that is no list: dlt hands it on whole, and its declared child draws
            # one build after the other from it.
            yield self

        return changed_builds()

    def answer(self, request: Request) -> None:
        """Have the page ready for the build under way if it is known already."""
        if self._known:
            self._session.answer_ahead(request, self._known)
            self._known = []

    def complete(self, page: list[RawItem], *, last: bool, gone: bool) -> None:
        """Say of which build a page is, and on its last page that it was the last."""
        for item in page:
            item.context = _parameters(self._build)
        if last or gone:
            page.append(self._mark(self._build, self._session.api_time, gone=gone))

    def _begin(self, build: dict[str, Any], number: int, total: int) -> None:
        self._build = build
        self._session.tell(DetailsBegun(self.kind, number, total))

    def _ask(self, wanted: list[dict[str, Any]], answered: set[str]) -> Iterator[dict[str, Any]]:
        """Collect what is known without a request for each build; yield when a page is full."""
        if not self._queries:
            return
        size = 0
        build: dict[str, Any] = {}
        for build, rows in self._queries.answers(wanted, self._allowance):
            at = self._queries.client.api_time
            for row in rows or ():
                item = RawItem(orjson.dumps(row), at)
                item.context = _parameters(build)
                self._known.append(item)
                size += len(item.raw)
            self._known.append(self._mark(build, at, gone=rows is None))
            answered.add(build["build_id"])
            if size >= _TOGETHER:
                yield build
                size = 0
        if self._known:
            yield build

    def _mark(self, build: dict[str, Any], at: datetime, *, gone: bool) -> RawItem:
        """Return the row that tells for which picture of the build its details are loaded."""
        row = {
            "id": f"{self.kind} {build['build_id']}",
            "kind": self.kind,
            "build_id": build["build_id"],
            "picture": build["picture"],
            "gone": gone,
        }
        mark = RawItem(orjson.dumps(row), at, FETCHED_DETAILS.name)
        mark.context = _parameters(build)
        return mark


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

    def init_request(self, request: Request) -> None:
        """Begin a build, perhaps with a page that is known already."""
        super().init_request(request)
        self._builds.answer(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page from the Link header; say of which build the items are."""
        super().update_state(response, data)
        if data is not None and not (isinstance(response, ApiResponse) and response.known):
            gone = self.refusal is Refusal.GONE
            last = not (self.has_next_page or self.refusal)
            self._builds.complete(data, last=last, gone=gone)


def _parameters(build: dict[str, Any]) -> dict[str, Any]:
    return {name: build[name] for name in BUILD_PARAMETERS}
