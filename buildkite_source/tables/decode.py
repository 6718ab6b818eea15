"""JSON text of one API object → typed struct, by a strict fast path and a tolerant one.

The fast path takes objects of exactly the documented shape. Any other object (an unknown
field, a value of another type) is read by the tolerant path, which keeps what it cannot place
under `UNKNOWN`, so that a surprise costs one value a cast and never a page. No path lets tokens
through.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from .model import SECRET_KEYS, TOKEN_KEYS, Kind
from .shape import UNKNOWN, Node
from .times import parse_time

_REPLACEMENT = "\ufffd"
# NUL, surrogates; and the letters that a key of a token may be written in.
_ESCAPED = re.compile(rb"\\u(?:00(?:00|[4-7])|[dD])")
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,19})?")
_TOKEN = re.compile(rb'"(?:api_)?token"')


class ItemDecoder:
    """Decodes one kind of API object.

    Args:
        shape: Its documented shape.
    """

    def __init__(self, shape: Node) -> None:
        self.shape = shape
        self._strict = msgspec.json.Decoder(shape.struct)

    def __call__(self, raw: bytes) -> Any:
        """Return the object as its struct; never loses a value.

        Raises:
            ValueError: The text is no JSON object.
        """
        if _is_plain(raw):
            try:
                return self._strict.decode(raw)
            except msgspec.DecodeError:
                pass
        return self.tolerant(raw)

    def tolerant(self, raw: bytes) -> Any:
        """Return the object as its struct by the tolerant path."""
        try:
            value = _clean(json.loads(raw.decode(errors="replace"), parse_int=_parse_int))
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
            return read(self.shape, _without(TOKEN_KEYS, value))
        except RecursionError:
            raise ValueError("nested too deeply") from None


def read(node: Node, value: dict[str, Any]) -> Any:
    """Fill the node's struct from `value`; what does not fit goes under `UNKNOWN`."""
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, content in value.items():
        if key in node.leaves:
            _read_leaf(node.leaves[key], key, content, known, unknown)
        elif content is None and (key in node.objects or key in node.lists):
            continue
        elif key in node.objects:
            _read_object(node, key, content, known, unknown)
        elif key in node.lists:
            _read_list(node.lists[key], key, content, known, unknown)
        elif not node.open_ended:
            unknown[key] = content
    if node.secrets:
        unknown = _without(node.secrets, unknown)
    return node.struct(**known, **{UNKNOWN: unknown or None})


def _without(secrets: frozenset[str], value: Any) -> Any:
    """Return `value` without what lies under a secret key, at any depth."""
    if isinstance(value, dict):
        return {k: _without(secrets, v) for k, v in value.items() if k not in secrets}
    if isinstance(value, list):
        return [_without(secrets, element) for element in value]
    return value


def without_credentials(text: str | None) -> str | None:
    """Return JSON text without what lies under a key of `SECRET_KEYS`, at any depth."""
    if text is None:
        return None
    return dump(_without(SECRET_KEYS, json.loads(text, parse_int=_parse_int))).decode()


def harmless(value: Any) -> bytes:
    """Return a decoded object as JSON text without tokens and credentials, at any depth."""
    return dump(_clean(_without(TOKEN_KEYS | SECRET_KEYS, value)))


def _read_leaf(
    kind: Kind, key: str, content: Any, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    if content is None:
        return
    try:
        known[key] = _CASTS[kind](content)
    except (ValueError, OverflowError):
        unknown[key] = content


def _read_object(
    node: Node, key: str, content: Any, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    repair = node.repairs.get(key)
    content = repair(content) if repair else content
    if not isinstance(content, dict):
        unknown[key] = content
        return
    inner = read(node.objects[key], content)
    known[key] = inner
    if getattr(inner, UNKNOWN):
        unknown[key] = getattr(inner, UNKNOWN)


def _read_list(
    node: Node, key: str, content: Any, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    if not isinstance(content, list):
        unknown[key] = content
        return
    known[key] = [read(node, element) for element in content if isinstance(element, dict)]
    strays = [element for element in content if not isinstance(element, dict)]
    if strays:
        unknown[key] = strays


def _is_plain(raw: bytes) -> bool:
    """Whether the text holds nothing to clean out: tokens, NUL, surrogates, broken UTF-8."""
    if b"\\u" in raw and _ESCAPED.search(raw):
        return False
    if b'token"' in raw and _TOKEN.search(raw):
        return False
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parse_int(digits: str) -> int | str:
    """Python refuses to convert integers of thousands of digits; keep those as text."""
    return int(digits) if len(digits) < 4000 else digits


def _clean(value: Any) -> Any:
    """Replace what no destination stores: NUL characters and lone surrogates."""
    if isinstance(value, str):
        text = value.replace("\x00", _REPLACEMENT)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_clean(element) for element in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(element) for key, element in value.items()}
    return value


def dump(value: Any) -> bytes:
    """Return compact JSON text; numbers that are no JSON (NaN, infinities) become text."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return str(value)
    if isinstance(value, list):
        return [_finite(element) for element in value]
    if isinstance(value, dict):
        return {key: _finite(element) for key, element in value.items()}
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bool | int | float):
        return dump(value).decode()
    raise ValueError


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError
    number = int(value)
    if (isinstance(value, float) and number != value) or not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise ValueError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError


def _timestamp(value: Any) -> str:
    """Return the moment in the one form that Arrow parses."""
    if not isinstance(value, str):
        raise ValueError
    return parse_time(value).isoformat()


def _json(value: Any) -> msgspec.Raw:
    return msgspec.Raw(dump(value))


_CASTS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.TIMESTAMP: _timestamp,
    Kind.JSON: _json,
}
