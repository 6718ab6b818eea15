"""The budget against the simulator's rate limits, in a world whose time runs faster."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
import requests

from buildkite_simulator import RateLimits, RealClock, Simulator, WorldConfig
from buildkite_source import BuildkiteSession
from buildkite_source.client import RequestBudget

from .conftest import PRESENT

SPEED = 10
LIMIT = 150
SECONDS_A_PAGE = 0.5
BURST = 12


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
    """Read a list of one build a page, with a few requests under way at once."""
    url = f"{session.base_url}/organizations/{organization}/builds?per_page=1&page="
    for page in range(1, pages + 1):
        for further in range(page, page + 4):
            session.fetch_ahead(f"{url}{further}")
        session.get(f"{url}{page}")


@pytest.fixture
def busy_api() -> Iterator[Simulator]:
    with slow_api(RateLimits(user=LIMIT, organization=10 * LIMIT)) as simulator:
        yield simulator


@pytest.fixture
def shared_api() -> Iterator[Simulator]:
    with slow_api(RateLimits(user=LIMIT, organization=LIMIT)) as simulator:
        yield simulator


@contextmanager
def slow_api(limits: RateLimits) -> Iterator[Simulator]:
    config = WorldConfig(seed=2, pipelines=4, days=20, builds_per_day=60)
    clock = RealClock(PRESENT, speed=SPEED)
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


@pytest.mark.slow
def test_the_share_is_used_and_no_429_is_met(busy_api: Simulator) -> None:
    session = session_of(busy_api)
    read_pages(session, busy_api.world.organizations[0].slug, pages=LIMIT * 2 + 20)
    windows = by_window(busy_api)
    full = sorted(windows)[1:-1]
    assert full
    counts = [windows[window] for window in full]
    assert all(0.95 * 0.9 * LIMIT <= count <= 0.9 * LIMIT for count in counts), counts
    assert session.budget.stats.limited == 0
    assert all(request.status != 429 for request in busy_api.requests)


@pytest.mark.slow
def test_another_client_of_the_organization_slows_the_load_down(shared_api: Simulator) -> None:
    """Somebody else's bursts take what the load would have had, and never push it into a 429."""
    organization = shared_api.world.organizations[0].slug
    over = threading.Event()
    taken = Counter[int]()

    def eat() -> None:
        url = f"{shared_api.base_url}/organizations/{organization}/pipelines"
        token = shared_api.add_token(user="somebody else")
        with requests.Session() as other:
            other.headers["Authorization"] = f"Bearer {token}"
            while not over.wait(10 / SPEED):
                taken.update(other.get(url).status_code for _ in range(BURST))

    eater = threading.Thread(target=eat)
    eater.start()
    session = session_of(shared_api)
    read_pages(session, organization, pages=2 * LIMIT)
    over.set()
    eater.join()
    windows = by_window(shared_api)
    assert taken[200] > BURST
    assert max(windows.values()) > 0.9 * LIMIT
    # Alone, two windows would do.
    assert len(windows) >= 3
    assert session.budget.stats.limited == 0
    assert session.budget.stats.waited > 0
