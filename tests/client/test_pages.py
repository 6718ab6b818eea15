from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from buildkite_source.client import NeedsScope, RawItem, UnexpectedBodyError
from buildkite_source.client.response import page_numbers
from buildkite_source.resources.pages import ListPages

from .examples import examples

NEEDS = NeedsScope("read_builds")
LIST_URL = "https://api.buildkite.com/v2/organizations/acme/builds"


def answer(link: str | None = None, body: bytes = b"[]", url: str = LIST_URL) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers = CaseInsensitiveDict({} if link is None else {"Link": link})
    response._content = body
    response.url = url
    return response


def link_header(query: list[tuple[str, str]], **pages: int | None) -> str:
    return ", ".join(
        f'<{LIST_URL}?{urlencode([*query, ("page", str(page))])}>; rel="{rel}"'
        for rel, page in pages.items()
        if page is not None
    )


QUERIES = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda n: n != "page"),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    ),
    max_size=4,
)
A, B, C = (RawItem(f'{{"id": "{name}"}}'.encode(), datetime.now(UTC)) for name in "abc")
ORDERS = st.permutations(["first", "prev", "next", "last"])


@given(page=st.integers(1, 5000), further=st.integers(0, 5000), query=QUERIES, order=ORDERS)
@examples(60)
def test_reads_this_page_and_the_last_from_any_link(
    page: int, further: int, query: list[tuple[str, str]], order: list[str]
) -> None:
    last = page + further
    pages = {
        "first": 1,
        "prev": page - 1 if page > 1 else None,
        "next": page + 1 if further else None,
        "last": last,
    }
    response = answer(link_header(query, **{rel: pages[rel] for rel in order}))
    expected = (page, last) if page > 1 or further else (1, 1)
    assert page_numbers(response) == expected


@given(page=st.integers(1, 5000), query=QUERIES)
@examples(30)
def test_counts_the_next_page_as_the_last_when_none_is_named(
    page: int, query: list[tuple[str, str]]
) -> None:
    assert page_numbers(answer(link_header(query, next=page + 1))) == (page, page + 1)


@given(page=st.integers(2, 5000), query=QUERIES)
@examples(30)
def test_a_page_with_only_a_page_before_it_is_the_last(
    page: int, query: list[tuple[str, str]]
) -> None:
    assert page_numbers(answer(link_header(query, prev=page - 1))) == (page, page)
    assert page_numbers(answer(link_header(query, first=1, prev=page - 1))) == (page, page)


def test_without_a_link_there_is_one_page() -> None:
    assert page_numbers(answer()) == (1, 1)


@given(
    link=st.text(st.characters(max_codepoint=255), max_size=60)
    | st.text('<>;,="?&/:[]@ page123relnextlast', max_size=60)
    | st.text("/:[]@?&=page0129²", max_size=20).map(lambda url: f'<http://{url}>; rel="next"')
)
@examples(150)
def test_any_link_header_gives_numbers(link: str) -> None:
    page, last = page_numbers(answer(link))
    assert page <= last


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://[broken/?page=2", id="no URL"),
        pytest.param("http://localhost/?page=²", id="digit that is no number"),
        pytest.param("http://localhost/?page=" + "9" * 5000, id="endless number"),
        pytest.param("http://localhost/?page=", id="empty"),
        pytest.param("http://localhost/?page=-1", id="negative"),
        pytest.param("http://localhost/?page=two", id="word"),
    ],
)
def test_a_garbled_page_number_does_not_cost_the_page(url: str) -> None:
    page, last = page_numbers(answer(f'<{url}>; rel="next"'))
    assert page <= last


@given(query=QUERIES, page=st.integers(2, 100))
@examples(30)
def test_follows_the_next_link_as_it_is(query: list[tuple[str, str]], page: int) -> None:
    header = link_header(query, next=page, last=200)
    pages = ListPages(NEEDS)
    pages.init_request(requests.Request("GET", LIST_URL))
    pages.update_state(answer(header), [])
    assert pages.has_next_page
    request = requests.Request("GET", LIST_URL, params={"per_page": 100})
    pages.update_request(request)
    assert request.url == header.partition(">")[0].removeprefix("<")
    assert not request.params


