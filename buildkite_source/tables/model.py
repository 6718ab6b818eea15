"""What a table is: columns with a type, a place in the API's JSON and a description."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

# Keys whose values are kept nowhere, whatever is asked for.
TOKEN_KEYS = frozenset({"token", "api_token"})
# Keys that hold credentials, or may, in any object of the API.
SECRET_KEYS = frozenset({"env", "steps", "configuration", "webhook_url"})


class Kind(StrEnum):
    """Column types, named as dlt names them."""

    TEXT = "text"
    INTEGER = "bigint"
    NUMBER = "double"
    BOOLEAN = "bool"
    TIMESTAMP = "timestamp"
    JSON = "json"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Name in the destination.
        kind: Type; timestamps are UTC with microseconds.
        path: Where the value comes from: `agent.id` in the row's own object, `/number` in the
            object the row came in (the build of a job), `@fetched_at` in what the fetch knows.
        description: One line for the documentation and the destination's comment.
        required: Part of what identifies a row; never null.
        personal: Names or addresses of people, or an object that may hold them.
        mentions_people: Text, or JSON of texts, that may mention people beside other things.
        secret: May hold credentials; left out unless asked for.
        convert: Turns the JSON value into the column's value; None leaves it as it is.
        fallback: Where the value comes from if the row has none at `path`, such as `@pipeline_id`.
    """

    name: str
    kind: Kind
    path: str
    description: str
    required: bool = False
    personal: bool = False
    mentions_people: bool = False
    secret: bool = False
    convert: Callable[[Any], Any] | None = None
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the single definition behind hints, Arrow schema, documentation and tests.

    Attributes:
        name: Table name.
        description: What one row is.
        documentation: Page of Buildkite's documentation the fields rest on.
        columns: In the order of the destination.
        omitted: Documented JSON fields that get no column, with the reason.
        rows: Field of the API's object that lists the rows; "" when the object is the row.
        repairs: For fields documented with two shapes: turns the odd one into the usual one.
        primary_key: Columns that identify a row.
        secret_keys: JSON keys that are kept nowhere, not in `extra` either.
        append: Each load adds rows; nothing is merged, and there is no primary key.
        needed: Columns besides the key without which an object is set aside in `rejected`.
    """

    name: str
    description: str
    documentation: str
    columns: tuple[Column, ...]
    omitted: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""
    repairs: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ("id",)
    secret_keys: frozenset[str] = frozenset()
    append: bool = False
    needed: tuple[str, ...] = ()

    def without_secrets(self) -> "Table":
        """Return the table without the columns that may hold credentials."""
        secrets = {
            column.path: "may hold credentials; off by default"
            for column in self.columns
            if column.secret
        }
        return replace(
            self,
            columns=tuple(column for column in self.columns if not column.secret),
            omitted={**self.omitted, **secrets},
            secret_keys=SECRET_KEYS,
        )


FETCHED_AT = Column(
    "fetched_at",
    Kind.TIMESTAMP,
    "@fetched_at",
    "When the API sent this version of the row, by the API's clock",
)
EXTRA = Column(
    "extra",
    Kind.JSON,
    "@extra",
    "Fields this version does not know, and values whose type was not the documented one",
    personal=True,
)
ORGANIZATION_ID = Column(
    "organization_id", Kind.TEXT, "@organization_id", "Organization; joins organizations.id"
)


FROM_API, FROM_EXPORT, FROM_ARCHIVE = "api", "export", "archive"


def _source(value: Any) -> Any:
    """Return where a row came from; what the API sends says nothing of it."""
    return value or FROM_API


# Rows of versions before 0.3 have neither: they came from the API.
LOADED_FROM = Column(
    "loaded_from",
    Kind.TEXT,
    "@loaded_from",
    "Where this version of the row came from: api, export, or archive (logs_from); null in rows "
    "of versions before 0.3, which came from the API",
    convert=_source,
)
EXPORT_KEY = Column(
    "export_key",
    Kind.TEXT,
    "@export_key",
    "Folder of the build export it came from; joins build_exports.export_key; null from the API",
)
# The columns of what a build export holds as well.
LINEAGE = (LOADED_FROM, EXPORT_KEY)


_SLUGS = re.compile(
    r"/organizations/(?P<organizations>[^/?#]+)(?:/pipelines/(?P<pipelines>[^/?#]+))?"
)


def url_part(collection: str) -> Callable[[Any], Any]:
    """Return a converter that takes a slug, of `organizations` or `pipelines`, from an API URL."""

    def convert(url: Any) -> Any:
        match = _SLUGS.search(url) if url else None
        return match[collection] if match else None

    return convert


def user_columns(field_name: str, who: str) -> tuple[Column, ...]:
    """Return the columns of a user-like object; the rest is in `user_omissions`."""
    name = field_name.replace(".", "_")
    return (
        Column(f"{name}_id", Kind.TEXT, f"{field_name}.id", f"{who}: user id"),
        Column(f"{name}_name", Kind.TEXT, f"{field_name}.name", f"{who}: name", personal=True),
        Column(f"{name}_email", Kind.TEXT, f"{field_name}.email", f"{who}: e-mail", personal=True),
    )


def user_omissions(field_name: str) -> dict[str, str]:
    """Return what is left out of a user-like object, with reasons."""
    return {
        f"{field_name}.graphql_id": GRAPHQL_ID,
        f"{field_name}.avatar_url": "a picture of the user, not of the build",
        f"{field_name}.created_at": "describes the user, not this row",
    }


GRAPHQL_ID = "derivable: base64 of the type, three dashes and the id"
DERIVABLE_URL = "derivable from the slugs, the number and the id"
