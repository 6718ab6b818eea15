"""JWTs in place of an access token: fresh for each attempt, healed clocks, no key shown."""

import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from pprint import pformat

import pytest
import requests
from cryptography.hazmat.primitives.serialization import PrivateFormat

from buildkite_source.client import (
    AuthenticationError,
    BadCredentialError,
    BuildkiteError,
    BuildkiteSession,
    ForeignHostError,
    MissingTokenError,
    NeedsScope,
    SignedToken,
    SystemClock,
    credential_of,
)
from buildkite_source.client.auth import TokenAuth
from buildkite_source.graphql import GraphqlClient
from buildkite_source.graphql.errors import NoGraphqlAccessError

from .clock import FakeClock
from .conftest import OpenSession
from .server import Reply, ScriptedServer
from .signing import TOKEN_ID, VerifyingServer, curve_key, long_key, pem, rsa_key

HOOKS = {"response": [NeedsScope("read_builds")]}
SKEWS = pytest.mark.parametrize("hours", [-1, 1], ids=["an hour fast", "an hour slow"])
ANSWER = Reply(body=b'{"data": {"__typename": "Query"}}')


@pytest.fixture
def server(clock: FakeClock) -> Iterator[VerifyingServer]:
    verifying = VerifyingServer(clock.now)
    yield verifying
    verifying.close()


@pytest.fixture
def credential(clock: FakeClock) -> SignedToken:
    return SignedToken(pem(rsa_key()), TOKEN_ID, clock)


@pytest.fixture
def session(open_session: OpenSession, credential: SignedToken) -> BuildkiteSession:
    return open_session(credential)


@pytest.fixture
def wrong(clock: FakeClock) -> SignedToken:
    return SignedToken(pem(rsa_key(which=1)), TOKEN_ID, clock)


def test_a_request_is_signed_for_the_moment_it_is_sent(
    server: VerifyingServer, session: BuildkiteSession, clock: FakeClock
) -> None:
    for _ in range(3):
        assert session.get(server.url).status_code == 200
        clock.sleep(3600)
    issued = [claims["iat"] for claims in server.let_in]
    assert [later - issued[0] for later in issued] == [0, 3600, 7200]
    assert len(server.asked) == 3


def test_a_request_that_waited_for_the_budget_is_signed_after_the_wait(
    server: VerifyingServer, session: BuildkiteSession, clock: FakeClock
) -> None:
    spent = {"Limit": "50", "Remaining": "0", "Reset": "600"}
    headers = {f"RateLimit-User-{name}": value for name, value in spent.items()}
    server.replies(Reply(headers=headers), Reply())
    session.get(server.url)
    session.get(server.url)
    assert sum(clock.slept) > 600
    assert len(server.asked) == len(server.let_in) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=503, headers={"Retry-After": "300"}),
        Reply(status=429, body=b'{"message": "wait", "scope": "rest_user", "reset": 400}'),
    ],
    ids=["server error", "rate limit"],
)
def test_each_attempt_is_signed_anew(
    server: VerifyingServer, session: BuildkiteSession, clock: FakeClock, trouble: Reply
) -> None:
    server.replies(trouble, Reply(status=302, headers={"Location": "/v2/moved"}), Reply())
    assert session.get(server.url).status_code == 200
    assert sum(clock.slept) >= 300
    assert len(server.asked) == len(server.let_in) == 3


@SKEWS
def test_one_refusal_tells_how_wrong_the_clock_is(
    server: VerifyingServer, session: BuildkiteSession, clock: FakeClock, hours: int
) -> None:
    server.skew = timedelta(hours=hours)
    assert session.get(server.url).status_code == 200
    assert [len(server.asked), len(server.let_in)] == [2, 1]
    clock.sleep(900)
    assert session.get(server.url).status_code == 200
    assert [len(server.asked), len(server.let_in)] == [3, 2]


def test_a_clock_that_is_set_during_the_run_is_noticed(
    server: VerifyingServer, session: BuildkiteSession
) -> None:
    session.get(server.url)
    server.skew = timedelta(minutes=7)
    assert session.get(server.url).status_code == 200
    assert [len(server.asked), len(server.let_in)] == [3, 2]


def test_threads_with_a_wrong_clock_all_get_through() -> None:
    server = VerifyingServer(SystemClock().now)
    server.skew = timedelta(hours=1)
    credential = SignedToken(pem(rsa_key()), TOKEN_ID)
    with BuildkiteSession(credential, server.url) as session, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(session.get, [server.url] * 12))
    server.close()
    assert [answer.status_code for answer in answers] == [200] * 12
    assert len(server.let_in) == 12


def test_without_a_date_nothing_is_tried_again(
    server: VerifyingServer, session: BuildkiteSession
) -> None:
    server.skew, server.dated = timedelta(hours=1), False
    with pytest.raises(AuthenticationError):
        session.get(server.url, hooks=HOOKS)
    assert len(server.asked) == 1


def test_a_wrong_key_gets_the_advice_after_one_more_try(
    server: VerifyingServer, open_session: OpenSession, wrong: SignedToken
) -> None:
    with pytest.raises(AuthenticationError, match="token_id") as caught:
        open_session(wrong).get(server.url, hooks=HOOKS)
    assert caught.value.status == 401
    assert len(server.asked) == 2


