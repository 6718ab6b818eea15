"""Link pages as Buildkite sends them, with an ear for each page and for the end."""

from collections.abc import Callable
from typing import Any

from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from requests import Request, Response

from .client import RawItem, UnexpectedBodyError
from .client.errors import describe

OnPage = Callable[[list[RawItem]], None]
OnEnd = Callable[[str, dict[str, Any]], None]


class ListPages(HeaderLinkPaginator):
    """Follows `rel="next"` and insists on a list.

    A list endpoint that answers with an object would otherwise load as one odd row.

    Args:
        on_page: Called with the items of each page.
        on_end: Called with the list's URL and parameters when its last page has arrived; not
            when a limit ended it before.
        limit: Returns how many pages may be read, or None; asked when a list begins.
    """

    def __init__(
        self,
        on_page: OnPage | None = None,
        on_end: OnEnd | None = None,
        limit: Callable[[], int | None] = lambda: None,
    ) -> None:
        super().__init__()
        self._on_page = on_page
        self._on_end = on_end
        self._limit = limit
        self._pages_left: int | None = None
        self._url = ""
        self._params: dict[str, Any] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> "ListPages":
        """Return a paginator for another list with the same listeners."""
        return ListPages(self._on_page, self._on_end, self._limit)

    def init_request(self, request: Request) -> None:
        """Remember which list this is."""
        self._url, self._params = request.url, dict(request.params or {})
        self._has_next_page = True
        self._pages_left = self._limit()

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page from the Link header, and tell the listeners."""
        if not response.content.lstrip().startswith(b"["):
            raise UnexpectedBodyError(
                f"{describe(response)} sent an object where the API documents a list. "
                "Is base_url the Buildkite API?"
            )
        super().update_state(response, data)
        if self._next_reference == response.url:
            raise UnexpectedBodyError(f"{describe(response)} links to itself as the next page.")
        if self._on_page:
            self._on_page(data or [])
        if self._on_end and not self.has_next_page:
            self._on_end(self._url, self._params)
        if self._pages_left is not None:
            self._pages_left -= 1
            self._has_next_page = self._has_next_page and self._pages_left > 0
