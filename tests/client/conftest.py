import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from buildkite_source.client import BuildkiteSession, Event, RequestBudget

from .clock import FakeClock
from .server import ScriptedServer

TOKEN = "bkua_planted0123456789abcdef"

OpenSession = Callable[..., BuildkiteSession]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def foreign() -> Iterator[ScriptedServer]:
    """Another origin: the same machine, another port."""
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budget(clock: FakeClock) -> RequestBudget:
    return RequestBudget(clock, share=1.0, rng=random.Random(7))


@pytest.fixture
def open_session(server: ScriptedServer, clock: FakeClock) -> Iterator[OpenSession]:
    """A function that opens a session on the scripted server; its events are in `.heard`."""
    opened: list[BuildkiteSession] = []

    def open_one(token: str = TOKEN, base_url: str = "", **kwargs: Any) -> BuildkiteSession:
        kwargs = {"clock": clock, "rng": random.Random(7)} | kwargs
        session = BuildkiteSession(token, base_url or server.url, **kwargs)
        session.heard = []
        session.listener = session.heard.append
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> BuildkiteSession:
    return open_session()


def waits(events: list[Event]) -> list[float]:
    """Seconds of the waits among events."""
    return [event.seconds for event in events if hasattr(event, "seconds")]
