"""The budget of points against a plain model of the API's two windows."""

import math
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.graphql import PointBudget
from buildkite_source.graphql.points import ORGANIZATION_SCOPE, USER_SCOPE
from tests.client.clock import FakeClock, FakeCondition
from tests.client.examples import examples
from tests.client.windows import headers

WINDOW = 300


@dataclass
class PlainApi:
    """Counts points in fixed windows that begin at `starts`; refuses by what is requested."""

    clock: FakeClock
    user: int
    organization: int
    starts: float = 0.0
    rounding: Callable[[float], float] = math.ceil
    spent: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, requested: int, actual: int) -> tuple[dict[str, str], bool]:
        with self.lock:
            return self._take(requested, actual)

    def _take(self, requested: int, actual: int) -> tuple[dict[str, str], bool]:
        now = self.clock.monotonic() + self.starts
        window = math.floor(now / WINDOW)
        refused = self.spent[window] + max(1, requested) > min(self.user, self.organization)
        self.refused += refused
        self.spent[window] += 0 if refused else actual
        reset = self.rounding((window + 1) * WINDOW - now)
        left = [max(0, limit - self.spent[window]) for limit in (self.user, self.organization)]
        told = headers(
            user=(self.user, left[0], reset), organization=(self.organization, left[1], reset)
        )
        return told, refused


def probe(budget: PointBudget, api: PlainApi) -> None:
    if not budget.known:
        assert budget.acquire(0)
        budget.release(0, api.take(0, 0)[0], 0)


QUERIES = st.tuples(
    st.integers(1, 900), st.floats(0, 1), st.floats(0, 2), st.floats(0, 2), st.booleans()
)
PAUSES = st.floats(0, 400)


@pytest.mark.parametrize("rounding", [math.ceil, math.floor])
@given(
    user=st.integers(1_000, 6_000),
    organization=st.integers(1_000, 20_000),
    share=st.floats(0.1, 1.0),
    starts=st.floats(0, WINDOW),
    actions=st.lists(QUERIES | PAUSES, max_size=40),
)
@examples(60)
def test_no_query_is_refused_and_the_reserve_stays(
    rounding: Callable[[float], float],
    user: int,
    organization: int,
    share: float,
    starts: float,
    actions: list[Any],
) -> None:
    clock = FakeClock()
    budget = PointBudget(clock, share, random.Random(1))
    api = PlainApi(clock, user, organization, starts, rounding)
    for action in actions:
        if isinstance(action, float):
            clock.sleep(action)
            continue
        requested, part, way_there, way_back, lost = action
        probe(budget, api)
        assert budget.acquire(requested)
        clock.sleep(way_there)
        actual = math.floor(requested * part)
        told, _ = api.take(requested, actual)
        clock.sleep(way_back)
        budget.release(requested, {} if lost else told, None if lost else actual)
    assert api.refused == 0
    limit = min(user, organization)
    # A query that asks for more than the whole share has it to itself.
    most = max(math.floor(limit * share), 900)
    assert all(spent <= most for spent in api.spent.values())


@pytest.mark.parametrize("seed", range(8))
def test_threads_share_the_points(seed: int) -> None:
    clock = FakeClock()
    budget = PointBudget(clock, 0.9, random.Random(1), _changed=FakeCondition(clock))
    api = PlainApi(clock, 1_000, 5_000, starts=37 * seed)
    probe(budget, api)

    def work(number: int) -> Callable[[], None]:
        rng = random.Random(number)

        def send() -> None:
            for _ in range(12):
                requested = rng.randint(50, 400)
                probe(budget, api)
                assert budget.acquire(requested)
                clock.sleep(rng.uniform(0, 2))
                actual = rng.randint(0, requested)
                told, _ = api.take(requested, actual)
                clock.sleep(rng.choice((0.1, 2, 9)))
                budget.release(requested, told, actual)

        return send

    clock.run([work(10 * seed + number) for number in range(5)])
    assert api.refused == 0
    assert max(api.spent.values()) <= 900
    assert budget.stats.waited > 0


