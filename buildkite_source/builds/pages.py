"""Pages of a build list: each is asked for by creation time, until its slice is read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests import Request, Response

from buildkite_source.client import (
    Body,
    BuildkiteSession,
    NeedsScope,
    RawItem,
    Refusal,
    fetch_in_parts,
)
from buildkite_source.client.errors import endless
from buildkite_source.client.refusals import EVERY_REFUSAL
from buildkite_source.resources.pages import ListPages

from .registry import BuildLists

# dlt spends about 12 ms on each Arrow table it takes, as long as we on a page: hand on several
# pages at once, this many bytes of them.
_TOGETHER = 8 * 1024 * 1024
# A build that is asked for by its number may be gone.
_OF_BUILD = EVERY_REFUSAL | {Refusal.GONE}


class SlicePages(ListPages):
    """Reads the slices of build lists: stops where a slice is full, else goes on by time.

    The rows that tell of a slice ride on its last page.

    Args:
        needs: As in `ListPages`.
        session: Fetches the next page while the one before is handed on.
        lists: The build lists of the run.
        limit: Returns how many pages may be read, or None; asked when a list begins.
    """

    def __init__(
        self,
        needs: NeedsScope,
        session: BuildkiteSession,
        lists: BuildLists,
        limit: Callable[[], int | None],
    ) -> None:
        super().__init__(needs, limit=limit)
        self._session = session
        self._lists = lists
        self._held: list[RawItem] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "SlicePages":
        """Return a paginator for another list of the same run."""
        return SlicePages(self._needs, self._session, self._lists, self._limit)

    def init_request(self, request: Request) -> None:
        """Begin a list, or ask for the one build that the slice wants."""
        super().init_request(request)
        self._body = Body.LIST
        if self._lists.at(request.url).cursor.slice.number is not None:
            self._body = Body.OBJECT
            request.params = {"include_retried_jobs": "true"}
            request.hooks = {"response": [replace(self._needs, tolerates=_OF_BUILD)]}

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Let the slice take the page and say how to go on."""
        super().update_state(response, data)
        page = data if data is not None else []
        build_list = self._lists.at(response.url)
        cursor = build_list.cursor
        refusal, more = self.refusal, self._has_next_page
        if refusal is Refusal.TOO_HEAVY and cursor.slice.per_page == 1:
            builds, more = fetch_in_parts(self._session, response.url)
            page.extend(builds)
            refusal = None
        last = not (more or refusal or self._limited)
        build_list.page(page, last=last, refusal=refusal)
        if not more or refusal or cursor.full:
            self._has_next_page = False
            page.extend(build_list.ended(self._session.api_time))
            self._hold_back(page, at_least=0)
            return
        self._hold_back(page, at_least=_TOGETHER)
        if cursor.endless:
            raise endless(response)
        following = _with_page(response.url, *cursor.following())
        self._has_next_page, self._next_reference = True, following
        self._session.fetch_ahead(following)

    def _check_progress(self, response: Response, page: list[RawItem]) -> None:
        """Leave it to the slice, which follows no links."""

    def _hold_back(self, page: list[RawItem], at_least: int) -> None:
        """Put what was held back before a page; hold all of it back if it is too little."""
        page[:0], self._held = self._held, []
        if sum(len(item.raw) for item in page) < at_least:
            self._held, page[:] = page[:], []


def _with_page(url: str, created_to: str, page: int) -> str:
    """Return the URL of a page of the same list up to another creation time."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("created_to", "page")]
    query += [("created_to", created_to), ("page", str(page))]
    return parts._replace(query=urlencode(query)).geturl()
