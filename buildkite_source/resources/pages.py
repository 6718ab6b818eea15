"""Link pages as Buildkite sends them, with an ear for each page and for the end."""

from collections.abc import Callable
from typing import Any

from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from requests import Request, Response

from buildkite_source.client import (
    ApiResponse,
    Body,
    NeedsScope,
    RawItem,
    Refusal,
    UnexpectedBodyError,
    unwrap,
)
from buildkite_source.client.errors import describe, endless

_DOCUMENTED = {
    Body.LIST: "a list",
    Body.WRAPPED: "a list of items in an object",
    Body.OBJECT: "an object",
}

OnPage = Callable[[list[RawItem]], None]
OnEnd = Callable[[], None]


class ListPages(HeaderLinkPaginator):
    """Follows `rel="next"` and insists on the documented shape.

    A list endpoint that answers with an object would otherwise load as one odd row.

    Args:
        needs: Raises on errors and names the scope; knows which refusals are none.
        body: What the endpoint answers with.
        on_page: Called with the items of each page.
        on_end: Called when the last page has arrived; not when a limit ended it before.
        limit: Returns how many pages may be read, or None; asked when a list begins.
    """

    def __init__(
        self,
        needs: NeedsScope,
        on_page: OnPage | None = None,
        on_end: OnEnd | None = None,
        limit: Callable[[], int | None] = lambda: None,
        *,
        body: Body = Body.LIST,
    ) -> None:
        super().__init__()
        self._needs = needs
        self._body = body
        self._on_page = on_page
        self._on_end = on_end
        self._limit = limit
        self._pages_left: int | None = None
        self._limited = False
        self._asked: set[str] = set()
        self._brought: set[int] = set()
        self.refusal: Refusal | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "ListPages":
        """Return a paginator for another list with the same listeners."""
        return ListPages(self._needs, self._on_page, self._on_end, self._limit, body=self._body)

    def init_request(self, request: Request) -> None:
        """Begin a list; the session asks the request's hook what it tolerates."""
        request.hooks = {"response": [self._needs]}
        self._has_next_page = True
        self._pages_left = self._limit()
        self._limited = False
        self._asked, self._brought = set(), set()

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the next page from the Link header, and tell the listeners."""
        made = response if isinstance(response, ApiResponse) else None
        self.refusal = made.refusal if made else None
        if made and (made.refusal or made.known):
            self._has_next_page = False
            return
        self._check(response)
        if self._body is Body.WRAPPED:
            self._unwrap(response, data if data is not None else [])
        else:
            super().update_state(response, data)
        self._check_progress(response, data or [])
        if self._on_page:
            self._on_page(data or [])
        if self._on_end and not self.has_next_page:
            self._on_end()
        if self._pages_left is not None and self.has_next_page:
            self._pages_left -= 1
            self._limited = self._pages_left <= 0
            self._has_next_page = not self._limited

    def _check(self, response: Response) -> None:
        is_list = response.content.lstrip().startswith(b"[")
        if is_list is not (self._body is Body.LIST):
            sent = "a list" if is_list else "an object"
            documented = _DOCUMENTED[self._body]
            raise UnexpectedBodyError(
                f"{describe(response)} sent {sent} where the API documents {documented}. "
                "Is base_url the Buildkite API?"
            )

    def _check_progress(self, response: Response, page: list[RawItem]) -> None:
        """Refuse a list that has no end: pages that were asked for before, or the same rows again.

        Raises:
            UnexpectedBodyError: It names the page.
        """
        self._asked.add(response.url)
        if self.has_next_page and (self._next_reference in self._asked or self._repeats(page)):
            raise endless(response)

    def _repeats(self, page: list[RawItem]) -> bool:
        """Whether a page has the same objects as one before it."""
        objects = hash(tuple(item.get("id", item.get("uuid", item.raw)) for item in page))
        repeated = objects in self._brought
        self._brought.add(objects)
        return repeated

    def _unwrap(self, response: Response, data: list[Any]) -> None:
        try:
            data[:], self._next_reference = unwrap(data[0])
        except (ValueError, IndexError):
            raise UnexpectedBodyError(
                f"{describe(response)} sent no list of items where the API documents one."
            ) from None
        self._has_next_page = bool(self._next_reference)
