"""What a bucket refuses is told with what to do, alike for S3 and Google Cloud Storage.

Answers are those of their documentation, from a server of ours: emulators refuse nothing.
"""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from buildkite_source.buckets import BucketError, Store, open_store

_SECTIONS = ("sources", "buildkite_source", "exports")
_CREDENTIALS = "SOURCES__BUILDKITE_SOURCE__EXPORTS__CREDENTIALS__"
_SECRET = "planted-S3cret"


class Refusing(ThreadingHTTPServer):
    """Refuses whatever is asked."""

    answer = (404, "NoSuchBucket")


class _Answer(BaseHTTPRequestHandler):
    server: Refusing

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, code = self.server.answer
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Refusing]:
    with Refusing(("127.0.0.1", 0), _Answer) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def key() -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    made = rsa.generate_private_key(65537, 2048)
    return made.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


@pytest.fixture(params=["s3", "gs"])
def store(
    request: pytest.FixtureRequest,
    server: Refusing,
    key: str,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    url = f"http://127.0.0.1:{server.server_port}"
    given = {
        "s3": {
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "ENDPOINT_URL": url,
            "REGION_NAME": "us-east-1",
        },
        "gs": {"PROJECT_ID": "ci", "CLIENT_EMAIL": "ci@ci", "PRIVATE_KEY": key},
    }
    monkeypatch.setenv("GOOGLE_BASE_URL", url)
    for name, value in given[request.param].items():
        monkeypatch.setenv(_CREDENTIALS + name, value)
    return open_store(f"{request.param}://acme-exports", _SECTIONS)


_WAYS: dict[str, Callable[[Store], object]] = {
    "level": lambda store: store.level(""),
    "below": lambda store: list(store.below("")),
    "read": lambda store: store.read("a"),
    "open": lambda store: store.open("a"),
    "write": lambda store: store.write("a", b"", "text/plain"),
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, "NoSuchBucket"), "There is no bucket ..://acme-exports: check its name"),
        ((403, "AccessDenied"), "may not be (read|written) with these credentials"),
        ((401, "AuthenticationRequired"), "may not be (read|written) with these credentials"),
        ((400, "AuthorizationHeaderMalformed"), "another region.*region_name"),
        ((301, "PermanentRedirect"), "another region.*region_name"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_what_is_refused_is_told_with_what_to_do(
    store: Store, server: Refusing, way: str, answer: tuple[int, str], told: str
) -> None:
    server.answer = answer
    with pytest.raises(BucketError, match=told) as refused:
        _WAYS[way](store)
    assert _SECRET not in str(refused.value)
    assert "PRIVATE" not in str(refused.value)
