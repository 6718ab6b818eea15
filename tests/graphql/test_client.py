import json
import traceback
from typing import Any

import pytest

from buildkite_simulator import Simulator
from buildkite_simulator.graphql_api import endpoint
from buildkite_simulator.graphql_api.cost import Pricing
from buildkite_source.client import (
    BuildkiteError,
    ForeignHostError,
    RateLimitedError,
    Retries,
    StoppedError,
    UnexpectedBodyError,
    UnreachableError,
    Waiting,
)
from buildkite_source.graphql import (
    PUBLIC_URL,
    GraphqlClient,
    GraphqlError,
    NoGraphqlAccessError,
    TooHeavyError,
    TooLong,
    graphql_url_of,
)
from buildkite_source.graphql import client as client_module

from .conftest import MovingClock, OpenClient, OpenSimulator, read, refusals


@pytest.fixture
def builds(simulator: Simulator) -> list[Any]:
    made = [simulator.world.create_build("acme", "web") for _ in range(8)]
    for build in made:
        simulator.world.annotate(build, "x", context="note")
    return made


def test_the_url_is_derived_for_the_public_api_only() -> None:
    assert graphql_url_of("https://api.buildkite.com/v2") == PUBLIC_URL
    assert graphql_url_of("https://api.buildkite.com.evil.example/v2") is None
    assert graphql_url_of("https://buildkite.example/v2") is None
    assert graphql_url_of("http://127.0.0.1:8080/v2") is None


def test_a_token_without_graphql_access(simulator: Simulator, open_client: OpenClient) -> None:
    limited = open_client(simulator, token=simulator.add_token(scopes=["read_builds"]))
    with pytest.raises(NoGraphqlAccessError, match="Enable GraphQL API access") as error:
        limited.check()
    assert error.value.status == 403
    with pytest.raises(NoGraphqlAccessError):
        read(limited, ["0198f0c2-1111-7000-8000-000000000042"])
    unknown = open_client(simulator, token="bkua_unknown")
    with pytest.raises(NoGraphqlAccessError) as error:
        unknown.check()
    assert error.value.status == 401
    assert len(simulator.graphql_requests) == 3


def test_a_token_revoked_meanwhile(
    simulator: Simulator, client: GraphqlClient, builds: list[Any]
) -> None:
    simulator.faults.add(kind="revoke", skip=1)
    with pytest.raises(NoGraphqlAccessError):
        read(client, builds)


FAULTS: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "502 in HTML": {"kind": "status", "status": 502, "body": b"<html>bad gateway</html>"},
    "503": {"kind": "status", "status": 503},
    "504": {"kind": "status", "status": 504},
    "reset": {"kind": "reset"},
    "cut off": {"kind": "truncate", "claim_full_length": True},
    "broken JSON": {"kind": "truncate"},
    "no JSON": {"kind": "body", "body": b"<html>hello</html>"},
    "another JSON": {"kind": "body", "body": b"[1]"},
    "neither data nor errors": {"kind": "body", "body": b"{}"},
    "data that is no object": {"kind": "body", "body": b'{"data": 3}'},
    "nested without end": {"kind": "body", "body": b"[" * 200_000},
    "user limit": {"kind": "rate_limit", "scope": "rest_user", "reset": 77},
    "organization limit": {"kind": "rate_limit", "scope": "rest", "reset": 77},
}


@pytest.mark.parametrize(
    ("name", "skip"), [*((name, 1) for name in FAULTS), ("500", 0), ("504", 0), ("user limit", 0)]
)
def test_passing_faults_are_recovered(
    simulator: Simulator,
    client: GraphqlClient,
    builds: list[Any],
    clock: MovingClock,
    name: str,
    skip: int,
) -> None:
    heard: list[Any] = []
    client.listener = heard.append
    simulator.faults.add(skip=skip, times=2, **FAULTS[name])
    told = read(client, builds)
    assert all(isinstance(rows, list) and rows for rows in told.values())
    waits = [event.seconds for event in heard if isinstance(event, Waiting)]
    assert waits == clock.slept
    if "limit" in name:
        # The world's clock has microseconds, so a sleep may end a little too early.
        long = [seconds for seconds in waits if seconds > 0.001]
        assert [78 <= seconds <= 79 for seconds in long] == [True, True], waits
        assert client.budget.stats.limited == 2
    else:
        assert client.stats.retried == 2
        assert sum(waits) < 60


