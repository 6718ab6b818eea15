from collections.abc import Iterator
from typing import Any

import pytest

from buildkite_simulator import ManualClock, RateLimits, Simulator, WorldConfig
from buildkite_simulator.instants import instant

from .conftest import Client
from .test_graphql import ask

NODE = "{ node { uuid } }"
INFO = "pageInfo { hasNextPage }"


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(WorldConfig.empty(), clock=clock, rate_limit=RateLimits()) as running:
        running.world.add_pipeline("acme", "web")
        yield running


def requested(simulator: Simulator, query: str) -> int:
    response = ask(simulator, query)
    assert response.status_code == 200
    return int(response.headers["RateLimit-Complexity-Requested"])


# The worked sums of the reference.
SUMS = {
    f"builds(first: 50) {{ edges {{ node {{ annotations(first: 50) {{ edges {NODE} }} }} }} }}": (
        2_653
    ),
    "builds(first: 50) { edges { node { annotations(first: 50) { edges { node { uuid"
    " body { html text } } } } } } }": 5_153,
    f"builds(first: 50) {{ {INFO} edges {{ node {{ annotations(first: 50) {{ {INFO} edges"
    " { node { uuid body { html text } } } } } } }": 5_204,
    f"builds(first: 50) {{ {INFO} edges {{ node {{ annotations(first: 10) {{ {INFO} edges"
    " { node { uuid body { html text } } } } } } }": 1_204,
    f"builds(first: 100) {{ {INFO} edges {{ node {{ jobs(first: 100) {{ {INFO} edges {{ node"
    " { ... on JobTypeCommand { uuid } ... on JobTypeWait { uuid } } } } } } }": 10_404,
    f"builds(first: 50) {{ {INFO} edges {{ node {{ jobs {{ {INFO} edges {{ node {{ __typename }}"
    " } } } } }": 25_204,
}


@pytest.mark.parametrize("query", SUMS)
def test_requested_costs(simulator: Simulator, query: str) -> None:
    assert requested(simulator, f'{{ pipeline(slug: "acme/web") {{ {query} }} }}') == SUMS[query]


def alias(number: int, build: str, first: int = 50) -> str:
    return (
        f'b{number}: build(uuid: "{build}") {{ annotations(first: {first}) {{ {INFO} edges'
        " { node { uuid body { html text } } } } }"
    )


def test_actual_costs_and_stats(simulator: Simulator) -> None:
    build = simulator.world.create_build("acme", "web")
    for context in "abc":
        simulator.world.annotate(build, "x", context=context)
    query = f"{{ {alias(0, build.id)} }}"
    response = ask(simulator, query, headers={"Buildkite-Include-Query-Stats": "true"})
    assert response.headers["RateLimit-Complexity-Requested"] == "104"
    assert response.headers["RateLimit-Complexity-Actual"] == str(4 + 2 * 3)
    assert response.json()["stats"] == {"requestedComplexity": 104, "actualComplexity": 10}
    counted = f'{{ build(uuid: "{build.id}") {{ annotations(first: 1) {{ count }} }} }}'
    assert "stats" not in ask(simulator, counted).json()
    assert ask(simulator, counted).headers["RateLimit-Complexity-Actual"] == "2"


def test_a_query_may_ask_for_50000_points(simulator: Simulator) -> None:
    build = simulator.world.create_build("acme", "web").id
    fits = "{ " + " ".join(alias(n, build) for n in range(480)) + " }"
    assert requested(simulator, fits) == 49_920
    too_much = "{ " + " ".join(alias(n, build) for n in range(481)) + " }"
    response = ask(simulator, too_much)
    assert response.status_code == 200
    message = "Query has complexity of 50024, which exceeds max complexity of 50000"
    assert response.json()["errors"][0]["message"] == message
    assert response.headers["RateLimit-Complexity-Actual"] == "0"


def test_depth(simulator: Simulator) -> None:
    build = simulator.world.create_build("acme", "web").id
    deep = f'{{ build(uuid: "{build}") {{ rebuiltFrom {{ {"rebuiltFrom { " * 14}uuid'
    response = ask(simulator, deep + " }" * 17)
    assert "max depth of 15" in response.json()["errors"][0]["message"]


def spend(simulator: Simulator, build: str, token: str | None = None) -> Any:
    """Cost 500 points."""
    counts = " ".join(
        f'b{n}: build(uuid: "{build}") {{ annotations(first: 1) {{ count }} }}' for n in range(250)
    )
    return ask(simulator, f"{{ {counts} }}", token)


def test_user_window(simulator: Simulator, clock: ManualClock) -> None:
    build = simulator.world.create_build("acme", "web").id
    clock.advance(seconds=43)
    first = spend(simulator, build)
    assert {
        name: value for name, value in first.headers.items() if name.startswith("ratelimit")
    } == {
        "ratelimit-limit": "20000",
        "ratelimit-remaining": "19500",
        "ratelimit-reset": "257",
        "ratelimit-user-limit": "5000",
        "ratelimit-user-remaining": "4500",
        "ratelimit-user-reset": "257",
        "ratelimit-complexity-requested": "500",
        "ratelimit-complexity-actual": "500",
    }
    simulator.api.points.charge("default", "acme", 4_499, instant(clock.now()))
    assert spend(simulator, build).status_code == 200
    refused = spend(simulator, build, simulator.add_token())
    assert refused.status_code == 429
    assert refused.json()["errors"] == [
        {
            "message": "You have exceeded your per-user limit of 5000 complexity points. "
            "Please try again in 257 seconds."
        }
    ]
    assert refused.headers["RateLimit-User-Remaining"] == "0"
    assert spend(simulator, build, simulator.add_token(user="other")).status_code == 200
    scopes = Client(simulator).get("/organizations/acme/rate_limit").json()["scopes"]
    assert (scopes["graphql"]["current"], scopes["graphql"]["limit"]) == (5_999, 20_000)
    clock.advance(seconds=257)
    assert spend(simulator, build).status_code == 200


def test_organization_window(clock: ManualClock) -> None:
    limits = RateLimits(graphql_organization=900)
    with Simulator(WorldConfig.empty(), clock=clock, rate_limit=limits) as simulator:
        simulator.world.add_pipeline("acme", "web")
        build = simulator.world.create_build("acme", "web").id
        assert spend(simulator, build).status_code == 200
        simulator.switches.graphql_refuses_by_requested = True
        assert spend(simulator, build).status_code == 429
        simulator.switches.graphql_refuses_by_requested = False
        assert spend(simulator, build).status_code == 200
        refused = spend(simulator, build)
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["message"].startswith(
            "Your organization has exceeded the limit of 900 complexity points."
        )


def test_storms(simulator: Simulator) -> None:
    simulator.faults.add(match="/v1", kind="rate_limit", scope="rest", reset=9)
    refused = ask(simulator, "{ __typename }")
    assert refused.status_code == 429
    assert "try again in 9 seconds" in refused.json()["errors"][0]["message"]
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert ask(simulator, "{ __typename }").status_code == 200
