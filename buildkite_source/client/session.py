"""One HTTP session for one Buildkite token: pages, pages ahead, files and addresses."""

import random
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from requests.hooks import default_hooks, dispatch_hook

from .ahead import Ahead
from .budget import RequestBudget
from .clock import Clock
from .credentials import Credential
from .errors import NeedsScope
from .events import FileAsked, PageFetched
from .items import RawItem
from .refusals import EVERY_REFUSAL, Refusals
from .response import ApiResponse, page_numbers
from .retries import Retries
from .transport import Transport


class BuildkiteSession(Transport):
    """A `requests` session for one Buildkite token; safe to share between threads.

    Args:
        token: Access token or credential; sent to the origin of `base_url` and nowhere else.
        base_url: REST base such as `https://api.buildkite.com/v2`.
        user_agent: Sent with each request.
        budget: Shared request budget; a new one by default.
        retries: Retry policy for failures that are not the caller's fault.
        clock: Time source for waits and for `fetched_at`.
        rng: Source of jitter.
        ahead: Pages to fetch ahead of their reader.
    """

    def __init__(
        self,
        token: str | Credential,
        base_url: str,
        *,
        user_agent: str = "buildkite-source",
        budget: RequestBudget | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        ahead: int = 4,
    ) -> None:
        super().__init__(
            token,
            base_url,
            user_agent=user_agent,
            budget=budget,
            retries=retries,
            clock=clock,
            rng=rng,
        )
        self.ahead = ahead
        self._ahead = Ahead(self._fetch_ahead, ahead)

    def fetch_ahead(self, url: str) -> None:
        """Begin to fetch a page that is certain to be asked for next."""
        self._ahead.want([url])

    def answer_ahead(self, request: requests.Request, items: list[RawItem]) -> None:
        """Have a page ready for a request that is about to be sent, so that it is not sent."""
        prepared = self.prepare_request(request)
        page = ApiResponse.made(prepared, items)
        page.known = True
        self._ahead.put(prepared.url or "", page)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send within the budget, retry what can be retried, and return a checked response.

        Raises:
            ForeignHostError: The request, or a redirect of it, goes to another origin.
            UnreachableError: No answer, or only server errors, in all attempts.
            UnexpectedBodyError: A success whose body is no JSON list or object.
            ApiError: From the endpoint's own hook, for every other refusal.
        """
        # Hooks see the final answer only, not the failures that are retried here.
        hooks, request.hooks = request.hooks, default_hooks()
        begun = self._ahead.take(request.url or "")
        if begun:
            response = begun.result()
        else:
            tolerated: Refusals = frozenset()
            for hook in hooks["response"]:
                tolerated |= getattr(hook, "tolerates", frozenset())
            response = self._fetch(request, kwargs, tolerated)
        if isinstance(response, ApiResponse) and not (response.refusal or response.known):
            self._tell_page(response)
        checked: requests.Response = dispatch_hook("response", hooks, response, **kwargs)  # type: ignore[no-untyped-call]
        return checked

    def ask(self, address: str, scope: str = "") -> Any:
        """Return the checked answer to a GET.

        Args:
            address: Below `base_url`, or whole, as a page tells the next one.
            scope: That the token needs, named where it is refused; "" for none.

        Raises:
            BuildkiteError: As of `send`.
        """
        url = address if "://" in address else f"{self.base_url}/{address.lstrip('/')}"
        request = requests.Request("GET", url)
        request.hooks = {"response": [NeedsScope(scope)]}
        return self.send(self.prepare_request(request))

    def download(self, url: str, target: BinaryIO, headers: Mapping[str, str]) -> requests.Response:
        """Write the body of a successful answer to `target`, as large as it may be.

        Budget, retries and host pin are those of `send`; each attempt begins `target` anew.

        Returns:
            The last answer, whatever its status; only that of a refusal has a body of its own.

        Raises:
            ForeignHostError, UnreachableError: As of `send`.
        """
        request = self.prepare_request(requests.Request("GET", url, headers=dict(headers)))
        return self._told(self._fetch(request, {"target": target}, frozenset()))

    def head_of(self, url: str) -> requests.Response:
        """Return the answer to a HEAD request, whatever its status."""
        request = self.prepare_request(requests.Request("HEAD", url))
        return self._told(self._fetch(request, {}, frozenset()))

    def locate(self, url: str) -> requests.Response:
        """Return the answer to a GET as it is; a redirect is not followed, to whatever host.

        Raises:
            BuildkiteError: As `send`; a status of 400 and above is returned.
        """
        request = self.prepare_request(requests.Request("GET", url))
        self._check_origin(request.url or "")
        return self._told(self._fetch(request, {}, frozenset(), self._retry))

    def write(self, method: str, url: str, body: Mapping[str, Any] | None) -> requests.Response:
        """Return the answer to a request that changes something, whatever its status.

        It is repeated only where nothing can have come of it: after a 429, and where no connection
        was made. A redirect is not followed.

        Args:
            method: `POST`, `PUT`, `PATCH` or `DELETE`.
            url: Address at the API.
            body: What is sent, as JSON; None for nothing.

        Raises:
            UncertainError: It was sent and no usable answer came: a server error, a reset, a
                timeout. It may have been done.
            ForeignHostError, StoppedError, UnreachableError: As of `send`; nothing was done.
        """
        request = self.prepare_request(requests.Request(method, url, json=body))
        self._check_origin(request.url or "")
        return self._told(self._fetch(request, {}, frozenset(), self._retry))

    def _fetch_ahead(self, url: str) -> requests.Response:
        return self._fetch(self.prepare_request(requests.Request("GET", url)), {}, EVERY_REFUSAL)

    def _told(self, response: requests.Response) -> requests.Response:
        self.tell(FileAsked(self.budget.left()))
        return response

    def _tell_page(self, response: ApiResponse) -> None:
        page, last = page_numbers(response)
        path, size = urlsplit(response.url).path, len(response.content)
        left, wait = self.budget.left(), self.budget.seconds_for(last - page)
        self.tell(PageFetched(path, page, last, left, len(response.items), size, wait))