def test_without_headers_the_documented_limits_hold() -> None:
    clock = FakeClock()
    budget = PointBudget(clock, 0.9)
    assert budget.room(1) == 4_500
    for _ in range(9):
        assert budget.acquire(1_000)
        budget.release(1_000, {}, 1_000)
    assert clock.slept == [300, 300]
    assert not budget.known


def both(remaining: int, reset: int) -> dict[str, str]:
    return headers(user=(5_000, remaining, reset), organization=(20_000, 20_000, reset))


def test_what_is_on_its_way_is_not_given_out_twice() -> None:
    budget = PointBudget(FakeClock(), 0.9)
    budget.release(0, both(5_000, 200), 0)
    assert budget.acquire(1_000)
    assert budget.room(1) == 3_500
    budget.release(1_000, both(4_990, 199), 10)
    assert budget.room(1) == 4_490
    assert budget.stats.points == 10


def test_a_window_ends_when_the_newest_answer_says() -> None:
    clock = FakeClock()
    budget = PointBudget(clock, 0.9)
    budget.release(0, both(5_000, 10), 0)
    clock.sleep(30)
    assert budget.acquire(4_500)  # In a window of which nothing was told yet.
    budget.release(4_500, both(500, 20), 4_500)
    assert not budget.known
    budget.release(0, both(500, 20), 0)
    assert budget.known
    assert budget.acquire(1)
    assert clock.slept == [30, 21]


def test_a_late_answer_about_the_window_before_gives_nothing_back() -> None:
    clock = FakeClock()
    budget = PointBudget(clock, 0.9)
    budget.release(0, both(5_000, 10), 0)
    assert budget.acquire(1_000)
    assert budget.acquire(3_000)
    clock.sleep(12)
    budget.release(3_000, both(2_000, 299), 3_000)  # It was charged to the new window.
    budget.release(1_000, both(4_900, 1), 100)
    assert budget.room(1) == 1_500
    assert not budget.known
    clock.sleep(4)
    assert budget.room(1) == 1_500


@pytest.mark.parametrize("scope", [USER_SCOPE, ORGANIZATION_SCOPE, "unheard of"])
@pytest.mark.parametrize(("reset", "most"), [(40, 42), (-5, 2), (10**9, 3_602)])
def test_a_429_closes_its_window(scope: str, reset: float, most: float) -> None:
    clock = FakeClock()
    budget = PointBudget(clock, rng=random.Random(3))
    waits: list[tuple[float, str]] = []
    budget.on_wait = lambda *how: waits.append(how)
    budget.release(0, both(5_000, 200), 0)
    assert budget.known
    budget.limited(scope, reset)
    assert not budget.known
    assert budget.acquire(0)
    assert [name for _, name in waits] == [scope if scope != "unheard of" else USER_SCOPE]
    assert 1 <= sum(clock.slept) <= most


@pytest.mark.parametrize(
    "told",
    [
        {},
        headers(user=(0, 0, 10)),
        headers(user=(5_000, 10, 99_999)),
        {"RateLimit-User-Limit": "x", "RateLimit-User-Remaining": "1", "RateLimit-User-Reset": "1"},
    ],
)
def test_nonsense_in_headers_teaches_nothing(told: dict[str, str]) -> None:
    budget = PointBudget(FakeClock())
    assert budget.acquire(100)
    budget.release(100, told, 100)
    assert not budget.known
    assert budget.room(1) == 4_400


def test_shares_and_stopping() -> None:
    for share in (0, -1, 1.1):
        with pytest.raises(ValueError, match="share"):
            PointBudget(FakeClock(), share)
    budget = PointBudget(FakeClock())
    budget.stop()
    assert budget.room(1) == 0
    assert not budget.acquire(1)
