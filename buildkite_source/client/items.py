"""Response bodies split into objects that stay undecoded until somebody looks inside."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import orjson

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class RawItem(Mapping[str, Any]):
    """One JSON object of the API: its bytes, when it was fetched, and what its parent said.

    It reads like a dict, which is how dlt's declared endpoints take parameters from a parent,
    but decodes only when a key is asked for. The tables read `raw` instead.

    Attributes:
        raw: The object's JSON text.
        fetched_at: The API's time of the response; strictly increasing within a session.
        context: Fields that dlt added from the parent (`include_from_parent`).
        kind: What it is, where a page mixes kinds; "" for the API's own objects.
        typed: A place for the decoded form, so that two tables share one decoding.
    """

    __slots__ = ("_fields", "context", "fetched_at", "kind", "raw", "typed")

    def __init__(self, raw: bytes, fetched_at: datetime, kind: str = "") -> None:
        self.raw = raw
        self.fetched_at = fetched_at
        self.kind = kind
        self.context: dict[str, Any] = {}
        self.typed: Any = None
        self._fields: dict[str, Any] | None = None

    def update(self, fields: Mapping[str, Any]) -> None:
        """Keep fields of the parent; dlt calls this for `include_from_parent`."""
        self.context.update(fields)

    def _decoded(self) -> dict[str, Any]:
        if self._fields is None:
            try:
                self._fields = orjson.loads(self.raw)
            except orjson.JSONDecodeError:
                self._fields = json.loads(self.raw.decode(errors="replace"))
        return self._fields

    def __getitem__(self, key: str) -> Any:
        fields = self._decoded()
        # What its parent said, its children may ask it for.
        return fields[key] if key in fields else self.context[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())


class Body(StrEnum):
    """What an endpoint answers with (Pagination, https://buildkite.com/docs/apis/rest-api)."""

    LIST = "list"
    """A bare array, with a Link header where there are more pages."""
    WRAPPED = "wrapped list"
    """`{items, links}` with cursors."""
    OBJECT = "object"
    """One object, without pages."""


class _Wrapped(msgspec.Struct):
    items: list[msgspec.Raw]
    links: dict[str, Any] | None = None


def unwrap(page: RawItem) -> tuple[list[RawItem], str | None]:
    """Return the items of a `{items, links}` body, and where the next page is.

    Raises:
        ValueError: It is no such body.
    """
    body = msgspec.json.decode(page.raw, type=_Wrapped)
    following = (body.links or {}).get("next")
    items = [RawItem(bytes(item), page.fetched_at) for item in body.items]
    if not all(item.raw.startswith(b"{") for item in items):
        raise ValueError("an element of the list is no object")
    return items, following if isinstance(following, str) else None


def split(body: bytes, fetched_at: datetime) -> list[RawItem]:
    """Split a JSON array of objects, or a single object, into undecoded items.

    Raises:
        ValueError: The body is no JSON, or an element is no object.
    """
    try:
        return _split(body.lstrip(), fetched_at)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _split(text: bytes, fetched_at: datetime) -> list[RawItem]:
    if text.startswith(b"{"):
        # Validates the whole text, which the split of an array does on its way.
        return [RawItem(bytes(msgspec.json.decode(text, type=msgspec.Raw)), fetched_at)]
    try:
        items = [bytes(item) for item in _ARRAY.decode(text)]
    except msgspec.DecodeError:
        # Lone surrogates are no text, but no reason to lose a page either.
        elements = json.loads(text.decode(errors="replace"))
        if not isinstance(elements, list):
            raise ValueError("it is neither a list nor an object") from None
        items = [json.dumps(element).encode() for element in elements]
    if not all(item.startswith(b"{") for item in items):
        raise ValueError("an element of the list is no object")
    return [RawItem(item, fetched_at) for item in items]
