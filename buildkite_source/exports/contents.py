"""Bytes of an object → undecoded items: gzip or not, one array, one object, or objects by line."""

import zlib
from datetime import datetime

import msgspec

from buildkite_source.client import RawItem
from buildkite_source.client.items import split

_GZIP = b"\x1f\x8b"
# No build is as large; what a build wrote may be a bomb.
LARGEST = 256 << 20


class UnreadableError(ValueError):
    """An object is half written, too large, or no JSON; the text says which."""


def unpacked(data: bytes, largest: int = LARGEST) -> bytes:
    """Return an object's bytes, unpacked if they are gzip, whatever its name says.

    Raises:
        UnreadableError: It is cut off, damaged, or larger than `largest` bytes.
    """
    if not data.startswith(_GZIP):
        return data
    parts = []
    try:
        while data:
            stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            parts.append(stream.decompress(data, largest))
            if stream.unconsumed_tail:
                raise UnreadableError(f"it is larger than {largest:,} bytes")
            if not stream.eof:
                raise UnreadableError("it is cut off")
            # A gzip file may be several, one after the other; or be filled up with zeros.
            data = stream.unused_data.lstrip(b"\x00")
    except zlib.error:
        raise UnreadableError("it is damaged") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def items_in(data: bytes, fetched_at: datetime) -> list[RawItem]:
    """Return the objects in a file; none of an empty one.

    Raises:
        UnreadableError: It is no such file, or not whole.
    """
    text = unpacked(data).strip()
    if not text or text == b"null":
        return []
    try:
        return split(text, fetched_at)
    except (ValueError, msgspec.DecodeError) as error:
        lines = text.splitlines()
        if len(lines) == 1:
            raise UnreadableError(str(error)) from None
    try:
        return [item for line in lines if line.strip() for item in split(line, fetched_at)]
    except (ValueError, msgspec.DecodeError) as error:
        raise UnreadableError(str(error)) from None
