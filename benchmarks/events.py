"""Receiving and loading events, measured: `python -m benchmarks.events`.

1. How many a second one core takes, each answered once it is on disk, and whether any is lost.
2. How many requests a burst costs, and a single one.
3. How long it takes from an event to its row at the documented limits (50 requests a minute).
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import dlt
import duckdb

from buildkite_simulator import RateLimits, RealClock, Simulator, WorldConfig
from buildkite_source.events import Inbox, event_of
from buildkite_source.events.counters import Counters
from buildkite_source.load import load
from buildkite_source.load.follow import Follower
from buildkite_source.settings import Connection

_TOKEN = "measured"
_SERVER = """
import sys, threading, time
from pathlib import Path
from buildkite_source.events import Inbox
from buildkite_source.events.app import Door, application
from buildkite_source.events.counters import Counters
from buildkite_source.events.server import Server
inbox = Inbox(Path(sys.argv[1]))
door = Door(tokens=(b"measured",))
with Server(application(inbox, door, Counters()), "127.0.0.1", 0) as server:
    print(server.address, flush=True)
    sys.stdin.read()
times = __import__("os").times()
print(times.user + times.system, flush=True)
"""


def _request(number: int) -> bytes:
    url = f"https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/{number}"
    build = {"id": f"b{number}", "url": url, "number": number, "state": "passed"}
    build |= {"message": "m" * 800, "created_at": "2026-11-28 09:00:00 UTC"}
    body = json.dumps({"event": "build.finished", "build": build, "pipeline": {"slug": "web"}})
    head = (
        "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Buildkite-Token: {_TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def _send(port: int, numbers: range) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    accepted = 0
    for number in numbers:
        writer.write(_request(number))
        head = await reader.readuntil(b"\r\n\r\n")
        accepted += head.startswith(b"HTTP/1.1 204")
    writer.close()
    return accepted


async def _flood(port: int, events: int, connections: int) -> int:
    share = events // connections
    parts = [range(n * share, (n + 1) * share) for n in range(connections)]
    return sum(await asyncio.gather(*(_send(port, part) for part in parts)))


def receive(events: int = 20_000, connections: int = 64) -> None:
    """Measure how many a second are taken; the sender has the other core."""
    events -= events % connections
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inbox"
        command = [sys.executable, "-c", _SERVER, str(file)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin
            assert server.stdout
            os.sched_setaffinity(server.pid, {0})
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            began = time.monotonic()
            accepted = asyncio.run(_flood(port, events, connections))
            took = time.monotonic() - began
            server.stdin.close()
            seconds = float(server.stdout.readline())
        inbox = Inbox(file)
        kept, _ = inbox.waiting()
        inbox.close()
    print(
        f"received: {accepted:,} of {events:,} in {took:.1f} s: {accepted / took:,.0f} a second on "
        f"one core; {accepted / seconds:,.0f} a CPU second; on disk {kept:,}"
    )


def _event(simulator: Simulator, build: object) -> dict[str, object]:
    made: dict[str, object] = json.loads(simulator.world.renderer.build(build, build.created + 1))  # type: ignore[attr-defined]
    body = {"event": "build.finished", "build": made, "pipeline": made["pipeline"]}
    return event_of(json.dumps(body).encode(), datetime.now(UTC))


def load_them(burst: int = 1_000) -> None:
    """Measure requests of single events and of a burst, and the time from event to row."""
    config = WorldConfig(seed=3, pipelines=6, days=5, builds_per_day=400, keeps_moving=False)
    limits = RateLimits(user=50, organization=200)
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(config, clock=RealClock(config.end), rate_limit=limits) as simulator,
    ):
        os.environ["SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS"] = "false"
        file = str(Path(folder) / "measured.duckdb")
        connection = Connection(access_token=simulator.token, base_url=simulator.base_url)

        def run(hints: list[dict[str, object]] | None = None) -> object:
            pipeline = dlt.pipeline(
                "measured",
                pipelines_dir=folder,
                destination=dlt.destinations.duckdb(file),
                dataset_name="ci",
            )
            return load(pipeline, hints=hints, connection=connection, since="10d")

        run()
        # The minute of the first load is over.
        time.sleep(60)
        builds = simulator.world.builds()[:burst]
        told = [_event(simulator, build) for build in builds]
        began = time.monotonic()
        report = run(told)
        print(
            f"burst: {len(told):,} builds in {report.requests} requests, "  # type: ignore[attr-defined]
            f"{time.monotonic() - began:.1f} s"
        )
        inbox, counters = Inbox(Path(folder) / "inbox"), Counters()
        follower = Follower(run, inbox, counters, print, repr, gather=2.0, every=0)  # type: ignore[arg-type]
        thread = threading.Thread(target=follower.follow)
        thread.start()
        lags, before = [], counters.requests
        world = simulator.world
        for number in range(20):
            build = world.create_build(world.organizations[0], world.builds()[0].pipeline)
            event = _event(simulator, build)
            began = time.monotonic()
            inbox.add([event], time.time())
            while counters.loaded <= number:
                time.sleep(0.02)
            lags.append(time.monotonic() - began)
        follower.stop.set()
        thread.join()
        inbox.close()
        with duckdb.connect(file, read_only=True) as connected:
            ((rows,),) = connected.sql("SELECT count(*) FROM ci.events").fetchall()
        lags.sort()
        print(
            f"singles: {counters.requests - before} requests for 20 events; from event to row "
            f"{lags[10]:.1f} s in the median, {lags[-1]:.1f} s at most; {rows:,} rows of events"
        )


if __name__ == "__main__":
    receive()
    load_them()
