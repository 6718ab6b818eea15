"""Bytes of an object → undecoded items: gzip or not, one array, one object, or objects by line."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from buildkite_source.client import RawItem
from buildkite_source.client.items import split

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
# No build is as large; what a build wrote may be a bomb.
LARGEST = 256 << 20


class UnreadableError(ValueError):
    """An object is half written, too large, or no JSON; the text says which."""


def unpacked(chunks: Iterable[bytes], largest: int = LARGEST) -> Iterator[bytes]:
    """Yield an object's bytes, unpacked if they are gzip, whatever its name says.

    Args:
        chunks: Its bytes as stored; the first chunk has two or more, if there are.
        largest: Bytes that it may become; what is not packed is as large as it is.

    Raises:
        UnreadableError: It is cut off, damaged, or larger.
    """
    chunks = iter(chunks)
    first = next(chunks, b"")
    if not first.startswith(_GZIP):
        yield first
        yield from chunks
        return
    stream: Any = None
    size = 0
    try:
        for chunk in chain([first], chunks):
            rest, more = chunk, False
            while rest or more:
                if stream is None:
                    # A gzip file may be several, one after the other; or be filled up with zeros.
                    rest = rest.lstrip(b"\x00")
                    if not rest:
                        break
                    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
                part = stream.decompress(rest, _BLOCK)
                size += len(part)
                if size > largest:
                    raise UnreadableError(f"it is larger than {largest:,} bytes")
                yield part
                # What was taken in may be more than fits into a block.
                rest, more = stream.unconsumed_tail, len(part) == _BLOCK
                if stream.eof:
                    stream, rest, more = None, stream.unused_data, False
    except zlib.error:
        raise UnreadableError("it is damaged") from None
    if stream is not None:
        raise UnreadableError("it is cut off")


def items_in(data: bytes, fetched_at: datetime) -> list[RawItem]:
    """Return the objects in a file; none of an empty one.

    Raises:
        UnreadableError: It is no such file, or not whole.
    """
    text = b"".join(unpacked([data])).strip()
    if not text or text == b"null":
        return []
    try:
        return split(text, fetched_at)
    except (ValueError, msgspec.DecodeError) as error:
        lines = text.splitlines()
        if len(lines) == 1:
            raise UnreadableError(f"it is no JSON: {error}") from None
    try:
        return [item for line in lines if line.strip() for item in split(line, fetched_at)]
    except (ValueError, msgspec.DecodeError) as error:
        raise UnreadableError(f"it is no JSON: {error}") from None
