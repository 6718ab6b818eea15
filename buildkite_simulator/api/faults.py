"""Faults on demand: what goes wrong between a client and any API."""

import threading
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal[
    "status",
    "reset",
    "truncate",
    "slow",
    "rate_limit",
    "redirect",
    "foreign_link",
    "body",
    "revoke",
    "link_loop",
    "endless",
    "without_field",
]
REMOVED = object()


@dataclass
class Fault:
    """One thing that will go wrong.

    Attributes:
        kind: `status` answers `status` with `body`; `reset` drops the connection; `truncate`
            cuts the body; `slow` waits `delay` seconds; `rate_limit` answers 429 for `scope` (or,
            from the GraphQL host, for the scope of GraphQL that corresponds);
            `redirect` answers 302 to `location`; `foreign_link` points `Link` to `location`;
            `body` answers 200 with `body`; `revoke` rejects the token from then on;
            `link_loop` lets the next page of every later page of a list be its first page;
            `endless` answers the first page of a list whatever page is asked for, with a next
            page numbered one higher; `without_field` removes or changes a `field`. These three
            spoil REST's good answers, by page number and by cursor, and mostly want `times=None`.
        match: A part of the path and query of the requests concerned.
        times: How many requests it hits; None for all.
        skip: How many matching requests pass before it starts.
        keep: For `truncate`, the part of the body that is sent.
        claim_full_length: For `truncate`, whether `Content-Length` still tells the full length,
            so that the connection breaks off; else the answer is complete but broken JSON.
        before_reading: For `slow`, whether the world is read after the delay, when the answer is
            sent; else the answer says what was the case when the request came, and comes late.
        field: For `without_field`, the key; where the element has none of this name, `value` adds
            it.
        index: For `without_field`, the number of the element in a list or in `items`; nothing
            happens where there is none. Anything else is an element by itself.
        within: For `without_field`, the key of a list, such as `jobs`: the element is the one of
            that number in the first of these lists that is not empty.
        value: For `without_field`, what the field is to be instead of removed.
    """

    kind: FaultKind
    match: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 500
    body: bytes = b'{"message":"Internal Server Error"}'
    content_type: str = "application/json; charset=utf-8"
    delay: float = 0.2
    scope: Literal["rest", "rest_user"] = "rest_user"
    reset: int = 5
    location: str = "http://127.0.0.1:9/"
    keep: float = 0.5
    claim_full_length: bool = False
    before_reading: bool = True
    field: str = ""
    index: int = 0
    within: str = ""
    value: object = REMOVED


class Faults:
    """The faults waiting to happen; each request meets at most one, the oldest that matches."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *, match: str = "", kind: FaultKind, **traits: object) -> Fault:
        """Add a fault; see `Fault` for kinds and traits."""
        fault = Fault(kind=kind, match=match, **traits)  # type: ignore[arg-type]
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, target: str) -> Fault | None:
        """Return the fault a request meets, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.match not in target or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
