"""A server that is further away than loopback: what is sent to it arrives a while later."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """Yield a port that leads to another one, to which each request takes so long."""
    loop = asyncio.new_event_loop()

    async def copy(source: asyncio.StreamReader, to: asyncio.StreamWriter, wait: float) -> None:
        with suppress(ConnectionError):
            while content := await source.read(1 << 16):
                await asyncio.sleep(wait)
                to.write(content)
                await to.drain()
        to.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, ahead = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, ahead, seconds), copy(behind, writer, 0.0))

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
