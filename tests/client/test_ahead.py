import threading

import pytest

from buildkite_source.client import BuildkiteSession, ForbiddenError, NeedsScope
from buildkite_source.client.ahead import Ahead

from .conftest import OpenSession
from .server import Reply, ScriptedServer

PAGE = Reply(body=b'[{"id": "a"}]')


class Gate:
    """A fetch that waits until it is opened, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.opened = threading.Event()

    def __call__(self, url: str) -> str:
        self.asked.append(url)
        assert self.opened.wait(timeout=10)
        if "bad" in url:
            raise LookupError(url)
        return url.upper()


def test_starts_as_many_as_there_is_room_for_and_none_twice() -> None:
    gate = Gate()
    ahead = Ahead(gate, limit=3)
    ahead.want(["a", "b"])
    ahead.want(["a", "b", "c", "d"])
    gate.opened.set()
    answers = {url: ahead.take(url) for url in "abcd"}
    assert answers["d"] is None
    assert [answers[url].result(timeout=10) for url in "abc"] == ["A", "B", "C"]  # type: ignore[union-attr]
    assert sorted(gate.asked) == ["a", "b", "c"]


def test_a_taken_answer_makes_room_and_is_gone() -> None:
    gate = Gate()
    gate.opened.set()
    ahead = Ahead(gate, limit=1)
    ahead.want(["a"])
    assert ahead.take("b") is None
    assert ahead.take("a") is not None
    assert ahead.take("a") is None
    ahead.want(["b"])
    assert ahead.take("b") is not None


def test_an_error_reaches_the_one_who_takes_the_answer() -> None:
    gate = Gate()
    gate.opened.set()
    ahead = Ahead(gate, limit=1)
    ahead.want(["bad"])
    begun = ahead.take("bad")
    assert begun is not None
    with pytest.raises(LookupError):
        begun.result(timeout=10)


def test_a_page_fetched_ahead_is_not_asked_for_again(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(PAGE)
    url = f"{server.url}/organizations/acme/builds?page=2"
    session.fetch_ahead(url)
    (item,) = session.get(url).json()
    assert item["id"] == "a"
    assert len(server.asked) == 1
    assert len(session.heard) == 1, "the page is told when it is taken"
    session.get(url)
    assert len(server.asked) == 2


def test_a_refusal_met_ahead_is_an_error_for_the_reader(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=403, body=b'{"message": "Forbidden"}'))
    session.fetch_ahead(server.url)
    with pytest.raises(ForbiddenError, match="read_builds"):
        session.get(server.url, hooks={"response": [NeedsScope("read_builds")]})


def test_pages_ahead_never_leave_the_origin(
    server: ScriptedServer, foreign: ScriptedServer, open_session: OpenSession
) -> None:
    session = open_session(ahead=2)
    session.fetch_ahead(f"{foreign.url}?page=2")
    with pytest.raises(Exception, match="Nothing was sent there"):
        session.get(f"{foreign.url}?page=2")
    assert foreign.asked == []
