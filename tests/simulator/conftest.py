from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig

STEP = (Step(key="test", label="Test", minutes=1),)


@dataclass
class Client:
    """A plain HTTP client of a simulator."""

    simulator: Simulator
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, token: str | None = None, **params: Any) -> requests.Response:
        return self.request("GET", path, token, params=params)

    def request(
        self, method: str, path: str, token: str | None = None, **more: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else self.simulator.base_url + path
        headers = {"Authorization": f"Bearer {token or self.simulator.token}"}
        return self.session.request(method, url, headers=headers, timeout=10, **more)

    def walk(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of all pages, following `Link`."""
        rows: list[dict[str, Any]] = []
        response = self.get(path, **params)
        while True:
            assert response.status_code == 200, response.text
            rows += response.json()
            if "next" not in response.links:
                return rows
            response = self.get(response.links["next"]["url"])


STEPS = (
    Step(key="test", label=":test_tube: Test", command="make test", minutes=2, retries=1),
    Step("waiter"),
    Step(key="package", label="Package", minutes=1),
    Step("manual", key="release", label="Release?"),
    Step("trigger", key="deploy", label="Deploy", trigger="deploy"),
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """An organization `acme` with a pipeline `web` that triggers `deploy`; no builds."""
    with Simulator(WorldConfig.empty(), clock=clock) as running:
        running.world.add_pipeline("acme", "web", STEPS)
        running.world.add_pipeline("acme", "deploy")
        yield running


@pytest.fixture
def api(simulator: Simulator) -> Iterator[Client]:
    client = Client(simulator)
    yield client
    # The server waits a tenth of a second for connections that are open when it stops.
    client.session.close()


@pytest.fixture(scope="module")
def tiny() -> Iterator[Simulator]:
    """A few days of a small company; time stands still, so do not move it."""
    with Simulator(WorldConfig.tiny(), clock=ManualClock()) as running:
        yield running


@pytest.fixture(scope="module")
def tiny_api(tiny: Simulator) -> Client:
    return Client(tiny)


@pytest.fixture
def build(simulator: Simulator, api: Client, clock: ManualClock) -> Any:
    """Return what reads build 1 of `plain`, a pipeline of one step that has failed."""
    simulator.world.add_pipeline("acme", "plain", STEP)
    simulator.world.create_build("acme", "plain", outcomes={"test": "failed"})
    clock.advance(minutes=20)
    path = "/organizations/acme/pipelines/plain/builds/1?include_retried_jobs=true"
    return lambda: api.get(path).json()
