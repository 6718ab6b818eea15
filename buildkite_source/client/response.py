"""What an answer of the API says beside its rows: pages, limits, waits."""

import json
import math
import re
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from .budget import USER_SCOPE
from .items import RawItem
from .refusals import Refusal

_PAGE = re.compile(r"[?&]page=([0-9]{1,9})(?![0-9])")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class TooLargeError(requests.RequestException):
    """A body larger than a page may be; the rest of it was not read."""


class ApiResponse(requests.Response):
    """A checked response whose JSON is a list of undecoded items.

    Attributes:
        items: Objects of the body.
        refusal: Set where no page came; there are no items then.
        known: No request was sent for it.
    """

    items: list[RawItem]
    refusal: Refusal | None = None
    known: bool = False

    @classmethod
    def of(cls, response: requests.Response, items: list[RawItem]) -> "ApiResponse":
        """Return `response` with its split body."""
        checked = cls()
        checked.__dict__.update(response.__dict__)
        checked.items = items
        return checked

    @classmethod
    def refused(cls, request: requests.PreparedRequest, refusal: Refusal) -> "ApiResponse":
        """Return an empty page that says why it is empty."""
        response = cls.made(request, [])
        response.refusal = refusal
        return response

    @classmethod
    def made(cls, request: requests.PreparedRequest, items: list[RawItem]) -> "ApiResponse":
        """Return a page of items that are known already."""
        response = cls()
        response.status_code = 200
        response.url = request.url or ""
        response.request = request
        response._content = b"[]"
        response.items = items
        return response

    def json(self, **_: Any) -> list[RawItem]:
        """Return the items of the body: one per element of a list, or the single object."""
        return self.items


def is_asked_for(response: requests.Response) -> bool:
    """Whether a body may be the text that was asked for; a page in HTML or JSON is not.

    Proxies and sign-in pages answer 200 with a page of their own, and say what it is.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind not in ("text/html", "application/xhtml+xml", "application/json")


def page_numbers(response: requests.Response) -> tuple[int, int]:
    """Return (this page, last page) as the Link header tells; both 1 without one.

    The API may leave out `rel="last"` (Pagination, https://buildkite.com/docs/apis/rest-api);
    then the next page is the last that is known of.
    """
    numbers = {
        rel: _page_of(link.get("url", ""))
        for rel, link in response.links.items()
        if rel in ("next", "prev", "last")
    }
    following, previous = numbers.get("next"), numbers.get("prev")
    page = following - 1 if following else previous + 1 if previous else 1
    return page, max(page, numbers.get("last") or following or page)


def page_size(url: str) -> int:
    """Return how many objects a page of a URL may have; a number of the API where none is asked."""
    asked = (
        n for name, n in parse_qsl(urlsplit(url).query) if name == "per_page" and n.isdecimal()
    )
    return next(map(int, asked), 30)


def _page_of(url: str) -> int | None:
    match = _PAGE.search(url)
    return int(match[1]) if match else None


def limit_of(response: requests.Response) -> tuple[str, float]:
    """Return (scope, seconds) of a 429; by the body, else by the headers, else a minute."""
    try:
        body = json.loads(response.content)
        reset = float(body["reset"])
        return str(body["scope"]), reset if math.isfinite(reset) else 60.0
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        resets = [
            float(response.headers[name])
            for name in ("RateLimit-User-Reset", "RateLimit-Reset", "Retry-After")
            if _SECONDS.fullmatch(response.headers.get(name, ""))
        ]
        return USER_SCOPE, max(resets, default=60.0)


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds a 503 asks for, at most five minutes, or None."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), 300.0) if _SECONDS.fullmatch(value) else None


def read_body(response: requests.Response, limit: int) -> None:
    """Read the body of a streamed response into it.

    Raises:
        TooLargeError: The decompressed body is larger than `limit` bytes.
    """
    chunks, size = [], 0
    for chunk in response.iter_content(1 << 20):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            response.close()
            raise TooLargeError(f"a body of more than {limit:,} bytes")
    response._content = b"".join(chunks)


def save_body(response: requests.Response, target: BinaryIO) -> None:
    """Write the body of a streamed response to a file, from its beginning."""
    target.seek(0)
    target.truncate()
    for chunk in response.iter_content(1 << 20):
        target.write(chunk)
    response._content = b""


def joined(url: str, target: str) -> str:
    """Return where a redirect leads; the target as it is if it is no address."""
    try:
        return urljoin(url, target)
    except ValueError:
        return target
