"""Values of fields: as they were written, as they are sent, as the ledger tells of them."""

import json
from collections.abc import Mapping
from typing import Any

from .model import Field, Type

_TRUE, _FALSE = ("true", "1"), ("false", "0")
# The ledger is no archive of what was sent.
_LONGEST_TOLD = 1000


def as_sent(field: Field, value: Any) -> Any:
    """Return a value as the API takes it; text, as of a CSV file, is turned into its type.

    Raises:
        ValueError: It is of another type, or none of the choices; never with a secret in its text.
    """
    found = _TYPES[field.type](value)
    if found is None:
        shown = "" if field.secret else f", unlike {str(value)[:80]!r}"
        raise ValueError(f"{field.name} must be {_an(field.type)}{shown}")
    for part in _parts(found) if field.choices else ():
        if part not in field.choices:
            raise ValueError(f"{field.name} takes {', '.join(field.choices)}, unlike {part[:80]!r}")
    if isinstance(found, int) and not isinstance(found, bool):
        above = field.highest is not None and found > field.highest
        if above or (field.lowest is not None and found < field.lowest):
            most = f" to {field.highest}" if field.highest is not None else " or more"
            raise ValueError(f"{field.name} must be {field.lowest}{most}, unlike {found}")
    return found


def as_told(field: Field, value: Any) -> Any:
    """Return what the ledger has of a value that is sent: of a secret one names, or a length."""
    if field.secret:
        if isinstance(value, dict):
            return sorted(value)
        length = len(value if isinstance(value, str) else json.dumps(value))
        return f"({length:,} characters)"
    if isinstance(value, str) and len(value) > _LONGEST_TOLD:
        return f"{value[:_LONGEST_TOLD]}… ({len(value):,} characters)"
    return value


def _an(kind: Type) -> str:
    return f"an {kind}" if kind is Type.INTEGER else f"a {kind}" if kind is not Type.TEXT else kind


def _parts(value: Any) -> list[str]:
    return [part.strip() for part in str(value).split(",")]


def _text(value: Any) -> str | None:
    # Values with commas may come as a list.
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return ",".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None
    return value if isinstance(value, int) else None


def _boolean(value: Any) -> bool | None:
    text = str(value).strip().lower()
    if isinstance(value, bool | str) and text in (*_TRUE, *_FALSE):
        return text in _TRUE
    return None


def _map(value: Any) -> dict[str, str] | None:
    found = _json(value)
    if not isinstance(found, Mapping):
        return None
    texts = {
        str(name): str(one).lower() if isinstance(one, bool) else _text(one)
        for name, one in found.items()
    }
    return None if None in texts.values() else {k: str(v) for k, v in texts.items()}


def _list(value: Any) -> list[str] | None:
    found = _json(value)
    if isinstance(found, str):
        found = _parts(found)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return None
    return found


def _objects(value: Any) -> list[Any] | None:
    found = _json(value)
    if not isinstance(found, list) or not all(isinstance(one, str | Mapping) for one in found):
        return None
    return found


def _any(value: Any) -> dict[str, Any] | list[Any] | None:
    found = _json(value)
    if isinstance(found, Mapping):
        return {str(name): one for name, one in found.items()}
    return found if isinstance(found, list) else None


def _json(value: Any) -> Any:
    """Return what JSON text says; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


_TYPES = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.BOOLEAN: _boolean,
    Type.MAP: _map,
    Type.LIST: _list,
    Type.OBJECTS: _objects,
    Type.JSON: _any,
}
