"""The API under measurement: its own process, every object rendered before the first request.

Run as `python -m benchmarks.server --builds 2000 --jobs 10`; it prints its base URL and serves
until its standard input ends. Answering costs a slice and a join, so that the server takes next
to nothing of the processor its clients are measured on.
"""

import argparse
import bisect
import json
import resource
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

from . import payload

USAGE_PATH = "/usage"

_LIMITS = {
    f"RateLimit-{scope}{name}": value
    for scope, named in (("", "rest"), ("User-", "rest_user"))
    for name, value in (
        ("Scope", named),
        ("Limit", "1000000"),
        ("Remaining", "999999"),
        ("Reset", "60"),
    )
}


@dataclass(frozen=True, slots=True)
class Listing:
    """Rendered objects of one list, newest first; `created` is empty for unfiltered lists."""

    items: list[bytes]
    created: list[str]

    def window(self, created_from: str, created_to: str) -> list[bytes]:
        """Return the items created at or after `created_from` and before `created_to`."""
        if not self.created:
            return self.items
        # `created` falls; bisect wants it to rise.
        ascending = self.created[::-1]
        start = bisect.bisect_left(ascending, created_from)
        end = bisect.bisect_left(ascending, created_to) if created_to else len(ascending)
        return self.items[len(ascending) - end : len(ascending) - start]


def render(builds: int, jobs: int) -> dict[str, Listing]:
    """Return all lists by path."""
    items: list[bytes] = []
    created: list[str] = []
    for build in payload.builds(builds, jobs, payload.start_of_hour()):
        items.append(orjson.dumps(build))
        created.append(build["created_at"])
    root = f"/v2/organizations/{payload.ORGANIZATION}"
    return {
        "/v2/organizations": Listing([orjson.dumps(payload.organization())], []),
        f"{root}/pipelines": Listing([orjson.dumps(each) for each in payload.pipelines()], []),
        f"{root}/builds": Listing(items, created),
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    lists: ClassVar[dict[str, Listing]] = {}
    lock: ClassVar[threading.Lock] = threading.Lock()
    requests: ClassVar[int] = 0

    def do_GET(self) -> None:
        """Answer one request."""
        url = urlsplit(self.path)
        if url.path == USAGE_PATH:
            self._answer(200, json.dumps(self._usage()).encode(), {})
            return
        with self.lock:
            type(self).requests += 1
        listing = self.lists.get(url.path)
        if listing is None:
            self._answer(404, b'{"message": "Not Found"}', {})
            return
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        per_page = min(int(query.get("per_page", 30)), 100)
        page = max(int(query.get("page", 1)), 1)
        items = listing.window(query.get("created_from", ""), query.get("created_to", ""))
        last = max(-(-len(items) // per_page), 1)
        shown = items[(page - 1) * per_page : page * per_page]
        links = {"next": page + 1, "last": last} if page < last else {}
        self._answer(200, b"[" + b",".join(shown) + b"]", self._link(url.path, query, links))

    def _link(self, path: str, query: dict[str, str], links: dict[str, int]) -> dict[str, str]:
        base = f"http://{self.headers['Host']}{path}"
        parts = [
            f'<{base}?{urlencode({**query, "page": page})}>; rel="{rel}"'
            for rel, page in links.items()
        ]
        return {"Link": ", ".join(parts)} if parts else {}

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_LIMITS, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _usage(self) -> dict[str, float]:
        """Return what was served since the last time this was asked, and CPU seconds so far."""
        with self.lock:
            served, type(self).requests = self.requests, 0
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {"requests": served, "cpu": used.ru_utime + used.ru_stime}

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--builds", type=int, required=True)
    parser.add_argument("--jobs", type=int, required=True)
    options = parser.parse_args()
    _Handler.lists = render(options.builds, options.jobs)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        size = sum(len(item) for each in _Handler.lists.values() for item in each.items)
        ready = {"base_url": f"http://127.0.0.1:{server.server_port}/v2", "bytes": size}
        print(json.dumps(ready), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
