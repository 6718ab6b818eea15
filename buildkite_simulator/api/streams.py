"""Answers too large to hold: sent block by block."""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Blocks = Callable[[], Iterable[bytes]]
_GZIP = 31


class StreamedResponse(Response):
    """A response whose body is made while it is sent; `size` only where it is known before."""

    def __init__(
        self, blocks: Blocks, status: int = 200, *, media_type: str, size: int | None = None
    ) -> None:
        super().__init__(b"", status, media_type=media_type)
        self.blocks = blocks
        del self.headers["Content-Length"]
        if size is not None:
            self.headers["Content-Length"] = str(size)

    def compress(self) -> None:
        """Send a gzip stream instead."""
        plain = self.blocks
        self.blocks = lambda: _gzip(plain())
        self.headers["Content-Encoding"] = "gzip"
        if "Content-Length" in self.headers:
            del self.headers["Content-Length"]

    def beginning(self, length: int) -> bytes:
        """Return at most the first `length` bytes."""
        body = b""
        for block in self.blocks():
            body += block
            if len(body) >= length:
                break
        return body[:length]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        if scope["method"] != "HEAD":
            for block in self.blocks():
                if _has_left(send):
                    return
                if block:
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                    await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})


def _has_left(send: Send) -> bool:
    """Tell whether the client is gone; uvicorn's `send` is a method of what knows."""
    return bool(getattr(getattr(send, "__self__", None), "disconnected", False))


def _gzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    for block in blocks:
        yield stream.compress(block)
    yield stream.flush()
