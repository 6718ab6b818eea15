"""The HTTP side: takes webhooks, and answers 2xx only once the event is on disk."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from buildkite_source.defaults import MOST_EVENT_BYTES, REPLAY_SECONDS

from .counters import Counters
from .event import MalformedEventError, event_of
from .group_commit import GroupCommit, OverloadedError
from .inbox import Inbox, InboxError
from .refusals import REFUSALS, RefusedError
from .senders import Senders
from .signature import UnsignedError, check


@dataclass(frozen=True, slots=True)
class Door:
    """Who may send what.

    Attributes:
        tokens: Of the webhook services; without any, every webhook is refused.
        prefix: Before `/webhook`, `/healthz` and `/metrics`, such as `/buildkite`.
        window: Seconds that a signature may be old, or ahead.
        most_bytes: Of a body.
        senders: Addresses that may send; None for all.
    """

    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    prefix: str = ""
    window: float = REPLAY_SECONDS
    most_bytes: int = MOST_EVENT_BYTES
    senders: Senders | None = None


def application(
    inbox: Inbox, door: Door, counters: Counters, clock: Callable[[], float] = time.time
) -> Starlette:
    """Return the application: `POST /webhook`, `GET /healthz` and `GET /metrics`.

    Args:
        inbox: Where events are kept.
        door: Who may send what.
        counters: Hear of every event and refusal.
        clock: Seconds since the epoch.
    """
    commits = GroupCommit(inbox, clock)

    async def webhook(request: Request) -> Response:
        try:
            body = await _body(request, door)
            now = clock()
            _admit(request, body, door, now)
            name = request.headers.get("x-buildkite-event")
            event = event_of(body, datetime.fromtimestamp(now, UTC), name)
            new = await commits.keep(event)
        except RefusedError as refused:
            return _refuse(refused.reason)
        except MalformedEventError:
            return _refuse("malformed")
        except ClientDisconnect:
            return _refuse("cut_off")
        except OverloadedError:
            return _refuse("overloaded")
        except InboxError:
            return _refuse("disk")
        counters.receive(event["event"], new=new)
        return Response(status_code=204)

    def _refuse(reason: str) -> Response:
        counters.refuse(reason)
        return PlainTextResponse(f"{reason}\n", REFUSALS[reason].status)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def metrics(_: Request) -> Response:
        text = counters.text(inbox, clock())
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    prefix = door.prefix.rstrip("/")
    return Starlette(
        routes=[
            Route(f"{prefix}/webhook", webhook, methods=["POST"]),
            Route(f"{prefix}/healthz", healthz),
            Route(f"{prefix}/metrics", metrics),
        ]
    )


async def _body(request: Request, door: Door) -> bytes:
    """Return the body, as far as it is one of an event."""
    if door.senders and not door.senders.may_send(request.client.host if request.client else ""):
        raise RefusedError("sender")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise RefusedError("content_type")
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > door.most_bytes:
        raise RefusedError("too_large")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > door.most_bytes:
            raise RefusedError("too_large")
        parts.append(part)
    return b"".join(parts)


def _admit(request: Request, body: bytes, door: Door, now: float) -> None:
    token = request.headers.get("x-buildkite-token")
    signature = request.headers.get("x-buildkite-signature")
    try:
        check(body, token, signature, door.tokens, now, door.window)
    except UnsignedError as error:
        raise RefusedError(error.reason) from None
