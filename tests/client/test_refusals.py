import pytest

from buildkite_source.client import (
    ApiResponse,
    BuildkiteSession,
    NeedsScope,
    Refusal,
    Retries,
    StoppedError,
    TooDeepError,
    UnreachableError,
    transport,
)

from .conftest import OpenSession, waits
from .server import Fault, Reply, ScriptedServer

PATH = "/organizations/acme/builds"
TOO_DEEP = Reply(
    status=400,
    body=b'{"message": "Listing builds this deep is not supported. Please narrow your query '
    b'using filters such as branch or created_from."}',
)
HEAVY = [
    pytest.param(Reply(status=502), id="502"),
    pytest.param(Reply(status=504), id="504"),
    pytest.param(Reply(fault=Fault.HANG), id="timeout"),
    pytest.param(Reply(body=b"[" + b" " * 2000 + b"]"), id="too large"),
    pytest.param(Reply(body=b"[" + b" " * 2000 + b"]", gzipped=True), id="too large unpacked"),
]


@pytest.fixture
def small_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MAX_BODY", 1000)


def ask(session: BuildkiteSession, url: str, *tolerated: Refusal) -> ApiResponse:
    hooks = {"response": [NeedsScope("read_builds", frozenset(tolerated))]}
    response = session.get(url, hooks=hooks, timeout=0.3)
    assert isinstance(response, ApiResponse)
    return response


def test_a_list_too_deep_is_an_error_unless_it_can_be_asked_for_in_parts(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(TOO_DEEP)
    with pytest.raises(TooDeepError):
        ask(session, server.url + PATH)
    response = ask(session, server.url + PATH, Refusal.TOO_DEEP)
    assert response.refusal is Refusal.TOO_DEEP
    assert response.json() == []
    assert response.url == server.url + PATH
    assert session.heard == []


def test_another_400_is_an_error_all_the_same(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=400, body=b'{"message": "Invalid per_page"}'))
    with pytest.raises(Exception, match="Invalid per_page"):
        ask(session, server.url + PATH, *Refusal)


@pytest.mark.usefixtures("small_bodies")
@pytest.mark.parametrize("reply", HEAVY)
def test_a_page_too_heavy_is_refused_earlier_than_an_error_would_come(
    server: ScriptedServer, open_session: OpenSession, reply: Reply
) -> None:
    session = open_session(retries=Retries(attempts=4, heavy_attempts=2))
    server.replies(reply)
    response = ask(session, server.url + PATH, Refusal.TOO_HEAVY)
    assert response.refusal is Refusal.TOO_HEAVY
    assert response.json() == []
    assert server.was_asked(2)
    assert len(waits(session.heard)) == 1


@pytest.mark.usefixtures("small_bodies")
@pytest.mark.parametrize("reply", HEAVY)
def test_a_page_too_heavy_is_an_error_where_it_cannot_be_smaller(
    server: ScriptedServer, open_session: OpenSession, reply: Reply
) -> None:
    session = open_session(retries=Retries(attempts=3, heavy_attempts=2))
    server.replies(reply)
    with pytest.raises(UnreachableError):
        ask(session, server.url + PATH, Refusal.TOO_DEEP)
    assert server.was_asked(3)


@pytest.mark.usefixtures("small_bodies")
def test_a_body_of_just_the_largest_size_is_read(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(body=b"[" + b" " * 998 + b"]"))
    assert session.get(server.url).json() == []
    server.replies(Reply(body=b"[" + b" " * 999 + b"]"), Reply())
    assert session.get(server.url).json() == []
    assert len(server.asked) == 3


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(status=503), Reply(fault=Fault.RESET)])
def test_other_failures_are_no_refusal(
    server: ScriptedServer, open_session: OpenSession, reply: Reply
) -> None:
    session = open_session(retries=Retries(attempts=2, heavy_attempts=1))
    server.replies(reply)
    with pytest.raises(UnreachableError):
        ask(session, server.url + PATH, *Refusal)


def test_a_stopped_session_sends_nothing_more(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    session.get(server.url)
    session.stop()
    with pytest.raises(StoppedError):
        session.get(server.url)
    assert ask(session, server.url, Refusal.STOPPED).refusal is Refusal.STOPPED
    assert len(server.asked) == 1
