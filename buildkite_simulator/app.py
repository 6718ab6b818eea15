"""The three hosts as one ASGI application: record, fail on demand, authenticate, limit, answer."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from inspect import isawaitable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.compression import Compressor
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.api.faults import Fault, Faults
from buildkite_simulator.api.limits import UNLIMITED, RateLimits, Windows, storm
from buildkite_simulator.api.organizations import get_meta, get_root
from buildkite_simulator.api.points import Points
from buildkite_simulator.api.points import storm as graphql_storm
from buildkite_simulator.api.query import Query
from buildkite_simulator.api.recording import Origin, RecordedRequest
from buildkite_simulator.api.routes import find_endpoint
from buildkite_simulator.api.storage import Storage
from buildkite_simulator.api.streams import StreamedResponse
from buildkite_simulator.api.tampering import first_page, tamper
from buildkite_simulator.api.tokens import Token, Tokens, require_scope
from buildkite_simulator.instants import as_datetime, instant, time_ordered_uuid
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.world import World

if TYPE_CHECKING:
    from buildkite_simulator.graphql_api.endpoint import GraphqlEndpoint

_SMALLEST_COMPRESSED = 1_000
_SMALL_PART = 1 << 20
_log = logging.getLogger(__name__)


@dataclass
class Api:
    """The application and everything that can be changed about it while it serves."""

    world: World
    renderer: Renderer
    switches: Switches
    storage: Storage
    origins: dict[int, Origin] = field(default_factory=dict)
    rate_limit: RateLimits | None = None
    tokens: Tokens = field(default_factory=Tokens)
    faults: Faults = field(default_factory=Faults)
    requests_of: dict[Origin, list[RecordedRequest]] = field(
        default_factory=lambda: {"api": [], "graphql": [], "storage": []}
    )
    compressor: Compressor = field(default_factory=Compressor)
    hooks: list[Callable[[RecordedRequest], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.windows = Windows(self.rate_limit or UNLIMITED)
        self.points = Points(self.rate_limit or UNLIMITED)
        self._graphql: GraphqlEndpoint | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        origin = self.origins.get((scope.get("server") or ("", 0))[1], "api")
        record = self._record(request, origin)
        body = await request.body()
        record.body = body if origin == "graphql" else b""
        for hook in list(self.hooks):
            told = hook(record)
            if isawaitable(told):
                await told
        target = f"{record.path}?{request.url.query}"
        fault = self.faults.take(target)
        if fault and fault.kind == "reset":
            _drop_connection(send)
            return
        await _wait(fault, before_reading=True)
        response = self._faulty_response(fault, request, origin) if fault else None
        if response is None:
            asked = first_page(request) if fault and fault.kind == "endless" else request
            response = self.respond(asked, body, origin)
            if fault:
                host = self.renderer.context.base_url.removesuffix("/v2")
                tamper(fault, response, request, host)
        record.status = response.status_code
        self._finish(response, request, packs=origin != "storage")
        await _wait(fault, before_reading=False)
        if fault and fault.kind == "truncate":
            await _send_part(response, fault, send)
        else:
            await response(scope, receive, send)

    def respond(self, request: Request, body: bytes, origin: Origin = "api") -> Response:
        """Return the answer of the hosts proper."""
        headers: dict[str, str] = {}
        with self.world.one_instant() as at:
            self.renderer.check_settings()
            try:
                if origin == "storage":
                    response = self.storage.respond(request, at)
                elif origin == "graphql":
                    context = self.renderer.context
                    response = self._graphql_endpoint().respond(request, body, at, context)
                else:
                    response = self._answer(request, body, at, headers)
            except (ApiError, RefusedError) as error:
                payload = (
                    error.payload if isinstance(error, ApiError) else {"message": error.message}
                )
                response = json_response(payload, error.status)
            except Exception:
                _log.exception("the simulator failed on %s", request.url)
                response = json_response({"message": "The simulator itself failed"}, 500)
        response.headers.update(headers)
        return response

    def _answer(self, request: Request, body: bytes, at: int, headers: dict[str, str]) -> Response:
        path = request.url.path
        if path.rstrip("/") in ("", "/v2"):
            return get_root(at)
        if path == "/v2/meta":
            return get_meta()
        token = self.tokens.authenticate(request.headers.get("authorization"), at)
        found = find_endpoint(request.scope)
        parameters = found[1] if found else {}
        exceeded = self._limit(token, parameters, at, headers)
        if exceeded:
            raise exceeded
        if found is None:
            raise ApiError(404, "Not Found")
        require_scope(token, found[0].scope(self.switches))
        base = self.renderer.context.base_url
        call = Call(
            world=self.world,
            renderer=self.renderer,
            switches=self.switches,
            windows=self.windows,
            points=self.points,
            storage=self.storage,
            token=token,
            at=at,
            method=request.method,
            headers=request.headers,
            url=base.removesuffix("/v2") + path,
            query=Query(request.url.query),
            path=parameters,
            body=body,
        )
        return found[0].handler(call)

    def _graphql_endpoint(self) -> "GraphqlEndpoint":
        """Return the endpoint, made on first use: its library takes a while to import."""
        if self._graphql is None:
            from buildkite_simulator.graphql_api.endpoint import GraphqlEndpoint

            self._graphql = GraphqlEndpoint(self.world, self.storage, self.tokens, self.points)
        return self._graphql

    def _limit(
        self, token: Token, parameters: dict[str, str], at: int, headers: dict[str, str]
    ) -> ApiError | None:
        first = self.world.organizations[0].slug if self.world.organizations else ""
        organization = parameters.get("organization", first)
        counted, exceeded = self.windows.take(
            token.user, organization, at, count_rejected=self.switches.rejected_requests_count
        )
        headers.update(counted)
        return exceeded

    def _faulty_response(self, fault: Fault, request: Request, origin: Origin) -> Response | None:
        if fault.kind in ("status", "body"):
            status = fault.status if fault.kind == "status" else 200
            return Response(fault.body, status, media_type=fault.content_type)
        if fault.kind == "redirect":
            return Response(status_code=302, headers={"Location": fault.location})
        if fault.kind == "rate_limit":
            if origin == "graphql":
                headers, message = graphql_storm(
                    fault.scope.replace("rest", "graphql"), fault.reset
                )
                response = json_response({"errors": [{"message": message}]}, 429)
            else:
                headers, error = storm(fault.scope, fault.reset)
                response = json_response(error.payload, error.status)
            response.headers.update(headers)
            return response
        if fault.kind == "revoke":
            authorization = request.headers.get("authorization", "")
            self.tokens.revoke(authorization.partition(" ")[2].strip())
        return None

    def _finish(self, response: Response, request: Request, *, packs: bool) -> None:
        now = self.world.now
        response.headers["Date"] = format_datetime(now.replace(microsecond=0), usegmt=True)
        if self.switches.request_id_header:
            response.headers["X-Request-Id"] = time_ordered_uuid(
                instant(now), "request", sum(map(len, self.requests_of.values()))
            )
        accepted = request.headers.get("accept-encoding", "")
        if not packs or not self.switches.gzip or "gzip" not in accepted:
            return
        body = bytes(response.body)
        if isinstance(response, StreamedResponse):
            if response.status_code == 200:
                response.compress()
        elif len(body) >= _SMALLEST_COMPRESSED:
            response.body = self.compressor.compress(body)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Length"] = str(len(response.body))

    def _record(self, request: Request, origin: Origin) -> RecordedRequest:
        record = RecordedRequest(
            method=request.method,
            path=request.url.path,
            query=Query(request.url.query).pairs,
            headers=dict(request.headers),
            at=as_datetime(instant(self.world.now)),
            origin=origin,
        )
        self.requests_of[origin].append(record)
        return record


async def _wait(fault: Fault | None, *, before_reading: bool) -> None:
    if fault and fault.kind == "slow" and fault.before_reading == before_reading:
        await asyncio.sleep(fault.delay)


async def _send_part(response: Response, fault: Fault, send: Send) -> None:
    body = bytes(response.body)
    if isinstance(response, StreamedResponse):
        body = response.beginning(_SMALL_PART)
    kept = body[: int(len(body) * fault.keep)]
    if not fault.claim_full_length:
        response.headers["Content-Length"] = str(len(kept))
    headers = response.raw_headers
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": kept, "more_body": fault.claim_full_length})
    if fault.claim_full_length:
        _drop_connection(send, politely=True)


def _drop_connection(send: Send, *, politely: bool = False) -> None:
    """Close the client's connection; uvicorn's `send` is a method of what holds it."""
    transport = send.__self__.transport  # type: ignore[attr-defined]
    if politely:
        transport.close()
    else:
        transport.abort()
