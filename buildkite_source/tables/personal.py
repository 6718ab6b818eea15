"""What is kept of people: names and addresses as they are, as hashes, or not at all."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from .decode import dump
from .model import Column, Kind, Table

_GONE = "***"
# What stands before the @ of an address; `git@` is that of repositories.
_LOCAL = r"[^\s<>()\[\]{},;:\"`@/=|]"
_ADDRESS = re.compile(rf"(?<!{_LOCAL})(?!git@){_LOCAL}+@(?:[\w-]+\.)+[^\W\d_][\w-]+")
# Lines of commits that name people: `Reviewed-by: Kim`, `Author: Kim <kim@acme.dev>`.
_NAMING = re.compile(
    r"^([ \t]*(?:[\w-]+[ -]by|author|committer|cc)[ \t]*:).*"
    r"|^([ \t]*[\w-]+[ \t]*:).*<[^\s<>]*@[^\s<>]*>[ \t\r]*$",
    re.IGNORECASE | re.MULTILINE,
)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class PersonalData(StrEnum):
    """What to do with personal data."""

    KEEP = "keep"
    HASH = "hash"
    DROP = "drop"


def protected(table: Table, personal: PersonalData, salt: str = "") -> Table:
    """Return the table as it is to be loaded.

    Text of personal columns becomes its hash, or null where it is to be dropped. What is
    personal and no text becomes null either way: objects, and so `extra`, may hold anything.
    Columns that may mention people lose addresses and lines that name somebody. Ids of users
    stay: without the names they are pseudonyms.

    Args:
        table: The definition.
        personal: What to do with its personal data.
        salt: Key of the hashes. The same salt gives a value the same hash in every table and
            load; without one, whoever knows an address can find its hash.
    """
    if personal is PersonalData.KEEP:
        return table
    person = _hash(salt) if personal is PersonalData.HASH else _nothing
    return replace(table, columns=tuple(_protected(each, person) for each in table.columns))


def without_people(text: str) -> str:
    """Return text without e-mail addresses and without who is named by trailers of a commit."""
    text = _NAMING.sub(lambda line: f"{line[1] or line[2]} {_GONE}", text)
    return _ADDRESS.sub(_GONE, text) if "@" in text else text


def _protected(column: Column, person: Callable[[Any], Any]) -> Column:
    is_json = column.kind is Kind.JSON
    if column.personal:
        convert = person if column.kind is Kind.TEXT else _nothing
    elif column.mentions_people:
        convert = _json_without_people if is_json else without_people
    else:
        return column
    return replace(column, convert=_after(column.convert, convert))


def _after(first: Callable[[Any], Any] | None, then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        value = first(value) if first else value
        # Missing and empty text tell nothing of anybody.
        return then(value) if value else value

    return convert


def _hash(salt: str) -> Callable[[str], str]:
    # A key may have 64 bytes, a salt any number.
    key = blake2b(salt.strip().encode()).digest()
    return lambda text: blake2b(text.encode(), key=key, digest_size=16).hexdigest()


def _nothing(_: Any) -> None:
    return None


def _json_without_people(text: str) -> str:
    """Change the strings in JSON text and nothing else of it."""
    return _JSON_STRING.sub(lambda found: _string_without_people(found[0]), text)


def _string_without_people(literal: str) -> str:
    text = json.loads(literal)
    kept = without_people(text)
    return literal if kept == text else dump(kept).decode()
