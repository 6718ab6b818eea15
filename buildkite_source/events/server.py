"""The application on a port, in a thread of its own: the main thread is the loads'."""

import socket
import threading
import time
from collections.abc import Sequence
from typing import Self

import uvicorn
from starlette.types import ASGIApp

_PATIENCE = 10.0


class Server:
    """Serves an application from `with` to its end; requests in flight are then answered.

    Args:
        app: The application.
        host: Address to listen on.
        port: 0 for any free one.
        trusted: Addresses of proxies whose `X-Forwarded-For` is believed; none by default.

    Attributes:
        address: Where it listens: `http://127.0.0.1:8737`.

    Raises:
        OSError: The address cannot be had.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, trusted: Sequence[str] = ()) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Named, or asyncio leaves Nagle's delay on, and each answer takes 40 ms longer.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted),
                forwarded_allow_ips=list(trusted),
                timeout_graceful_shutdown=5,
                backlog=4096,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise OSError(f"nothing could be served at {self.address}")
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._socket.close()
