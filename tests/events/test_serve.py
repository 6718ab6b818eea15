"""`serve` as a program of its own: from a webhook to a row, and killed at any point."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import dlt
import duckdb
import pytest
import requests

from buildkite_simulator import RealClock, Simulator, WorldConfig
from buildkite_source.cli.serving import _senders
from buildkite_source.events import event_of
from buildkite_source.load import load
from buildkite_source.settings import connection_of
from tests.cli.conftest import cli, simulator, without_views, world_config
from tests.cli.running import Cli, project_environment, words
from tests.reading import query

from .sending import CLEAR, TOKEN, bridged, finished

__all__ = ["cli", "simulator", "without_views", "world_config"]

PROGRAM = Path(sys.executable).parent / "buildkite-pipeline"
SETTINGS = {
    "SOURCES__BUILDKITE_SOURCE__WEBHOOK_TOKENS": f'["{TOKEN}"]',
    "SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS": "false",
    "SOURCES__BUILDKITE_SOURCE__GATHER_SECONDS": "0.3",
}


class Serving:
    """A world that moves in real time, and a `serve` that hears of it."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.address = ""
        self.said = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str, **settings: str) -> None:
        environment = project_environment(self.folder, self.simulator, **{**SETTINGS, **settings})
        command = [str(PROGRAM), "serve", "--port", "0", "--since", "10d", *arguments]
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.hear(r"Webhooks: POST (\S+)/webhook")
        found = re.search(r"Webhooks: POST (\S+)/webhook", self.said)
        assert found
        self.address = found[1]

    def hear(self, pattern: str) -> None:
        """Wait until it says something."""
        assert self.process
        assert self.process.stdout
        while not re.search(pattern, self.said):
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line

    def post(self, body: bytes) -> int:
        return requests.post(f"{self.address}/webhook", body, headers=CLEAR, timeout=20).status_code

    def figure(self, name: str) -> float:
        text = requests.get(f"{self.address}/metrics", timeout=20).text
        found = re.search(rf"^buildkite_pipeline_{name} (\S+)$", text, re.MULTILINE)
        assert found, text
        return float(found[1])

    def wait_until_loaded(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.figure("events_waiting"):
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def wait_until_asked(self) -> None:
        """Wait until it asks the API for builds."""
        while not any("/builds" in request.path for request in self.simulator.requests):
            assert self.process
            assert self.process.poll() is None
            time.sleep(0.01)

    def end(self, how: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(how)
        self.said += self.process.communicate(timeout=60)[0]
        return self.process.returncode

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "buildkite_pipeline.duckdb"), read_only=True) as db:
            return db.sql(sql).fetchall()


@pytest.fixture
def serving(workspace: Path) -> Iterator[Serving]:
    config = WorldConfig(seed=4, pipelines=3, days=1, builds_per_day=10, keeps_moving=False)
    with Simulator(config, clock=RealClock(config.end)) as simulator:
        made = Serving(workspace, simulator)
        yield made
        if made.process and made.process.poll() is None:
            made.process.kill()
            made.process.wait()


