"""The simulator's webhooks, held against what the documentation says of Buildkite's."""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig


class Listener:
    """Hears requests, and answers them with one status."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((dict(self.headers), body))
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook"

    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(WorldConfig.empty(), clock=ManualClock(WorldConfig().end)) as made:
        steps = (Step(key="unit", minutes=1.0), Step(type="manual", label="Ship?", unblocked=0.0))
        made.world.add_pipeline(made.world.organizations[0], "web", steps)
        yield made


def test_a_build_is_told_from_its_creation_to_its_block(
    simulator: Simulator, listener: Listener
) -> None:
    hooks = simulator.send_webhooks(listener.url, "secret", agents=False)
    world = simulator.world
    assert hooks.send() == 0
    build = world.create_build(world.organizations[0], "web", outcomes={"unit": "passed"})
    for _ in range(60):
        world.clock.advance(timedelta(seconds=5))
        hooks.send()
    names = Counter(payload["event"] for payload in listener.payloads())
    assert names["build.scheduled"] == names["build.running"] == names["build.finished"] == 1
    assert names["job.scheduled"] == names["job.started"] == names["job.finished"] == 1
    last = [p for p in listener.payloads() if p["event"] == "build.finished"][-1]
    assert last["build"]["id"] == build.id
    assert last["build"]["blocked"] is True
    assert last["build"]["finished_at"].endswith(" UTC")
    assert "jobs" not in last["build"]
    assert last["pipeline"]["slug"] == "web"
    assert set(last["sender"]) == {"id", "name"}
    assert {status for status, _ in hooks.sent} == {204}


def test_signature_and_token(simulator: Simulator, listener: Listener) -> None:
    world = simulator.world
    for mode in ("signature", "token"):
        hooks = simulator.send_webhooks(listener.url, "secret", mode, agents=False)
        world.create_build(world.organizations[0], "web")
        hooks.send()
    (first, body), *_, (last, _) = listener.heard
    stamp, digest = (part.partition("=")[2] for part in first["X-Buildkite-Signature"].split(","))
    signed = f"{stamp}.".encode() + body
    assert hmac.new(b"secret", signed, hashlib.sha256).hexdigest() == digest
    assert "X-Buildkite-Token" not in first
    assert last["X-Buildkite-Token"] == "secret"
    assert "X-Buildkite-Signature" not in last
    assert first["X-Buildkite-Event"] == json.loads(body)["event"]


def test_agents_come_and_go(listener: Listener) -> None:
    config = WorldConfig.tiny()
    with Simulator(config, clock=ManualClock(config.end)) as simulator:
        hooks = simulator.send_webhooks(listener.url, "secret")
        simulator.world.clock.advance(timedelta(hours=12))
        hooks.send()
    names = Counter(name for _, name in hooks.sent)
    assert names["agent.connected"] > 10
    assert sum(names[f"agent.{end}"] for end in ("disconnected", "stopped", "lost")) > 10


def test_nobody_listens(simulator: Simulator) -> None:
    hooks = simulator.send_webhooks("http://127.0.0.1:1/webhook", "secret", agents=False)
    simulator.world.create_build(simulator.world.organizations[0], "web")
    hooks.send()
    assert {status for status, _ in hooks.sent} == {0}
