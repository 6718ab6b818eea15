"""The budget against the simulator's rate limits, in a world whose time runs faster."""

import time
from collections import Counter
from datetime import datetime

import pytest

from buildkite_simulator import RateLimits, RealClock, Simulator, WorldConfig
from buildkite_source import BuildkiteSession
from buildkite_source.client import RequestBudget, pages_after

from .conftest import PRESENT

SPEED = 5
LIMIT = 300
SECONDS_A_PAGE = 0.5


class FastClock:
    """The loader's clock in a world that runs `SPEED` times as fast as the machine."""

    def __init__(self, world: RealClock) -> None:
        self.world = world

    def now(self) -> datetime:
        return self.world.now()

    def monotonic(self) -> float:
        return self.world.now().timestamp()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


def read_pages(session: BuildkiteSession, organization: str, pages: int) -> None:
    """Read a list of one build a page, ahead of the reader as the paginator does."""
    url: str | None = f"{session.base_url}/organizations/{organization}/builds?per_page=1&page=1"
    for _ in range(pages):
        response = session.get(url)
        session.fetch_ahead(pages_after(response, 4))
        url = response.links["next"]["url"]


@pytest.fixture
def busy_api() -> Simulator:
    config = WorldConfig(seed=2, pipelines=4, days=20, builds_per_day=60)
    clock = RealClock(PRESENT, speed=SPEED)
    limits = RateLimits(user=LIMIT, organization=10 * LIMIT)
    with Simulator(config, clock=clock, rate_limit=limits) as simulator:
        simulator.faults.add(
            match="/builds", kind="slow", delay=SECONDS_A_PAGE / SPEED, times=10**6
        )
        yield simulator


def session_of(simulator: Simulator) -> BuildkiteSession:
    clock = FastClock(simulator.world.clock)
    return BuildkiteSession(
        simulator.token, simulator.base_url, budget=RequestBudget(clock), clock=clock
    )


def by_window(simulator: Simulator) -> Counter[int]:
    return Counter(int(request.at.timestamp() // 60) for request in simulator.requests)


def test_the_share_is_used_and_no_429_is_met(busy_api: Simulator) -> None:
    session = session_of(busy_api)
    read_pages(session, busy_api.world.organizations[0].slug, pages=640)
    windows = by_window(busy_api)
    full = sorted(windows)[1:-1]
    assert full
    counts = [windows[window] for window in full]
    assert all(0.95 * 0.9 * LIMIT <= count <= 0.9 * LIMIT for count in counts), counts
    assert session.budget.stats.limited == 0
    assert all(request.status != 429 for request in busy_api.requests)
