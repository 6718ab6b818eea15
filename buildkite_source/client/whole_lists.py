"""Answers of any endpoint as JSON text: one, or all pages of a list.

https://buildkite.com/docs/apis/rest-api: lists name the next page in a `Link` header, or in
`links.next` where the body is `{items, links}`.
"""

import re
from collections.abc import Iterator

import requests

from .errors import UnexpectedBodyError, bearer_of, describe, endless, raise_for_error
from .items import RawItem, unwrap
from .response import ApiResponse, page_size
from .session import BuildkiteSession

# DEL is the only one of ASCII that may stand in JSON and is not to be seen.
_UNSEEN = re.compile(r"[^\x00-\x7e]")


def answer_of(session: BuildkiteSession, address: str) -> str:
    """Return what the API answers to a GET, as JSON in ASCII.

    Args:
        session: Sends it.
        address: As of `address_of`.

    Raises:
        BuildkiteError: It was refused, or is no JSON.
    """
    return _shown(_page(session, f"{session.base_url}/{address}"))


def every_item(session: BuildkiteSession, address: str) -> Iterator[str]:
    """Yield the objects of all pages of a list, as JSON in ASCII; one that is no list as it is.

    A list that comes whole, whatever page is asked for, ends there: it is longer than a page.

    Raises:
        BuildkiteError: A page was refused, leads elsewhere, or one came before.
    """
    following: str | None = f"{session.base_url}/{address}"
    asked, before = set[str](), [b""]
    while following:
        asked.add(following)
        response = _page(session, following)
        items, following = _items(response)
        page = [item.raw for item in items]
        if page == before:
            if len(page) <= page_size(response.url):
                raise endless(response)
            return
        before = page
        yield from (_ascii(raw, response) for raw in page)
        if following in asked:
            raise endless(response)


def _page(session: BuildkiteSession, url: str) -> ApiResponse:
    response = session.get(url)
    raise_for_error(response)
    if not isinstance(response, ApiResponse):
        status = response.status_code
        raise UnexpectedBodyError(f"{describe(response)} answered {status}, and nothing to show.")
    return response


def _items(response: ApiResponse) -> tuple[list[RawItem], str | None]:
    following = response.links.get("next", {}).get("url")
    if response.content.lstrip().startswith(b"{"):
        try:
            items, linked = unwrap(response.items[0])
        except ValueError:
            return response.items, None
        return items, linked or following
    return response.items, following


def _shown(response: ApiResponse) -> str:
    return _ascii(response.content, response)


def _ascii(raw: bytes, response: requests.Response) -> str:
    """Return JSON in ASCII: no mark in a name reaches a terminal; and without the token."""
    text = raw.decode(errors="replace").strip()
    if token := bearer_of(response):
        text = text.replace(token, "***")
    return _UNSEEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
