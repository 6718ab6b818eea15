"""The storage host that artifact downloads lead to: another origin, with no use for tokens."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from buildkite_simulator.api.query import Query
from buildkite_simulator.api.streams import StreamedResponse
from buildkite_simulator.instants import SECOND
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.artifacts import Artifact
from buildkite_simulator.world.world import World

_GOOD_FOR = 60
_RANGE = re.compile(r"bytes=(\d+)-\Z")
_WRONG = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>'
)


class Storage:
    """Serves artifacts by signed URLs that expire, or by plain ones."""

    def __init__(self, world: World, url: str, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        self.url = url

    def url_of(
        self, artifact: Artifact, at: int, *, public: bool, good_for: int = _GOOD_FOR
    ) -> str:
        """Return where an artifact's bytes are."""
        self._world.show([artifact])
        build = artifact.job.build
        owner = build.pipeline.organization.id
        path = f"{owner}/{build.pipeline.id}/{build.id}/{artifact.job.id}/{artifact.id}"
        if public:
            return f"{self.url}/public/{path}"
        expires = at // SECOND + good_for
        signature = _signature(path, str(expires))
        return f"{self.url}/signed/{path}?X-Expires={expires}&X-Signature={signature}"

    def respond(self, request: Request, at: int) -> Response:
        """Answer a request."""
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, b"MethodNotAllowed", b"Only reads are simulated")
        kind, _, path = request.url.path.removeprefix("/").partition("/")
        query = Query(request.url.query)
        if kind == "signed":
            expires = query.one("X-Expires") or ""
            if query.one("X-Signature") != _signature(path, expires):
                return _refusal(403, b"SignatureDoesNotMatch", b"The signature is wrong")
            if at // SECOND >= int(expires):
                return _refusal(403, b"AccessDenied", b"Request has expired")
        artifact = self._world.artifact(path.rpartition("/")[2])
        if artifact is None or kind not in ("signed", "public"):
            return _refusal(404, b"NoSuchKey", b"The specified key does not exist.")
        size, start = artifact.sums().size, self._start(request)
        if start and start >= size:
            response = _refusal(416, b"InvalidRange", b"The requested range is not satisfiable")
            response.headers["Content-Range"] = f"bytes */{size}"
            return response
        response = StreamedResponse(
            lambda: _after(artifact.blocks(), start),
            206 if start else 200,
            media_type=artifact.mime_type,
            size=size - start,
        )
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        name = quote(artifact.filename, safe="")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    def _start(self, request: Request) -> int:
        """Return the first byte that is asked for; only ranges without an end are simulated."""
        match = _RANGE.match(request.headers.get("range", ""))
        return int(match[1]) if match and self._switches.storage_ranges == "honoured" else 0


def _after(blocks: Iterator[bytes], start: int) -> Iterator[bytes]:
    """Yield what follows the first `start` bytes."""
    for block in blocks:
        yield block[start:]
        start = max(0, start - len(block))


def _signature(path: str, expires: str) -> str:
    return blake2b(f"{path}?{expires}".encode(), digest_size=16).hexdigest()


def _refusal(status: int, code: bytes, message: bytes) -> Response:
    return Response(_WRONG % (code, message), status, media_type="application/xml")
