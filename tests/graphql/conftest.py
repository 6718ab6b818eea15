import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock, RateLimits, Simulator, Step, WorldConfig
from buildkite_source.graphql import GraphqlClient, PointBudget, annotations

NO_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}
STEPS = (
    Step(key="test", label="Test", minutes=2, retries=1),
    Step(key="lint", label="Lint", minutes=1),
    Step(key="unit", label="Unit", minutes=1),
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NO_PROXY.items():
        monkeypatch.setenv(name, value)


class MovingClock:
    """The source's clock over the simulator's: sleeping is what moves the world."""

    def __init__(self, world: ManualClock) -> None:
        self._world = world
        self._start = world.now()
        self.slept: list[float] = []

    def now(self) -> Any:
        return self._world.now()

    def monotonic(self) -> float:
        return (self._world.now() - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._world.advance(timedelta(seconds=seconds))


@pytest.fixture
def world_clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def clock(world_clock: ManualClock) -> MovingClock:
    return MovingClock(world_clock)


OpenSimulator = Callable[..., Simulator]


@pytest.fixture
def open_simulator(world_clock: ManualClock) -> Iterator[OpenSimulator]:
    """A function that starts an organization `acme` with a pipeline `web`; no builds."""
    running: list[Simulator] = []

    def start(config: WorldConfig | None = None, **limits: int) -> Simulator:
        simulator = Simulator(
            config or WorldConfig.empty(), clock=world_clock, rate_limit=RateLimits(**limits)
        ).start()
        running.append(simulator)
        if config is None:
            simulator.world.add_pipeline("acme", "web", STEPS)
        return simulator

    yield start
    for simulator in running:
        simulator.stop()


@pytest.fixture
def simulator(open_simulator: OpenSimulator) -> Simulator:
    return open_simulator()


OpenClient = Callable[..., GraphqlClient]


@pytest.fixture
def open_client(clock: MovingClock) -> Iterator[OpenClient]:
    opened: list[GraphqlClient] = []

    def start(simulator: Simulator, **settings: Any) -> GraphqlClient:
        share, token = settings.pop("share", 0.9), settings.pop("token", simulator.token)
        url = settings.pop("graphql_url", simulator.graphql_url)
        rng = random.Random(7)
        budget = PointBudget(clock, share, rng)
        client = GraphqlClient(token, url, budget=budget, clock=clock, rng=rng, **settings)
        opened.append(client)
        return client

    yield start
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: OpenClient, simulator: Simulator) -> GraphqlClient:
    return open_client(simulator)


def read(client: GraphqlClient, builds: list[Any], **settings: Any) -> dict[str, Any]:
    """What is told of each build, by its id; ids are those of the world's builds."""
    ids = [getattr(build, "id", build) for build in builds]
    told = list(annotations(client, ids, **settings))
    assert sorted(each for each, _ in told) == sorted(ids)
    return dict(told)


def rest_rows(simulator: Simulator, build: Any) -> list[dict[str, Any]]:
    """A build's annotations as REST lists them, all pages."""
    pipeline = build.pipeline
    url = (
        f"{simulator.base_url}/organizations/{pipeline.organization.slug}"
        f"/pipelines/{pipeline.slug}/builds/{build.number}/annotations?scope=all&per_page=100"
    )
    rows: list[dict[str, Any]] = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {simulator.add_token(user='rest')}"
        while url:
            response = session.get(url, timeout=10)
            assert response.status_code == 200, response.text
            rows += response.json()
            url = response.links.get("next", {}).get("url", "")
    return rows


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def refusals(simulator: Simulator) -> list[int]:
    """Statuses of the GraphQL requests that were not answered with 200."""
    return [each.status for each in simulator.graphql_requests if each.status != 200]
