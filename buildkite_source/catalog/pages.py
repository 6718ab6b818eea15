"""Pages of the catalog's endpoints: shape, access, how far to read, and rows of our own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from requests import Request, Response

from buildkite_source.client import ApiResponse, RawItem, Refusal, page_size
from buildkite_source.resources.pages import ListPages
from buildkite_source.tables.times import parse_time

from . import Endpoint
from .access import Access
from .newest import NewestFirst

# Returns the list of this URL that is sorted by time.
Newest = Callable[[Endpoint, str], NewestFirst]
# Returns rows to add to a list: given all of it, its URL and the API's time.
More = Callable[[list[RawItem], str, datetime], list[RawItem]]


class EndpointPages(ListPages):
    """Follows the pages of one catalog endpoint, for one parent after the other.

    Args:
        endpoint: What is read.
        access: Knows what the token may read.
        newest: Finds the memory of a list that is sorted by time.
        more: Rows that come from elsewhere; they ride on the last page.
    """

    def __init__(
        self, endpoint: Endpoint, access: Access, newest: Newest, more: More | None = None
    ) -> None:
        super().__init__(access.needs(endpoint), body=endpoint.body)
        self._endpoint = endpoint
        self._access = access
        self._find = newest
        self._more = more
        self._newest: NewestFirst | None = None
        self._first: bytes | None = None
        self._items: list[RawItem] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "EndpointPages":
        """Return a paginator for another parent."""
        return EndpointPages(self._endpoint, self._access, self._find, self._more)

    def init_request(self, request: Request) -> None:
        """Begin a list, or an empty page if the token may not read it."""
        super().init_request(request)
        self._first, self._items = None, []
        if self._access.lacks(self._endpoint):
            self._access.session.answer_ahead(request, [])
        elif self._endpoint.newest:
            url = urlsplit(str(request.url))
            self._newest = self._find(self._endpoint, f"{url.netloc}{url.path}")

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page, as far as it is wanted."""
        page = data if data is not None else []
        super().update_state(response, page)
        if self.refusal is Refusal.FORBIDDEN:
            self._access.refused(self._endpoint, response.reason)
        elif self.refusal is Refusal.ABSENT:
            self._access.absent(self._endpoint, urlsplit(response.url).path, response.reason)
        if self.refusal or (isinstance(response, ApiResponse) and response.known):
            return
        self._access.read(self._endpoint)
        first = page[0].raw if page else None
        if first is not None and first == self._first:
            # A list of unclear paging ignored the page number and came whole again.
            page.clear()
            self._has_next_page = False
        self._first = first
        if self._newest and self._newest.reached(self._times(page)):
            self._has_next_page = False
        if self._more:
            self._items += page
        if not self._has_next_page:
            if self._newest:
                self._newest.end()
            if self._more:
                page += self._more(self._items, response.url, self._access.session.api_time)

    def _check_progress(self, response: Response, page: list[RawItem]) -> None:
        """Let a list that comes whole, whatever page is asked for, end there; see the rest.

        It shows by more objects than a page was to have.
        """
        again = page and page[0].raw == self._first
        if again and len(page) > page_size(response.url):
            self._has_next_page = False
        super()._check_progress(response, page)

    def _times(self, page: list[RawItem]) -> list[datetime]:
        """Return the times of the items; none if one has no time, so that reading goes on."""
        try:
            return [parse_time(str(item[self._endpoint.newest])) for item in page]
        except (KeyError, ValueError):
            return []