def webhook_of(serving: Serving, build: Any, **fields: Any) -> bytes:
    organization = build.pipeline.organization.slug
    url = f"{serving.simulator.base_url}/organizations/{organization}/pipelines/"
    url += f"{build.pipeline.slug}/builds/{build.number}"
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(build.created // 1000))
    slug = build.pipeline.slug
    return finished(build.number, slug, id=build.id, url=url, created_at=at, **fields)


def test_from_a_webhook_to_its_row_and_a_clean_end(serving: Serving) -> None:
    serving.start("--resources", "core", SOURCES__BUILDKITE_SOURCE__SYNC_MINUTES="60")
    serving.hear("sync: ")
    world = serving.simulator.world
    build = world.create_build(world.organizations[0], world.builds()[0].pipeline)
    serving.simulator.reset_requests()
    began = time.monotonic()
    assert serving.post(webhook_of(serving, build)) == 204
    serving.wait_until_loaded()
    assert time.monotonic() - began < 30
    asked = [request.path for request in serving.simulator.requests]
    assert [path.rpartition("/")[2] for path in asked] == [str(build.number)]
    assert serving.figure("events_loaded_total") == 1
    for _ in range(2):
        assert serving.post(b"nonsense") == 400
    assert serving.end() == 0
    # Who has set it up wrongly is to see that, once.
    assert serving.said.count("(malformed)") == 1
    assert "Stopped." in serving.said
    assert TOKEN not in serving.said
    rows = serving.query(
        "SELECT number FROM buildkite_data.builds ORDER BY created_at DESC LIMIT 1"
    )
    assert rows == [(build.number,)]
    assert serving.query("SELECT event, build_id FROM buildkite_data.events") == [
        ("build.finished", build.id)
    ]


@pytest.mark.slow
def test_killed_at_any_point_nothing_is_lost(serving: Serving) -> None:
    rng, world = Random(50), serving.simulator.world
    sent: set[str] = set()
    for number in range(20):
        # Without the safety net after the first start: events alone have to bring it all.
        sync = "60" if number == 0 else "0"
        serving.said = ""
        serving.start(SOURCES__BUILDKITE_SOURCE__SYNC_MINUTES=sync)
        if number == 0:
            serving.hear("sync: ")
        serving.simulator.reset_requests()
        for _ in range(3):
            build = world.create_build(world.organizations[0], world.builds()[0].pipeline)
            assert serving.post(webhook_of(serving, build)) == 204
            sent.add(build.id)
        # While it gathers, or, counted from the first request, fetches, loads or acknowledges.
        if number % 4:
            serving.wait_until_asked()
        time.sleep(rng.uniform(0.0, 1.5))
        serving.end(signal.SIGKILL)
    serving.said = ""
    serving.start(SOURCES__BUILDKITE_SOURCE__SYNC_MINUTES="0")
    serving.wait_until_loaded()
    assert serving.end(signal.SIGINT) == 0
    loaded = serving.query("SELECT id FROM buildkite_data.builds")
    assert {key for (key,) in loaded} >= sent
    events = serving.query("SELECT build_id, count(*) FROM buildkite_data.events GROUP BY ALL")
    assert dict(events) == dict.fromkeys(sent, 1)


def test_lines_are_loaded_and_then_it_ends(cli: Cli, workspace: Path) -> None:
    build = cli.simulator.world.builds()[0]
    detail = {"uuid": build.id, "number": build.number, "state": "passed"}
    pipeline = {"uuid": build.pipeline.id, "slug": build.pipeline.slug}
    lines = [
        bridged("Build Finished", {"build": detail, "pipeline": pipeline}),
        bridged("Agent Connected", {"agent": {"uuid": "a", "name": "one"}}),
        b"nonsense",
    ]
    (workspace / "events.jsonl").write_bytes(b"\n".join(lines))
    os.environ["SOURCES__BUILDKITE_SOURCE__SYNC_MINUTES"] = "0"
    try:
        said = cli.loads("serve", "--events", "events.jsonl").text
    finally:
        del os.environ["SOURCES__BUILDKITE_SOURCE__SYNC_MINUTES"]
    assert "2 events: " in words(said)
    assert "1 lines are no events" in words(said)
    assert cli.count("events") == 2
    told = cli.loads("status").out
    assert re.search(r"^Events: 2, from ", told, re.MULTILINE)
    assert "  agent.connected: 1, last " in told


@pytest.mark.slow
def test_status_tells_how_many_finishes_no_event_told(cli: Cli, workspace: Path) -> None:
    cli.has_loaded("--since", "10d")
    world, clock = cli.simulator.world, cli.simulator.world.clock
    heard = []
    for number in range(5):
        build = world.create_build(world.organizations[0], world.builds()[0].pipeline)
        clock.advance(timedelta(hours=2))
        hook = webhook_of(Serving(workspace, cli.simulator), build)
        if number not in (2, 3):
            heard.append(event_of(hook, clock.now()))
    # The first one came before its build had finished, and tells since when events are received.
    since = datetime.fromtimestamp(build.created / 1000, UTC) - timedelta(hours=8)
    heard[0]["received_at"] = since.isoformat()
    load(load_of(), hints=heard)
    cli.loads("--quiet")
    finished_since = {
        key
        for key, at in query(cli.database, "SELECT id, finished_at FROM buildkite_data.builds")
        if at and at >= since
    }
    told = {event["build_id"] for event in heard[1:]}
    assert told < finished_since
    said = cli.loads("status").out
    found = re.search(r"told by no event: (\d+) of the last (\d+) builds", said)
    assert found, said
    assert (int(found[1]), int(found[2])) == (len(finished_since - told), len(finished_since))


def load_of() -> dlt.Pipeline:
    return dlt.pipeline("buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data")


def test_without_a_token_it_does_not_listen(cli: Cli) -> None:
    assert "webhook_tokens" in cli.fails("serve")
    assert "No such file" in cli.fails("serve", "--events", "nowhere.jsonl")


def test_the_addresses_of_buildkite_are_asked_for(cli: Cli) -> None:
    stop = threading.Event()
    senders = _senders(connection_of(), stop, print)
    stop.set()
    assert senders.may_send("198.51.100.7")
    assert senders.may_send("192.0.2.200")
    assert not senders.may_send("127.0.0.1")


def test_check_tells_which_services_send_events_and_no_token(cli: Cli) -> None:
    told = words(cli.loads("check").out)
    assert re.search(r"Sends events of [\w-]+: webhook.*?(NOT )?enabled", told), told


def test_blank_tokens_are_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__WEBHOOK_TOKENS", '["", " "]')
    assert "webhook_tokens" in cli.fails("serve")


def test_a_port_that_is_taken_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__WEBHOOK_TOKENS", f'["{TOKEN}"]')
    taken = cli.simulator.base_url.split(":")[2].split("/")[0]
    assert "Choose others" in words(cli.fails("serve", "--port", taken))
