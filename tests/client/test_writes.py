"""Writes: sent once, but where it is certain that nothing came of it."""

import socket

import pytest

from buildkite_source.client import (
    BuildkiteSession,
    ForeignHostError,
    StoppedError,
    UncertainError,
    UnreachableError,
)

from .clock import FakeClock
from .conftest import TOKEN, OpenSession
from .server import Fault, Reply, ScriptedServer
from .test_retries import too_many

PATH = "/organizations/acme/pipelines/web/builds"
DONE = Reply(status=201, body=b'{"id": "b"}')


@pytest.mark.parametrize(
    "fault",
    [
        *(
            pytest.param(Reply(status=status, body=b"<html>sorry</html>"), id=str(status))
            for status in (500, 502, 503, 504)
        ),
        pytest.param(Reply(fault=Fault.DROP), id="dropped"),
        pytest.param(Reply(fault=Fault.RESET), id="reset"),
        pytest.param(Reply(fault=Fault.TRUNCATE, status=201), id="truncated"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_whose_fate_is_unknown_is_not_repeated(
    server: ScriptedServer, session: BuildkiteSession, fault: Reply, method: str
) -> None:
    server.replies(fault, DONE)
    with pytest.raises(UncertainError, match="not repeated") as raised:
        session.write(method, server.url + PATH, {"branch": "main"})
    assert len(server.asked) == 1
    assert session.stats.retried == 0
    assert TOKEN not in str(raised.value)


def test_a_write_that_takes_too_long_is_not_repeated(
    server: ScriptedServer, session: BuildkiteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildkite_source.client.transport._TIMEOUT", (1.0, 0.1))
    server.replies(Reply(fault=Fault.HANG), DONE)
    with pytest.raises(UncertainError, match="did not answer in time"):
        session.write("POST", server.url + PATH, {})
    assert server.was_asked(1)


def test_a_write_that_was_limited_waits_and_is_repeated(
    server: ScriptedServer, session: BuildkiteSession, clock: FakeClock
) -> None:
    server.replies(too_many("rest_user", 17), too_many("rest", 9), DONE)
    answer = session.write("POST", server.url + PATH, {"branch": "main"})
    assert (answer.status_code, answer.json()) == (201, {"id": "b"})
    assert len(server.asked) == 3
    assert clock.monotonic() >= 17 + 9


def test_a_write_without_a_connection_is_repeated_and_then_unreachable(
    open_session: OpenSession,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v2"
    session = open_session(base_url=url)
    with pytest.raises(UnreachableError, match="the connection failed"):
        session.write("POST", url + PATH, {})
    assert session.stats.retried == session.retries.attempts - 1


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 409, 422])
def test_any_other_answer_comes_back_as_it_is(
    server: ScriptedServer, session: BuildkiteSession, status: int
) -> None:
    server.replies(Reply(status=status, body=b""))
    assert session.write("PUT", server.url + PATH, None).status_code == status
    assert len(server.asked) == 1


def test_a_write_follows_no_redirect(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=307, headers={"Location": foreign.url + PATH}))
    assert session.write("POST", server.url + PATH, {}).status_code == 307
    assert not foreign.asked


def test_a_write_goes_to_the_api_alone_and_not_once_the_run_is_stopped(
    foreign: ScriptedServer, server: ScriptedServer, session: BuildkiteSession
) -> None:
    with pytest.raises(ForeignHostError):
        session.write("POST", foreign.url + PATH, {})
    session.stop()
    with pytest.raises(StoppedError):
        session.write("POST", server.url + PATH, {})
    assert not foreign.asked
    assert not server.asked


def test_reads_are_repeated_as_before(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(Reply(fault=Fault.RESET), Reply(body=b'[{"id": "a"}]'))
    assert session.get(server.url + PATH).json()[0]["id"] == "a"
