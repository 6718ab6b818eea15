from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from buildkite_source.events import Inbox
from buildkite_source.events.app import Door, application
from buildkite_source.events.counters import Counters
from buildkite_source.events.server import Server

from .sending import NOW, TOKEN


@dataclass
class Receiver:
    """What receives events, on a real port."""

    address: str
    inbox: Inbox
    counters: Counters
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        return self.session.post(f"{self.address}/webhook", body, headers=headers).status_code

    def kept(self) -> list[str]:
        return [event["event"] for _, event in self.inbox.take(1000)]


@pytest.fixture
def door() -> Door:
    """Who may send what; tests override it."""
    return Door(tokens=(b"an-older-token", TOKEN.encode()))


@pytest.fixture
def receiver(tmp_path: Path, door: Door) -> Iterator[Receiver]:
    inbox, counters = Inbox(tmp_path / "events.sqlite"), Counters()
    with Server(application(inbox, door, counters, lambda: NOW), "127.0.0.1", 0) as server:
        yield Receiver(server.address + door.prefix.rstrip("/"), inbox, counters)
    inbox.close()
