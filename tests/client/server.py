"""A real HTTP server on the loopback that answers by script and keeps what it was asked."""

import gzip
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Fault(StrEnum):
    """Ways in which an answer fails to arrive."""

    DROP = "closed without an answer"
    RESET = "connection reset"
    TRUNCATE = "less body than announced"
    HANG = "no answer in time"
    DRIP_HEAD = "a head without an end, a byte now and then"
    DRIP_BODY = "a body that is long, a byte now and then"


@dataclass(frozen=True)
class Reply:
    """One scripted answer."""

    status: int = 200
    body: bytes = b"[]"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    gzipped: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Message


class ScriptedServer(ThreadingHTTPServer):
    """Answers each request with the next reply; the last reply stays.

    A reply's headers and body may name `{origin}`, the server's own.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._replies: list[Reply] = [Reply()]
        self._taken = threading.Condition()
        threading.Thread(target=self.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v2"

    def replies(self, *replies: Reply) -> None:
        self._replies = list(replies)

    def take(self, asked: Asked) -> Reply:
        with self._taken:
            self.asked.append(asked)
            self._taken.notify_all()
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def was_asked(self, times: int) -> bool:
        """Whether so many requests came.

        Who gives up waiting for an answer may do so before a busy machine has read the request.
        """
        with self._taken:
            self._taken.wait_for(lambda: len(self.asked) >= times, timeout=10)
            return len(self.asked) == times

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about connections that were broken on purpose."""

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one packet: no delayed acknowledgement.
    server: ScriptedServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        reply = self.server.take(Asked(self.path, self.headers))
        if reply.fault is Fault.HANG:
            self.server.closing.wait(10)
        if reply.fault is Fault.RESET:
            self._reset()
        if reply.fault in (Fault.DRIP_HEAD, Fault.DRIP_BODY):
            self._drip(is_body=reply.fault is Fault.DRIP_BODY)
            return
        if reply.fault in (Fault.HANG, Fault.RESET, Fault.DROP):
            self.close_connection = True
            return
        body = gzip.compress(reply.body) if reply.gzipped else reply.body
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value.replace("{origin}", self.server.origin))
        if reply.gzipped:
            self.send_header("Content-Encoding", "gzip")
        missing = 100 if reply.fault is Fault.TRUNCATE else 0
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = bool(missing)

    def _drip(self, *, is_body: bool) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self.wfile.write(b"Content-Length: 9999999\r\n\r\n" if is_body else b"X-Long: ")
            while not self.server.closing.wait(0.01):
                self.wfile.write(b"x")
                self.wfile.flush()

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keep test output clean."""
