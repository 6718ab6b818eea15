"""Compresses answers, and remembers the latest: pages of settled builds are asked for again."""

import zlib
from collections import OrderedDict

_REMEMBERED = 200
_GZIP = 31


class Compressor:
    """Gzip with a memory."""

    def __init__(self) -> None:
        self._memory: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def compress(self, body: bytes) -> bytes:
        """Return the body as a gzip stream."""
        key = (len(body), hash(body))
        known = self._memory.get(key)
        if known is None:
            stream = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
            known = self._memory[key] = stream.compress(body) + stream.flush()
        self._memory.move_to_end(key)
        while len(self._memory) > _REMEMBERED:
            self._memory.popitem(last=False)
        return known
