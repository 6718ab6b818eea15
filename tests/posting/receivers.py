"""Real servers of this machine that messages are posted to: a webhook's, and a mail server."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Literal, cast

from aiosmtpd.controller import Controller


@dataclass
class Receiver:
    """A server that takes webhooks' requests.

    Attributes:
        url: Its address, with a secret in its path.
        status: What it answers with.
        body: What it answers.
        silent: It does not answer.
        drips: It answers for ever, a byte now and then: before its status, or after.
        taken: The paths and bodies that came.
    """

    url: str = ""
    status: int = 200
    body: bytes = b"ok"
    silent: bool = False
    drips: Literal["", "before", "after"] = ""
    taken: list[tuple[str, Any]] = field(default_factory=list)


SECRET = "T0P-s3cret"


@contextmanager
def webhook() -> Iterator[Receiver]:
    """Run a server for webhooks."""
    receiver, over = Receiver(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            receiver.taken.append((self.path, json.loads(body)))
            if receiver.silent:
                over.wait(30)
                return
            if receiver.drips == "before":
                self.drip(b"H")
            self.send_response(receiver.status)
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.end_headers()
            self.wfile.write(receiver.body)
            if receiver.drips:
                self.drip(b"x")

        def drip(self, byte: bytes) -> None:
            with suppress(OSError):
                while not over.wait(0.02):
                    self.wfile.write(byte)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server.

    Attributes:
        url: Its address, as apprise writes one.
        mails: What came.
    """

    url: str
    mails: list[EmailMessage]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Run a mail server."""
    mails: list[EmailMessage] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            parsed = message_from_bytes(envelope.content, policy=policy.default)
            mails.append(cast(EmailMessage, parsed))
            return "250 taken"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}?from=ci@example.com&to=lead@example.com&mode=insecure"
        yield Mailbox(url, mails)
    finally:
        controller.stop()
