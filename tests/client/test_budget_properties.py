import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.client import RequestBudget

from .clock import FakeClock, FakeCondition
from .examples import examples
from .windows import WINDOW, ReferenceApi, allowed

ORGANIZATIONS = ("", "acme", "globex")

SENDS = st.tuples(
    st.just("send"),
    st.sampled_from(ORGANIZATIONS),
    st.floats(0, 1.5),
    st.floats(0, 1.5),
)
PAUSES = st.tuples(st.just("pause"), st.floats(0, 90))
OTHERS = st.tuples(st.just("others"), st.sampled_from(ORGANIZATIONS), st.integers(1, 30))

ROUNDINGS = pytest.mark.parametrize(
    "rounding",
    [
        pytest.param(math.ceil, id="reset rounded up"),
        pytest.param(math.floor, id="reset rounded down"),
    ],
)


def send(
    clock: FakeClock,
    budget: RequestBudget,
    api: ReferenceApi,
    organization: str,
    way_there: float = 0.0,
    way_back: float = 0.0,
) -> None:
    budget.acquire(organization)
    clock.sleep(way_there)
    told, over = api.take(organization)
    clock.sleep(way_back)
    budget.release(organization, told)
    if over:
        budget.limited(organization, *over)


@ROUNDINGS
@given(
    user_limit=st.integers(1, 60),
    organization_limit=st.integers(1, 80),
    share=st.floats(0.05, 1.0),
    starts=st.floats(0, WINDOW),
    actions=st.lists(SENDS | PAUSES, max_size=60),
)
@examples(80)
def test_keeps_to_its_share_of_every_window(
    rounding: Callable[[float], float],
    user_limit: int,
    organization_limit: int,
    share: float,
    starts: float,
    actions: list[tuple],
) -> None:
    clock = FakeClock()
    budget = RequestBudget(clock, share, random.Random(1))
    api = ReferenceApi(clock, user_limit, organization_limit, starts, rounding)
    for action, *how in actions:
        if action == "send":
            send(clock, budget, api, *how)
        else:
            clock.sleep(*how)
    for (key, _), count in api.ours.items():
        limit = user_limit if key[0] == "rest_user" else organization_limit
        assert count <= allowed(limit, share), key
    assert api.limited == 0


@given(
    user_limit=st.integers(1, 60),
    organization_limit=st.integers(1, 80),
    share=st.floats(0.05, 1.0),
    starts=st.floats(0, WINDOW),
    actions=st.lists(SENDS | PAUSES | OTHERS, max_size=60),
)
@examples(80)
def test_never_sends_into_a_window_it_was_told_is_used_up(
    user_limit: int,
    organization_limit: int,
    share: float,
    starts: float,
    actions: list[tuple],
) -> None:
    clock = FakeClock()
    budget = RequestBudget(clock, share, random.Random(1))
    api = ReferenceApi(clock, user_limit, organization_limit, starts)
    closed = set()
    for action, *how in actions:
        if action == "others":
            api.others_send(*how)
        elif action == "pause":
            clock.sleep(*how)
        else:
            organization, way_there, way_back = how
            budget.acquire(organization)
            clock.sleep(way_there)
            for key, limit in api.limits(organization).items():
                window = (key, api.window())
                reserve = limit - allowed(limit, share)
                assert api.told.get(window, limit) > reserve
                assert window not in closed
            told, over = api.take(organization)
            if over:
                name = "" if over[0] == "rest_user" else organization
                closed.add(((over[0], name), api.window()))
            clock.sleep(way_back)
            budget.release(organization, told)
            if over:
                budget.limited(organization, *over)
    assert budget.stats.limited == api.limited


@ROUNDINGS
@given(
    limit=st.integers(1, 60),
    share=st.floats(0.05, 1.0),
    latency=st.floats(0, 0.5),
    starts=st.floats(0, WINDOW),
)
@examples(40)
def test_uses_its_share_of_every_window_and_no_more(
    rounding: Callable[[float], float], limit: int, share: float, latency: float, starts: float
) -> None:
    clock = FakeClock()
    budget = RequestBudget(clock, share, random.Random(1))
    api = ReferenceApi(clock, limit, 10_000, starts, rounding)
    while clock.monotonic() < 5 * WINDOW:
        send(clock, budget, api, "acme", latency, latency)
    busy = (WINDOW - 3) / (2 * latency) if latency else math.inf
    windows = [count for (key, _), count in api.ours.items() if key[0] == "rest_user"]
    assert all(count <= allowed(limit, share) for count in windows)
    assert all(count >= min(allowed(limit, share), busy) for count in windows[1:-1])
    assert max(clock.slept) <= WINDOW + 2


@ROUNDINGS
@pytest.mark.parametrize("seed", range(4))
def test_threads_together_keep_to_the_share(rounding: Callable[[float], float], seed: int) -> None:
    clock = FakeClock()
    budget = RequestBudget(clock, 0.9, random.Random(seed), _changed=FakeCondition(clock))
    api = ReferenceApi(clock, 50, 60, random.Random(seed).uniform(0, WINDOW), rounding)

    def thread(number: int) -> Callable[[], None]:
        rng = random.Random(f"{seed} {number}")

        def job() -> None:
            while clock.monotonic() < 4 * WINDOW:
                organization = rng.choice(["acme", "globex"])
                send(clock, budget, api, organization, rng.uniform(0, 1), rng.uniform(0, 2))

        return job

    clock.run([thread(number) for number in range(8)])
    assert api.limited == 0
    assert all(count <= 45 for (key, _), count in api.ours.items() if key[0] == "rest_user")
    assert all(count <= 54 for (key, _), count in api.ours.items() if key[0] == "rest")
    assert sum(api.ours[key] for key in api.ours if key[0][0] == "rest_user") >= 3 * 40
