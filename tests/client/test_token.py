import logging
import traceback
from contextlib import suppress
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
import requests

from buildkite_source.client import (
    ApiError,
    BuildkiteError,
    BuildkiteSession,
    ForeignHostError,
    NeedsScope,
    Retries,
    UnexpectedBodyError,
)
from buildkite_source.client.auth import TokenAuth, origin

from .conftest import TOKEN, OpenSession
from .server import Fault, Reply, ScriptedServer

PATH = "/v2/organizations/acme/builds"


def redirect(target: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": target})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed_with_the_token(
    server: ScriptedServer, session: BuildkiteSession, status: int
) -> None:
    server.replies(redirect("/v2/moved?page=2", status), Reply(body=b'[{"id": "a"}]'))
    (item,) = session.get(server.origin + PATH).json()
    assert item["id"] == "a"
    assert [asked.path for asked in server.asked] == [PATH, "/v2/moved?page=2"]
    assert all(asked.headers["Authorization"] == f"Bearer {TOKEN}" for asked in server.asked)


def test_a_redirect_by_full_address_within_the_origin_is_followed(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(redirect("{origin}/v2/moved"), redirect("again"), Reply())
    session.get(server.origin + PATH)
    assert [asked.path for asked in server.asked] == [PATH, "/v2/moved", "/v2/again"]


def test_a_failure_behind_a_redirect_is_retried_there(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(redirect("/v2/moved"), Reply(status=503), Reply())
    session.get(server.origin + PATH)
    assert [asked.path for asked in server.asked] == [PATH, "/v2/moved", "/v2/moved"]


def test_a_circle_of_redirects_ends(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(redirect("/v2/a"))
    with pytest.raises(UnexpectedBodyError, match="redirects in a circle"):
        session.get(server.origin + PATH)
    assert len(server.asked) <= 10


ELSEWHERE = {
    "another port": "http://{other}" + PATH,
    "another scheme": "https://{mine}" + PATH,
    "another name of this machine": "http://localhost:{port}" + PATH,
    "own host as user": "http://{mine}@{other}" + PATH,
    "own host as user with port": "http://{mine}:80@{other}" + PATH,
    "own host behind a backslash": "http://{other}\\@{mine}" + PATH,
    "own host behind a fragment": "http://{other}#@{mine}" + PATH,
    "own host behind a query": "http://{other}?@{mine}" + PATH,
    "upper case": "HTTP://{other}" + PATH,
    "FTP": "ftp://{other}/x",
    "no host": "http:///nowhere",
}
ONLY_AS_REDIRECT = {
    "no scheme": "//{other}" + PATH,
    "backslashes": "\\\\{other}" + PATH,
    "slash and backslash": "/\\{other}" + PATH,
    "space before it": " http://{other}" + PATH,
    "file": "file:///etc/passwd",
    "data": "data:application/json,[]",
}


def address(template: str, server: ScriptedServer, foreign: ScriptedServer) -> str:
    mine, other = (one.origin.removeprefix("http://") for one in (server, foreign))
    return template.format(mine=mine, other=other, port=mine.partition(":")[2])


def named(templates: dict[str, str]) -> Any:
    cases = [pytest.param(template, id=name) for name, template in templates.items()]
    return pytest.mark.parametrize("template", cases)


@named(ELSEWHERE | ONLY_AS_REDIRECT)
def test_a_redirect_elsewhere_never_takes_the_token_along(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession, template: str
) -> None:
    server.replies(redirect(address(template, server, foreign)), Reply())
    with suppress(ForeignHostError):
        session.get(server.origin + PATH)
        assert len(server.asked) == 2, "neither refused nor read as a path of the own origin"
    assert foreign.asked == []


@named(ELSEWHERE)
def test_a_link_elsewhere_is_refused_before_anything_is_sent(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession, template: str
) -> None:
    with pytest.raises((ForeignHostError, requests.exceptions.InvalidURL)):
        session.get(address(template, server, foreign))
    assert foreign.asked == []
    assert server.asked == []


def test_a_netrc_file_does_not_replace_the_token(
    server: ScriptedServer,
    session: BuildkiteSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.replies(redirect("/v2/moved"), Reply())
    session.get(server.url)
    assert [asked.headers["Authorization"] for asked in server.asked] == [f"Bearer {TOKEN}"] * 2


def test_a_foreign_redirect_says_where_it_led_and_where_to_allow_it(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(redirect(f"{foreign.origin}/x?signature=abc"))
    with pytest.raises(ForeignHostError, match="BASE_URL") as caught:
        session.get(server.origin + PATH)
    assert foreign.origin in str(caught.value)
    assert server.origin in str(caught.value)
    assert "signature" not in str(caught.value)


@pytest.mark.parametrize("target", ["http://[broken", "http://127.0.0.1:99999/x", "http://x:y/"])
def test_a_redirect_to_no_address_at_all_is_an_error_for_people(
    server: ScriptedServer, session: BuildkiteSession, target: str
) -> None:
    server.replies(redirect(target))
    with pytest.raises(BuildkiteError):
        session.get(server.origin + PATH)


@pytest.mark.parametrize(
    ("base", "url", "sent"),
    [
        ("https://api.buildkite.com/v2", "https://api.buildkite.com/v2/x", True),
        ("https://api.buildkite.com/v2", "https://api.buildkite.com:443/v2/x", True),
        ("https://api.buildkite.com/v2", "HTTPS://API.buildkite.com/v2/x", True),
        ("https://api.buildkite.com/v2", "https://api.buildkite.com/other", True),
        ("https://api.buildkite.com/v2", "http://api.buildkite.com/v2/x", False),
        ("https://api.buildkite.com/v2", "https://api.buildkite.com:444/v2/x", False),
        ("https://api.buildkite.com/v2", "https://api.buildkite.com.evil.com/v2/x", False),
        ("https://api.buildkite.com/v2", "https://evil.com/api.buildkite.com", False),
        ("https://api.buildkite.com/v2", "https://api.buildkite.com@evil.com/", False),
        ("https://api.buildkite.com/v2", "https://buildkite.com/", False),
        ("http://127.0.0.1:8080/v2", "http://127.0.0.1:8080/x", True),
        ("http://127.0.0.1:8080/v2", "http://127.0.0.1:8081/x", False),
        ("http://[::1]:8080/v2", "http://[::1]:8080/x", True),
    ],
)
def test_the_token_is_added_for_its_own_origin_only(base: str, url: str, sent: bool) -> None:
    request = requests.Request("GET", url, auth=TokenAuth(TOKEN, base)).prepare()
    assert (request.headers.get("Authorization") == f"Bearer {TOKEN}") is sent
    assert ("Authorization" in request.headers) is sent
    assert (origin(base) == origin(url)) is sent


TROUBLE = [
    *(
        pytest.param(Reply(status=status, body=b'{"message": "no"}'), id=str(status))
        for status in (400, 401, 403, 404, 422, 500, 503)
    ),
    pytest.param(
        Reply(status=429, body=b'{"message": "no", "scope": "rest", "reset": 1}'), id="429"
    ),
    pytest.param(Reply(fault=Fault.DROP), id="dropped"),
    pytest.param(Reply(fault=Fault.RESET), id="reset"),
    pytest.param(Reply(fault=Fault.TRUNCATE), id="truncated"),
    pytest.param(Reply(fault=Fault.HANG), id="timeout"),
    pytest.param(Reply(body=b"<html>"), id="HTML"),
    pytest.param(Reply(headers={"Content-Encoding": "gzip"}), id="no gzip"),
    pytest.param(redirect("https://elsewhere.example/"), id="redirect elsewhere"),
    pytest.param(redirect("/again"), id="redirects in a circle"),
]


@pytest.mark.parametrize("reply", TROUBLE)
def test_no_error_and_no_log_line_holds_the_token(
    server: ScriptedServer,
    open_session: OpenSession,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG)
    session = open_session(retries=Retries(attempts=2, rate_limited=1))
    server.replies(reply)
    with pytest.raises(BuildkiteError) as caught:
        session.get(server.url, hooks={"response": [NeedsScope("read_builds")]}, timeout=0.1)
    error = caught.value
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert server.asked
    assert TOKEN not in f"{error} {error!r} {error.args} {vars(error)}"
    assert TOKEN not in "".join(shown.format(chain=True))
    assert caplog.records, "nothing was logged: the level is not set"
    for record in caplog.records:
        assert TOKEN not in f"{record.getMessage()} {record.args} {record.exc_text}"
    assert TOKEN not in pformat(session.heard)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(status=401, body=f'{{"message": "Bad {TOKEN}"}}'.encode()), id="JSON"),
        pytest.param(Reply(status=404, body=f"<pre>Bearer {TOKEN}</pre>".encode()), id="HTML"),
        pytest.param(Reply(body=f"<pre>Bearer {TOKEN}</pre>".encode()), id="no JSON"),
    ],
)
def test_a_server_that_echoes_the_token_does_not_get_it_into_an_error(
    server: ScriptedServer, open_session: OpenSession, reply: Reply
) -> None:
    session = open_session(retries=Retries(attempts=1))
    server.replies(reply)
    with pytest.raises(BuildkiteError) as caught:
        session.get(server.url, hooks={"response": [NeedsScope("read_builds")]})
    assert TOKEN not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"{TOKEN}\n", id="line break after it"),
        pytest.param(f"\n{TOKEN}", id="line break before it"),
        pytest.param(f"{TOKEN}\r\nX-Evil: 1", id="another header"),
        pytest.param(f"{TOKEN}…", id="beyond Latin-1"),
    ],
)
def test_a_token_that_no_header_can_hold_is_not_shown(
    server: ScriptedServer,
    open_session: OpenSession,
    caplog: pytest.LogCaptureFixture,
    token: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    try:
        open_session(token).get(server.url)
    except BuildkiteError as error:
        shown = "".join(traceback.format_exception(error))
        shown += f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert TOKEN not in shown
    for asked in server.asked:
        assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["X-Evil"] is None
    assert TOKEN not in caplog.text


def test_no_part_of_the_session_shows_the_token(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    session.get(server.url)
    parts = [session, vars(session), session.auth, session.headers, session.budget, session.stats]
    for part in parts:
        assert TOKEN not in f"{part} {part!r} {pformat(part)}"
    assert str(session.auth) == f"TokenAuth({server.origin})"


def test_an_answer_does_not_carry_the_token_in_its_text(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    response = session.get(server.url)
    assert TOKEN not in f"{response} {response!r} {response.request!r} {response.headers}"
    server.replies(Reply(status=404))
    with pytest.raises(ApiError) as caught:
        session.get(server.url, hooks={"response": [NeedsScope("read_builds")]})
    assert TOKEN not in pformat(vars(caught.value))
