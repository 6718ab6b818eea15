"""What fake-gcs-server lacks of Google's XML API: PUT and DELETE of objects, which obstore sends.

A server before it turns them into the emulator's own uploads and deletions; all else goes through.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote

import requests


class _Before(ThreadingHTTPServer):
    def __init__(self, emulator: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulator = emulator


class _Handler(BaseHTTPRequestHandler):
    server: _Before

    def do_GET(self) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() == "range"}
        found = requests.get(self.server.emulator + self.path, headers=kept, timeout=20)
        names = ("Content-Type", "Content-Range", "ETag", "Last-Modified", "x-goog-generation")
        told = {name: found.headers[name] for name in names if name in found.headers}
        self._answer(found.status_code, told, found.content)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, key = self._object()
        found = requests.post(
            f"{self.server.emulator}/upload/storage/v1/b/{bucket}/o",
            body,
            params={"uploadType": "media", "name": key},
            headers={"Content-Type": self.headers.get("Content-Type", "")},
            timeout=20,
        )
        told = json.loads(found.content) if found.ok else {}
        self._answer(found.status_code, {"ETag": told.get("etag", "")}, b"")

    def do_DELETE(self) -> None:
        bucket, key = self._object()
        path = f"storage/v1/b/{bucket}/o/{quote(key, safe='')}"
        found = requests.delete(f"{self.server.emulator}/{path}", timeout=20)
        self._answer(204 if found.ok else found.status_code, {}, b"")

    def _object(self) -> tuple[str, str]:
        bucket, _, key = self.path.partition("?")[0].lstrip("/").partition("/")
        return unquote(bucket), unquote(key)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def taking_writes(emulator: str) -> Iterator[str]:
    """Yield the URL of an emulator that takes what obstore writes."""
    with _Before(emulator) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
