"""The documented shape of one API object, built from the tables that read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from .model import Kind, Table

_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.INTEGER: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None,
    Kind.NUMBER: float | None,
    Kind.BOOLEAN: bool | None,
    Kind.TIMESTAMP: str | None,
    Kind.JSON: msgspec.Raw,
}

# Every struct has a place for what it cannot name, under a key that no API sends.
UNKNOWN = "unknown_"
_UNREACHABLE = "\ufdd0unknown"


@dataclass(slots=True)
class Node:
    """An object of the documented shape: what it may hold, and the struct it decodes to.

    Attributes:
        leaves: Known values by key.
        objects: Known nested objects by key.
        lists: Keys that list the rows of a table.
        repairs: What to do with a value of another documented shape, by key.
        open_ended: Keys beyond the known ones are left out on purpose.
        secrets: Keys whose values are kept nowhere, whatever shape the object around them has.
        struct: Typed form; every field may be missing or null.
    """

    leaves: dict[str, Kind] = field(default_factory=dict)
    objects: dict[str, Node] = field(default_factory=dict)
    lists: dict[str, Node] = field(default_factory=dict)
    repairs: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    open_ended: bool = False
    secrets: frozenset[str] = frozenset()
    struct: type[msgspec.Struct] = msgspec.Struct

    def keep_out(self, secrets: frozenset[str]) -> None:
        """Set the keys of secrets here and in all nodes below."""
        self.secrets = secrets
        for node in (*self.objects.values(), *self.lists.values()):
            node.keep_out(secrets)

    def compile(self, name: str = "Item") -> Node:
        """Create the structs of this node and all below it."""
        fields: list[tuple[str, Any, Any]] = [(UNKNOWN, dict[str, Any] | None, None)]
        fields += [
            (key, _TYPES[kind], msgspec.Raw() if kind is Kind.JSON else None)
            for key, kind in self.leaves.items()
        ]
        for key, node in self.objects.items():
            fields.append((key, node.compile(f"{name}_{key}").struct | None, None))
        for key, node in self.lists.items():
            row: Any = node.compile(f"{name}_{key}").struct
            fields.append((key, list[row] | None, None))
        self.struct = msgspec.defstruct(
            name,
            fields,
            rename={UNKNOWN: _UNREACHABLE},
            forbid_unknown_fields=not self.open_ended,
            gc=False,
        )
        return self


def shape_of(tables: tuple[Table, ...]) -> Node:
    """Return the shape of the object all `tables` are read from."""
    root = Node()
    for table in tables:
        rows = root.lists.setdefault(table.rows, Node()) if table.rows else root
        for path, kind in _paths(table).items():
            owner, keys = (root, path[1:]) if path.startswith("/") else (rows, path)
            _place(owner, keys.split("."), kind)
        rows.repairs.update(table.repairs)
    # One table may leave out an object of which another one reads a part.
    for table in tables:
        rows = root.lists[table.rows] if table.rows else root
        for path in table.omitted:
            _omit(rows, path.split("."))
    root.keep_out(frozenset(name for table in tables for name in table.secret_keys))
    return root.compile()


def _paths(table: Table) -> dict[str, Kind]:
    """Return the kind of each JSON path; JSON wins where columns share one."""
    paths: dict[str, Kind] = {}
    for column in table.columns:
        if not column.path.startswith("@") and paths.get(column.path) is not Kind.JSON:
            paths[column.path] = column.kind
    return paths


def _place(node: Node, keys: list[str], kind: Kind) -> None:
    for key in keys[:-1]:
        node = node.objects.setdefault(key, Node())
    node.leaves.setdefault(keys[-1], kind)


def _omit(node: Node, keys: list[str]) -> None:
    for key in keys[:-1]:
        node = node.objects.setdefault(key, Node())
    if keys[-1] in node.objects:
        node.objects[keys[-1]].open_ended = True
    else:
        node.leaves.setdefault(keys[-1], Kind.JSON)
