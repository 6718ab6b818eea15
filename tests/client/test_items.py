import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.client.items import RawItem, split

from .examples import examples

FETCHED = datetime(2026, 8, 1, 4, tzinfo=UTC)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=4)
SPACE = st.text(" \n\r\t", max_size=3)


@given(
    objects=st.lists(OBJECTS, max_size=5),
    before=SPACE,
    after=SPACE,
    indent=st.sampled_from([None, 0, 2]),
    plain=st.booleans(),
)
@examples(50)
def test_splits_any_list_of_objects(
    objects: list[dict[str, Any]], before: str, after: str, indent: int | None, plain: bool
) -> None:
    text = before + json.dumps(objects, indent=indent, ensure_ascii=plain) + after
    items = split(text.encode(), FETCHED)
    assert [json.loads(item.raw) for item in items] == objects
    assert all(item.fetched_at == FETCHED for item in items)


@given(thing=OBJECTS, before=SPACE, after=SPACE, indent=st.sampled_from([None, 2]))
@examples(30)
def test_takes_a_single_object_as_one_item(
    thing: dict[str, Any], before: str, after: str, indent: int | None
) -> None:
    items = split((before + json.dumps(thing, indent=indent) + after).encode(), FETCHED)
    assert [json.loads(item.raw) for item in items] == [thing]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" \n", id="space"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"17", id="number"),
        pytest.param(b"<html><body>Bad gateway</body></html>", id="HTML"),
        pytest.param(b"[1]", id="number in list"),
        pytest.param(b'[{"id": 1}, "x"]', id="text in list"),
        pytest.param(b"[null]", id="null in list"),
        pytest.param(b"[[]]", id="list in list"),
        pytest.param(b'[{"id": 1}', id="unclosed list"),
        pytest.param(b'{"id": "a', id="unclosed text"),
        pytest.param(b'[{"id": 1},]', id="trailing comma"),
        pytest.param(b'[{"id": 1}] more', id="trailing words"),
        pytest.param(b'{"id": 1} {"id": 2}', id="two objects"),
        pytest.param(b'[{"id": tru}]', id="half a word"),
        pytest.param(b'[{"id": 01}]', id="leading zero"),
        pytest.param(b'[{"id": "\\q"}]', id="unknown escape"),
    ],
)
def test_refuses_what_is_no_list_of_objects(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any parser
        split(body, FETCHED)


@given(objects=st.lists(OBJECTS, min_size=1, max_size=3), cut=st.floats(0, 1))
@examples(40)
def test_refuses_every_cut_body(objects: list[dict[str, Any]], cut: float) -> None:
    body = json.dumps(objects).encode()
    with pytest.raises(ValueError):  # noqa: PT011 - of any parser
        split(body[: min(int(len(body) * cut), len(body) - 1)], FETCHED)


@given(body=st.binary(max_size=40) | st.text('[]{}",:0 \\un', max_size=30).map(str.encode))
@examples(150)
def test_any_bytes_give_objects_or_a_value_error(body: bytes) -> None:
    try:
        items = split(body, FETCHED)
    except ValueError:
        return
    assert all(item.raw.startswith(b"{") and item.raw.endswith(b"}") for item in items)


def test_nesting_without_end_is_a_value_error() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any parser
        split(b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", FETCHED)


ODD_TEXT = [
    pytest.param(rb'{"slug": "web", "description": "\ud83d cut"}', id="lone surrogate"),
    pytest.param(b'{"slug": "web", "description": "\xff"}', id="broken UTF-8"),
    pytest.param(rb'{"slug": "web", "description": "\u0000"}', id="NUL"),
]


@pytest.mark.parametrize("raw", ODD_TEXT)
def test_odd_text_in_one_field_does_not_cost_the_page(raw: bytes) -> None:
    items = split(b'[{"slug": "api"},' + raw + b"]", FETCHED)
    assert [json.loads(item.raw.decode(errors="replace"))["slug"] for item in items] == [
        "api",
        "web",
    ]


@pytest.mark.parametrize("raw", ODD_TEXT)
def test_odd_text_in_one_field_does_not_hide_the_others(raw: bytes) -> None:
    assert RawItem(raw, FETCHED)["slug"] == "web"


def test_an_item_reads_like_a_dict() -> None:
    item = RawItem(b'{"slug": "web", "provider": {"id": "github"}, "tags": null}', FETCHED)
    assert isinstance(item, Mapping)
    assert item["slug"] == "web"
    assert item["provider"]["id"] == "github"
    assert dict(item) == {"slug": "web", "provider": {"id": "github"}, "tags": None}
    assert list(item) == ["slug", "provider", "tags"]
    assert len(item) == 3
    assert "slug" in item
    assert "id" not in item
    assert item.get("id", "none") == "none"
    with pytest.raises(KeyError):
        item["id"]


def test_an_item_decodes_only_when_asked() -> None:
    item = RawItem(b"{never decoded", FETCHED)
    item.update({"parent": 1})
    assert item.context == {"parent": 1}
    with pytest.raises(ValueError):  # noqa: PT011 - of any parser
        item["slug"]


def test_fields_of_the_parent_stay_beside_the_object() -> None:
    item = RawItem(b'{"slug": "web"}', FETCHED)
    item.update({"slug": "acme"})
    item.update({"id": "0"})
    assert item["slug"] == "web"
    assert item.context == {"slug": "acme", "id": "0"}
    assert item.raw == b'{"slug": "web"}'
