"""What faults do to answers that are otherwise right: links that lead astray, fields that lack."""

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from buildkite_simulator.api.faults import REMOVED, Fault
from buildkite_simulator.api.query import Query
from buildkite_simulator.api.streams import StreamedResponse

_NEXT = re.compile(r'<[^>]*>; rel="next"(, )?')
_CURSOR = "endless-"


def first_page(request: Request) -> Request:
    """Return the request that asks for the first page of the same list."""
    query = Query(request.url.query).without("page", "after", "before").with_values()
    return Request({**request.scope, "query_string": query.encode()}, request.receive)


def tamper(fault: Fault, response: Response, request: Request, host: str) -> None:
    """Spoil a good JSON answer to a request; `host` is what the URLs in it begin with."""
    is_json = "json" in response.headers.get("Content-Type", "")
    if response.status_code != 200 or not is_json or isinstance(response, StreamedResponse):
        return
    if fault.kind == "foreign_link" and "Link" in response.headers:
        foreign = fault.location.rstrip("/")
        response.headers["Link"] = response.headers["Link"].replace(host, foreign)
    elif fault.kind in ("link_loop", "endless"):
        _lead_astray(fault, response, Query(request.url.query), host + request.url.path)
    elif fault.kind == "without_field":
        body = orjson.loads(bytes(response.body))
        _spoil(fault, body)
        _replace(response, body)


def _lead_astray(fault: Fault, response: Response, query: Query, url: str) -> None:
    """Let the next page be the first one, or one that is numbered on for ever."""
    body = orjson.loads(bytes(response.body))
    by_cursor = isinstance(body, dict) and "items" in body and "links" in body
    if not by_cursor and not isinstance(body, list):
        return
    target = _astray_cursor(fault, query) if by_cursor else _astray_page(fault, query)
    if target is None:
        return
    following = f"{url}?{target}" if target else url
    if by_cursor:
        body["links"]["next"] = following
        _replace(response, body)
    if not by_cursor or "Link" in response.headers:
        others = _NEXT.sub("", response.headers.get("Link", "")).removesuffix(", ")
        response.headers["Link"] = ", ".join(filter(None, [f'<{following}>; rel="next"', others]))


def _astray_page(fault: Fault, query: Query) -> str | None:
    page = max(1, query.number("page", 1))
    if fault.kind == "link_loop":
        return query.with_values(page=1) if page > 1 else None
    return query.with_values(page=page + 1)


def _astray_cursor(fault: Fault, query: Query) -> str | None:
    asked = query.one("after") or query.one("before") or ""
    rest = query.without("after", "before")
    if fault.kind == "link_loop":
        return rest.with_values() if asked else None
    counted = asked.removeprefix(_CURSOR)
    page = int(counted) if counted.isdecimal() else 1
    return rest.with_values(after=f"{_CURSOR}{page + 1}")


def _spoil(fault: Fault, body: Any) -> None:
    rows = body if isinstance(body, list) else [body]
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        rows = body["items"]
    if fault.within:
        nested = [row.get(fault.within) for row in rows if isinstance(row, dict)]
        rows = next((each for each in nested if isinstance(each, list) and each), [])
    for row in rows[fault.index : fault.index + 1]:
        if not isinstance(row, dict):
            continue
        if fault.value is REMOVED:
            row.pop(fault.field, None)
        else:
            row[fault.field] = fault.value


def _replace(response: Response, body: Any) -> None:
    response.body = orjson.dumps(body)
    response.headers["Content-Length"] = str(len(response.body))