def test_an_answer_too_late_is_asked_again(
    simulator: Simulator,
    client: GraphqlClient,
    builds: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.check()
    # A busy machine may take a second for any answer; only the slow one is to be too late.
    monkeypatch.setattr(client_module, "_TIMEOUT", (5, 2))
    simulator.faults.add(kind="slow", delay=4)
    assert all(isinstance(rows, list) for rows in read(client, builds).values())
    assert client.stats.retried == 1


ALWAYS: dict[str, tuple[dict[str, Any], type[BuildkiteError]]] = {
    "500": ({"kind": "status", "status": 500}, UnreachableError),
    "504": ({"kind": "status", "status": 504}, UnreachableError),
    "reset": ({"kind": "reset"}, UnreachableError),
    "no JSON": ({"kind": "body", "body": b"<html>"}, UnexpectedBodyError),
    "429": ({"kind": "rate_limit"}, RateLimitedError),
    "not found": ({"kind": "status", "status": 404}, GraphqlError),
}


@pytest.mark.parametrize("name", ALWAYS)
def test_lasting_faults_end_in_an_error_that_says_what_to_do(
    simulator: Simulator, open_client: OpenClient, builds: list[Any], name: str
) -> None:
    fault, kind = ALWAYS[name]
    client = open_client(simulator, retries=Retries(attempts=4, rate_limited=3))
    simulator.faults.add(times=None, **fault)
    with pytest.raises(kind, match="GraphQL API at http") as error:
        read(client, builds)
    assert type(error.value) is kind
    assert len(simulator.graphql_requests) == (1 if name == "not found" else 4)


def test_heavy_queries_are_halved(
    simulator: Simulator, client: GraphqlClient, builds: list[Any]
) -> None:
    def too_heavy(request: Any) -> None:
        simulator.faults.clear()
        if len(json.loads(request.body)["variables"]) > 3:
            simulator.faults.add(kind="status", status=504)

    simulator.before_response(too_heavy)
    assert all(isinstance(rows, list) and rows for rows in read(client, builds).values())


def test_builds_that_are_too_heavy_alone_are_left_to_rest(
    simulator: Simulator, client: GraphqlClient, builds: list[Any], monkeypatch: Any
) -> None:
    builds += [simulator.world.create_build("acme", "web") for _ in range(40)]
    heavy = builds[5]
    for number in range(5):
        simulator.world.annotate(heavy, "x" * 100_000, context=f"{number}")
    simulator.switches.gzip = False
    monkeypatch.setattr(client_module, "_MAX_BODY", 200_000)
    told = read(client, builds)
    assert [each for each, rows in told.items() if isinstance(rows, TooLong)] == [heavy.id]
    assert "200,000 bytes" in told[heavy.id].reason
    assert len(simulator.graphql_requests) < 32


def test_an_api_for_which_everything_is_too_heavy_is_given_up(
    simulator: Simulator, client: GraphqlClient, builds: list[Any]
) -> None:
    def too_heavy(request: Any) -> None:
        simulator.faults.clear()
        if json.loads(request.body)["variables"]:
            simulator.faults.add(kind="status", status=504)

    simulator.before_response(too_heavy)
    with pytest.raises(TooHeavyError):
        read(client, builds)
    assert len(simulator.graphql_requests) < 50


def test_a_lower_maximum_of_complexity_than_documented(
    simulator: Simulator, client: GraphqlClient, builds: list[Any], monkeypatch: Any
) -> None:
    monkeypatch.setattr(endpoint, "MOST_POINTS", 60)
    assert all(isinstance(rows, list) and rows for rows in read(client, builds).values())


def test_prices_higher_than_documented_are_learned(
    open_simulator: OpenSimulator, open_client: OpenClient, monkeypatch: Any
) -> None:
    requested, actual = Pricing.requested, Pricing.actual
    monkeypatch.setattr(Pricing, "requested", lambda *how: 3 * requested(*how))
    monkeypatch.setattr(Pricing, "actual", lambda *how: 3 * actual(*how))
    simulator = open_simulator(graphql_user=2_500)
    simulator.switches.graphql_refuses_by_requested = True
    builds = [simulator.world.create_build("acme", "web") for _ in range(150)]
    client = open_client(simulator)
    assert all(isinstance(rows, list) for rows in read(client, builds).values())
    assert refusals(simulator) == [429]


def test_a_limit_that_refuses_large_queries_without_saying_why(
    simulator: Simulator, client: GraphqlClient, builds: list[Any]
) -> None:
    def refuse(request: Any) -> None:
        simulator.faults.clear()
        if len(json.loads(request.body)["variables"]) > 3:
            simulator.faults.add(kind="rate_limit")

    simulator.before_response(refuse)
    assert all(isinstance(rows, list) and rows for rows in read(client, builds).values())
    assert refusals(simulator) == [429] * 4  # Eight builds twice, and four; then never again.


def test_a_redirect_is_not_followed_to_another_host(
    simulator: Simulator, client: GraphqlClient
) -> None:
    simulator.faults.add(kind="redirect", location=simulator.storage_url + "/v1")
    with pytest.raises(ForeignHostError, match="GRAPHQL_URL"):
        client.check()
    simulator.faults.add(kind="redirect", location="http://[nonsense")
    with pytest.raises(BuildkiteError, match="no address"):
        client.check()
    simulator.faults.add(kind="redirect", location=simulator.graphql_url)
    with pytest.raises(GraphqlError, match="302"):
        client.check()
    assert simulator.storage_requests == []


def test_the_token_is_sent_to_the_graphql_host_and_never_shown(
    simulator: Simulator, client: GraphqlClient
) -> None:
    client.check()
    sent = simulator.graphql_requests[0].headers
    assert sent["authorization"] == f"Bearer {simulator.token}"
    assert simulator.token not in simulator.graphql_requests[0].body.decode()
    echo = json.dumps({"errors": [{"message": f"{'x' * 480} {simulator.token}"}]}).encode()
    plain = b"x" * 180 + b" Bearer " + simulator.token.encode()
    for fault in (
        {"kind": "body", "body": echo},
        {"kind": "status", "status": 403, "body": echo},
        {"kind": "status", "status": 403, "body": plain},
        {"kind": "status", "status": 418, "body": plain},
    ):
        simulator.faults.add(**fault)
        with pytest.raises(GraphqlError) as error:
            client.check()
        shown = "".join(traceback.format_exception(error.value)) + repr(client)
        assert simulator.token[:12] not in shown


def test_a_query_the_api_refuses_is_an_error(simulator: Simulator, client: GraphqlClient) -> None:
    with pytest.raises(GraphqlError, match="Cannot query field 'nothing'"):
        client.run("{ nothing }", {}, 1)


def test_a_stopped_client_sends_nothing(
    simulator: Simulator, client: GraphqlClient, builds: list[Any]
) -> None:
    client.stop()
    with pytest.raises(StoppedError):
        read(client, builds)
    assert simulator.graphql_requests == []