def test_tells_each_page_and_the_end() -> None:
    heard: list[Any] = []
    pages = ListPages(NEEDS, lambda items: heard.append(items), lambda: heard.append("end"))
    pages.init_request(requests.Request("GET", LIST_URL))
    pages.update_state(answer(link_header([], next=2)), [A])
    pages.update_state(answer(link_header([], prev=1), url=f"{LIST_URL}?page=2"), [])
    assert heard == [[A], [], "end"]
    assert not pages.has_next_page


def test_the_first_request_carries_the_hook_that_names_the_scope() -> None:
    request = requests.Request("GET", LIST_URL)
    ListPages(NEEDS).init_request(request)
    assert request.hooks["response"] == [NEEDS]


def test_copies_read_lists_side_by_side_with_the_same_listeners() -> None:
    heard: list[Any] = []
    pages = ListPages(NEEDS, heard.append, lambda: heard.append("end"), lambda: 2)
    first, second = deepcopy(pages), deepcopy(pages)
    first.init_request(requests.Request("GET", LIST_URL))
    second.init_request(requests.Request("GET", f"{LIST_URL}/2"))
    first.update_state(answer(link_header([], next=2)), [A])
    second.update_state(answer(), [B])
    assert first.has_next_page
    assert not second.has_next_page
    first.update_state(answer(url=f"{LIST_URL}?page=2"), [C])
    assert heard == [[A], [B], "end", [C], "end"]


@pytest.mark.parametrize(
    ("limit", "read", "ends"),
    [
        pytest.param(None, 3, True, id="none"),
        pytest.param(1, 1, False, id="first page"),
        pytest.param(2, 2, False, id="two pages"),
        pytest.param(3, 3, True, id="as many as there are"),
        pytest.param(9, 3, True, id="more than there are"),
    ],
)
def test_a_limited_list_stops_early_and_then_has_not_ended(
    limit: int | None, read: int, ends: bool
) -> None:
    heard: list[str] = []
    pages = ListPages(
        NEEDS, lambda _: heard.append("page"), lambda: heard.append("end"), lambda: limit
    )
    for _ in range(2):
        heard.clear()
        copied = deepcopy(pages)
        copied.init_request(requests.Request("GET", LIST_URL))
        for page in range(1, 4):
            following = {"next": page + 1} if page < 3 else {"prev": page - 1}
            url = f"{LIST_URL}?page={page}"
            copied.update_state(
                answer(link_header([], **following), url=url), [(A, B, C)[page - 1]]
            )
            if not copied.has_next_page:
                break
        assert heard == ["page"] * read + ["end"] * ends


@pytest.mark.parametrize("body", [b'{"message": "ok"}', b' \n{"items": []}', b""])
def test_insists_on_a_list(body: bytes) -> None:
    pages = ListPages(NEEDS)
    pages.init_request(requests.Request("GET", LIST_URL))
    with pytest.raises(UnexpectedBodyError, match="where the API documents a list"):
        pages.update_state(answer(body=body), [])


def test_a_page_that_links_to_itself_is_an_error() -> None:
    header = link_header([], next=2)
    pages = ListPages(NEEDS)
    pages.init_request(requests.Request("GET", LIST_URL))
    with pytest.raises(UnexpectedBodyError, match="does not come to an end"):
        pages.update_state(answer(header, url=f"{LIST_URL}?page=2"), [])


@pytest.mark.parametrize("again", [[A], []], ids=["the same objects", "none"])
def test_pages_that_bring_nothing_new_are_an_error_that_names_them(again: list[RawItem]) -> None:
    pages = ListPages(NEEDS)
    pages.init_request(requests.Request("GET", LIST_URL))
    pages.update_state(answer(link_header([], next=2)), again)
    with pytest.raises(UnexpectedBodyError, match=r"/builds\?page=2 and the pages after it"):
        pages.update_state(answer(link_header([], next=3), url=f"{LIST_URL}?page=2&token=x"), again)


def test_links_in_a_circle_are_an_error() -> None:
    pages = ListPages(NEEDS)
    pages.init_request(requests.Request("GET", LIST_URL))
    pages.update_state(answer(link_header([], next=2), url=f"{LIST_URL}?page=1"), [A])
    with pytest.raises(UnexpectedBodyError, match="does not come to an end"):
        pages.update_state(answer(link_header([], next=1), url=f"{LIST_URL}?page=2"), [B])
