"""An answer that drips is ended like one that does not come; one that goes on may take its time."""

import io
from collections.abc import Callable, Iterator

import pytest
import requests

from buildkite_source.artifacts.storage import Storage
from buildkite_source.client import NeedsScope, Refusal, Retries, UnreachableError, pace
from buildkite_source.client.pace import Paced, TooSlowError
from buildkite_source.client.retries import is_late, reason_of
from buildkite_source.graphql.client import GraphqlClient

from .conftest import OpenSession
from .server import Fault, Reply, ScriptedServer

_SLOW = "its answer came too slowly, with less than 65,536 bytes in 0 s"


@pytest.fixture(params=[Fault.DRIP_HEAD, Fault.DRIP_BODY], ids=["head", "body"])
def dripping(
    request: pytest.FixtureRequest, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> ScriptedServer:
    monkeypatch.setattr(pace, "_SECONDS", 0.05)
    server.replies(Reply(fault=request.param))
    return server


def test_the_api_is_asked_again_and_then_told_of(
    dripping: ScriptedServer, open_session: OpenSession
) -> None:
    session = open_session(retries=Retries(attempts=2))
    asked: list[Callable[[], object]] = [
        lambda: session.get(dripping.url),
        lambda: session.download(dripping.url, io.BytesIO(), {}),
    ]
    for ask in asked:
        with pytest.raises(UnreachableError, match=rf"{_SLOW} \(2 attempts\)\. Check the network"):
            ask()
    assert dripping.was_asked(4)


def test_a_page_that_drips_may_be_asked_for_in_parts(
    dripping: ScriptedServer, open_session: OpenSession
) -> None:
    session = open_session(retries=Retries(attempts=4, heavy_attempts=1))
    hooks = {"response": [NeedsScope("read_builds", frozenset({Refusal.TOO_HEAVY}))]}
    assert session.get(dripping.url, hooks=hooks).refusal is Refusal.TOO_HEAVY
    assert dripping.was_asked(1)


def test_graphql_is_told_of(dripping: ScriptedServer) -> None:
    client = GraphqlClient("token", dripping.url, retries=Retries(attempts=1))
    with pytest.raises(UnreachableError, match=rf"{_SLOW}\. Check the network"):
        client.check()
    client.close()


def test_content_of_artifacts_breaks_off(dripping: ScriptedServer) -> None:
    storage = Storage("test")
    with (
        pytest.raises(requests.RequestException) as told,
        storage.open(dripping.url, 0) as response,
    ):
        list(response.iter_content(1 << 15))
    assert (is_late(told.value), reason_of(told.value)) == (True, _SLOW)
    storage.close()


class _Line(io.RawIOBase):
    """Brings pieces, each after so many seconds by its own clock."""

    def __init__(self, pieces: Iterator[tuple[float, int]]) -> None:
        self.now = 0.0
        self._pieces = pieces

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        seconds, size = next(self._pieces)
        self.now += seconds
        return size


@pytest.mark.parametrize(
    ("pieces", "reads"),
    [
        pytest.param([(59.0, 1), *[(50.0, 60_000)] * 8], 9, id="slow, and goes on"),
        pytest.param([(500.0, 100), (1.0, 100), (1.0, 0)], 3, id="late, and short"),
        pytest.param([(1.0, 1), *[(50.0, 9)] * 8], 3, id="drips"),
        pytest.param([(1.0, 1 << 20), *[(50.0, 1 << 20)] * 3, *[(50.0, 9)] * 8], 6, id="no more"),
    ],
)
def test_what_counts_is_what_comes_while_it_is_waited_for(
    pieces: list[tuple[float, int]], reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = _Line(iter(pieces))
    monkeypatch.setattr(pace, "monotonic", lambda: line.now)
    paced = Paced(line)
    done = 0
    try:
        for _ in pieces:
            paced.readinto(bytearray(1 << 20))
            done += 1
            # Whoever reads takes its time.
            line.now += 1_000
    except TooSlowError:
        assert done == reads
    else:
        assert done == len(pieces) == reads
