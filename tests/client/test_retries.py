import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.client import (
    BuildkiteSession,
    NeedsScope,
    PageFetched,
    RateLimitedError,
    Retries,
    UnexpectedBodyError,
    UnreachableError,
    Waiting,
)

from .clock import FakeClock
from .conftest import OpenSession, waits
from .examples import examples
from .server import Fault, Reply, ScriptedServer
from .windows import headers

GOOD = Reply(body=b'[{"id": "a"}]')
PATH = "/organizations/acme/builds"


def too_many(scope: str, reset: int) -> Reply:
    body = (
        f'{{"message": "You have exceeded your API rate limit. Please wait {reset} seconds.", '
        f'"scope": "{scope}", "limit": 50, "current": 53, "reset": {reset}}}'
    )
    return Reply(status=429, body=body.encode())


PASSING_FAILURES = [
    *(
        pytest.param(Reply(status=status, body=b"<html>sorry</html>"), id=str(status))
        for status in (500, 502, 503, 504, 520, 522, 599)
    ),
    pytest.param(Reply(fault=Fault.DROP), id="dropped"),
    pytest.param(Reply(fault=Fault.RESET), id="reset"),
    pytest.param(Reply(fault=Fault.TRUNCATE), id="truncated body"),
    pytest.param(Reply(fault=Fault.TRUNCATE, gzipped=True), id="truncated gzip"),
    pytest.param(Reply(headers={"Content-Encoding": "gzip"}), id="no gzip at all"),
    pytest.param(Reply(body=b'[{"id": "a"}, {"id'), id="truncated JSON"),
    pytest.param(Reply(body=b""), id="no body"),
    pytest.param(Reply(body=b"<html>maintenance</html>"), id="HTML"),
]


@pytest.mark.parametrize("failure", PASSING_FAILURES)
def test_a_failure_that_passes_costs_a_wait_and_nothing_else(
    server: ScriptedServer, session: BuildkiteSession, failure: Reply
) -> None:
    server.replies(failure, failure, GOOD)
    items = session.get(server.url + PATH).json()
    assert [item["id"] for item in items] == ["a"]
    assert len(server.asked) == 3
    assert session.stats.retried == 2
    assert session.stats.pages == 1
    assert session.stats.backed_off == sum(waits(session.heard)) > 0
    kinds = [type(event) for event in session.heard]
    assert kinds == [Waiting, Waiting, PageFetched]


@pytest.mark.parametrize("failure", PASSING_FAILURES)
def test_a_failure_that_stays_ends_after_the_last_attempt(
    server: ScriptedServer, open_session: OpenSession, failure: Reply
) -> None:
    session = open_session(retries=Retries(attempts=3))
    server.replies(failure)
    with pytest.raises((UnreachableError, UnexpectedBodyError)):
        session.get(server.url + PATH)
    assert len(server.asked) == 3
    assert len(waits(session.heard)) == 2


def test_a_timeout_is_retried(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(Reply(fault=Fault.HANG), GOOD)
    assert session.get(server.url, timeout=0.2).status_code == 200
    assert session.stats.retried >= 1


def test_a_timeout_that_stays_is_named(server: ScriptedServer, open_session: OpenSession) -> None:
    session = open_session(retries=Retries(attempts=2))
    server.replies(Reply(fault=Fault.HANG))
    with pytest.raises(UnreachableError, match=r"did not answer in time \(2 attempts\)"):
        session.get(server.url, timeout=0.1)


def test_a_closed_port_is_retried_and_named(
    foreign: ScriptedServer, open_session: OpenSession
) -> None:
    foreign.close()
    session = open_session(base_url=foreign.url)
    with pytest.raises(UnreachableError) as caught:
        session.get(foreign.url)
    assert foreign.origin in str(caught.value)
    assert "6 attempts" in str(caught.value)
    assert len(waits(session.heard)) == 5


def test_server_errors_name_request_status_and_attempts(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=502, headers={"X-Request-Id": "req-17"}))
    with pytest.raises(UnreachableError) as caught:
        session.get(f"{server.url}{PATH}?secret=1")
    text = str(caught.value)
    assert f"GET /v2{PATH} (request id req-17) answered 502 in each of 6 attempts" in text
    assert "secret" not in text


def test_a_body_that_is_no_json_says_how_it_starts(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(body=b"<html><title>Sign in to the proxy</title></html>"))
    with pytest.raises(UnexpectedBodyError, match=r"Sign in to the proxy.*Is base_url"):
        session.get(server.url)


@pytest.mark.parametrize("status", [201, 202, 203, 204])
def test_any_other_success_without_json_is_an_error_too(
    server: ScriptedServer, session: BuildkiteSession, status: int
) -> None:
    server.replies(Reply(status=status, body=b"" if status == 204 else b"<html>portal</html>"))
    with pytest.raises(UnexpectedBodyError):
        session.get(server.url)


@given(
    attempt=st.integers(1, 60),
    first=st.floats(0.1, 5),
    longest=st.floats(1, 60),
    seed=st.integers(0, 2**32),
)
@examples(100)
def test_the_delay_has_full_jitter_below_a_bounded_exponential(
    attempt: int, first: float, longest: float, seed: int
) -> None:
    delay = Retries(first_delay=first, longest_delay=longest).delay(attempt, random.Random(seed))
    assert 0 <= delay <= min(longest, first * 2.0 ** (attempt - 1))