def test_an_access_token_is_not_tried_again(
    server: VerifyingServer, open_session: OpenSession
) -> None:
    with pytest.raises(AuthenticationError):
        open_session("bkua_mistyped").get(server.url, hooks=HOOKS)
    assert len(server.asked) == 1


def test_no_jwt_travels_to_another_origin(
    server: VerifyingServer,
    foreign: ScriptedServer,
    session: BuildkiteSession,
    credential: SignedToken,
) -> None:
    server.replies(Reply(status=302, headers={"Location": f"{foreign.origin}/v2"}))
    with pytest.raises(ForeignHostError):
        session.get(server.url)
    with pytest.raises(ForeignHostError):
        session.get(foreign.url)
    assert foreign.asked == []
    auth = TokenAuth(credential, server.url)
    for url, sent in ((server.url, True), (foreign.url, False)):
        request = requests.Request("GET", url, auth=auth).prepare()
        assert ("Authorization" in request.headers) is sent


def test_neither_jwt_nor_key_is_shown(
    server: VerifyingServer,
    open_session: OpenSession,
    wrong: SignedToken,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    session = open_session(wrong)
    with pytest.raises(BuildkiteError) as caught:
        session.get(server.url, hooks=HOOKS)
    shown = [f"{caught.value} {caught.value!r}", pformat(vars(session)), caplog.text]
    error = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown.append("".join(error.format()))
    secrets = [asked.headers["Authorization"].removeprefix("Bearer ") for asked in server.asked]
    secrets += pem(rsa_key(which=1)).splitlines()[1:-1]
    assert "***" in str(caught.value), "the server repeats what it was sent"
    for secret in secrets:
        assert all(secret not in text for text in shown)


@SKEWS
def test_graphql_is_asked_with_the_same_credential(
    server: VerifyingServer, credential: SignedToken, clock: FakeClock, hours: int
) -> None:
    server.skew = timedelta(hours=hours)
    server.replies(ANSWER)
    client = GraphqlClient(credential, server.url, clock=clock)
    client.check()
    clock.sleep(3600)
    client.check()
    client.close()
    assert [len(server.asked), len(server.let_in)] == [3, 2]


def test_graphql_refuses_a_wrong_key_and_repeats_nothing(
    server: VerifyingServer, wrong: SignedToken, clock: FakeClock
) -> None:
    client = GraphqlClient(wrong, server.url, clock=clock)
    with pytest.raises(NoGraphqlAccessError) as caught:
        client.check()
    client.close()
    assert len(server.asked) == 2
    for asked in server.asked:
        assert asked.headers["Authorization"].removeprefix("Bearer ") not in str(caught.value)


def test_a_key_is_text_or_a_file(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "key.pem").write_text(pem(rsa_key()))
    forms = [
        pem(rsa_key()),
        f"\n {pem(rsa_key())}\n",
        pem(rsa_key()).replace("\n", "\\n"),
        pem(rsa_key(), PrivateFormat.TraditionalOpenSSL),
        str(tmp_path / "key.pem"),
    ]
    bearers = {SignedToken(form, f" {TOKEN_ID}\n", clock).bearer() for form in forms}
    assert len(bearers) == 1


UNUSABLE: dict[str, tuple[Callable[[], str], str]] = {
    "no such file": (lambda: "no/such/file.pem", "neither"),
    "no PEM": (lambda: "-----BEGIN PRIVATE KEY-----\nnope", "neither"),
    "base64 alone": (lambda: pem(rsa_key()).split("-----")[2].strip(), "neither"),
    "a passphrase": (lambda: pem(rsa_key(), passphrase="x"), "passphrase"),
    "a curve": (lambda: pem(curve_key()), "no RSA key"),
    "too short": (lambda: pem(rsa_key(1024)), "1024 bits"),
    "too long": (lambda: pem(long_key()), "4484 bits"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_key_that_cannot_be_used_is_named_and_not_shown(case: str) -> None:
    make, problem = UNUSABLE[case]
    text = make()
    with pytest.raises(BadCredentialError, match=problem) as caught:
        credential_of(None, text, TOKEN_ID)
    shown = "".join(traceback.format_exception(caught.value))
    assert "The setting private_key (SOURCES__BUILDKITE_SOURCE__PRIVATE_KEY)" in shown
    assert all(line not in shown for line in text.splitlines() if len(line) > 10)


@pytest.mark.parametrize(
    ("token", "key", "token_id", "problem"),
    [
        ("bkua_x", "key", TOKEN_ID, "private_key .* as well as access_token"),
        ("bkua_x", "key", None, "private_key .* as well as access_token"),
        ("bkua_x", "", TOKEN_ID, "token_id .* as well as access_token"),
        (None, "key", " ", "token_id .* is missing"),
        (" ", None, TOKEN_ID, "private_key .* is missing"),
        (None, "key", "my-token", "token_id .* is no UUID"),
    ],
)
def test_settings_that_do_not_go_together(
    token: str | None, key: str | None, token_id: str | None, problem: str
) -> None:
    key = pem(rsa_key()) if key == "key" else key
    with pytest.raises(BadCredentialError, match=problem) as caught:
        credential_of(token, key, token_id)
    assert "bkua_x" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_nothing_set_is_a_missing_token() -> None:
    with pytest.raises(MissingTokenError, match="private_key"):
        credential_of(None, " ", "")