@pytest.mark.parametrize("attempt", [1, 3, 20])
def test_the_jitter_fills_the_whole_range(attempt: int) -> None:
    rng = random.Random(1)
    longest = min(30.0, 2.0 ** (attempt - 1))
    delays = [Retries().delay(attempt, rng) for _ in range(300)]
    assert min(delays) < 0.1 * longest
    assert max(delays) > 0.9 * longest
    assert 0.4 * longest < sum(delays) / 300 < 0.6 * longest


def test_back_off_is_by_the_clock_and_within_bounds(
    server: ScriptedServer, open_session: OpenSession, clock: FakeClock
) -> None:
    session = open_session(retries=Retries(attempts=9))
    server.replies(Reply(status=500))
    with pytest.raises(UnreachableError):
        session.get(server.url)
    bounds = [1, 2, 4, 8, 16, 30, 30, 30]
    assert len(clock.slept) == len(bounds)
    assert all(slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("17", 17, id="seconds"),
        pytest.param("0", 0, id="none"),
        pytest.param("86400", 300, id="capped at five minutes"),
    ],
)
def test_a_503_says_when_to_come_back(
    server: ScriptedServer, session: BuildkiteSession, value: str, expected: float
) -> None:
    server.replies(Reply(status=503, headers={"Retry-After": value}), GOOD)
    session.get(server.url)
    assert waits(session.heard) == [expected]


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "²", "Sat, 01 Aug 2026 04:00:00 GMT", "9" * 5000]
)
def test_a_retry_after_without_seconds_leaves_the_back_off(
    server: ScriptedServer, session: BuildkiteSession, value: str
) -> None:
    server.replies(Reply(status=503, headers={"Retry-After": value}), GOOD)
    session.get(server.url)
    assert len(waits(session.heard)) == 1
    assert waits(session.heard)[0] <= 300


@pytest.mark.parametrize(
    ("scope", "whose"), [("rest_user", "the user's"), ("rest", "the organization's")]
)
def test_a_429_waits_for_the_reset_of_its_scope(
    server: ScriptedServer, session: BuildkiteSession, clock: FakeClock, scope: str, whose: str
) -> None:
    server.replies(too_many(scope, 17), GOOD)
    assert session.get(server.url + PATH).status_code == 200
    assert 17 <= clock.monotonic() <= 19
    waiting = session.heard[0]
    assert isinstance(waiting, Waiting)
    assert waiting.reason == f"{whose} request budget"
    assert session.budget.stats.limited == 1
    assert session.stats.retried == 0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(
            Reply(status=429, body=b"slow down", headers=headers(user=(50, 0, 23))), 23, id="user"
        ),
        pytest.param(
            Reply(status=429, body=b"[]", headers=headers(organization=(200, 0, 23))), 23, id="org"
        ),
        pytest.param(
            Reply(status=429, body=b"{}", headers={"Retry-After": "23"}), 23, id="Retry-After"
        ),
        pytest.param(Reply(status=429, body=b'{"scope": "rest_user"}'), 60, id="nothing"),
        pytest.param(
            Reply(status=429, body=b"", headers={"RateLimit-User-Reset": "²"}), 60, id="no number"
        ),
    ],
)
def test_a_429_without_the_documented_body_waits_by_its_headers(
    server: ScriptedServer,
    session: BuildkiteSession,
    clock: FakeClock,
    reply: Reply,
    expected: float,
) -> None:
    server.replies(reply, GOOD)
    assert session.get(server.url + PATH).status_code == 200
    assert expected <= clock.monotonic() <= expected + 2


@pytest.mark.parametrize("reset", ["NaN", "Infinity", "-5", "null", '"soon"', "1e300"])
def test_a_429_with_an_absurd_reset_neither_ends_nor_hangs(
    server: ScriptedServer, session: BuildkiteSession, clock: FakeClock, reset: str
) -> None:
    body = f'{{"message": "Wait.", "scope": "rest_user", "reset": {reset}}}'.encode()
    server.replies(Reply(status=429, body=body), GOOD)
    assert session.get(server.url + PATH).status_code == 200
    assert 0 <= clock.monotonic() <= 3610


def test_a_429_is_not_sent_again_before_its_reset_by_any_request(
    server: ScriptedServer, session: BuildkiteSession, clock: FakeClock
) -> None:
    server.replies(too_many("rest_user", 17), too_many("rest_user", 40), GOOD)
    session.get(server.url + PATH)
    assert 57 <= clock.monotonic() <= 61
    assert len(server.asked) == 3


def test_endless_429s_end_in_an_error_with_the_api_message(
    server: ScriptedServer, open_session: OpenSession, clock: FakeClock
) -> None:
    session = open_session(retries=Retries(rate_limited=3))
    server.replies(too_many("rest_user", 10))
    with pytest.raises(RateLimitedError, match=r"answered 429: You have exceeded") as caught:
        session.get(server.url + PATH, hooks={"response": [NeedsScope("read_builds")]})
    assert caught.value.status == 429
    assert len(server.asked) == 4
    assert 30 <= clock.monotonic() <= 36


def test_failures_and_429s_count_apart(server: ScriptedServer, open_session: OpenSession) -> None:
    session = open_session(retries=Retries(attempts=2, rate_limited=2))
    server.replies(too_many("rest_user", 1), Reply(status=500), too_many("rest_user", 1), GOOD)
    assert session.get(server.url + PATH).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 416, 422])
def test_refusals_are_not_retried(
    server: ScriptedServer, session: BuildkiteSession, status: int
) -> None:
    server.replies(Reply(status=status, body=b'{"message": "no"}'))
    assert session.get(server.url).status_code == status
    assert len(server.asked) == 1
