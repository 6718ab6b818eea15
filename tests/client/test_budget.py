import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from buildkite_source.client import RequestBudget

from .clock import FakeClock, FakeCondition
from .windows import headers


def spend(budget: RequestBudget, told: dict[str, str], organization: str = "acme") -> None:
    budget.acquire(organization)
    budget.release(organization, told)


@pytest.mark.parametrize("share", [0, -0.5, 1.01, float("nan")])
def test_a_share_outside_its_range_is_refused(clock: FakeClock, share: float) -> None:
    with pytest.raises(ValueError, match="share must be above 0 and at most 1"):
        RequestBudget(clock, share=share)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(headers(user=(50, 5, 30)), 30, id="user"),
        pytest.param(headers(organization=(200, 20, 30)), 30, id="organization"),
        pytest.param(headers(user=(50, 5, 20), organization=(200, 20, 40)), 40, id="longer of two"),
        pytest.param(headers(user=(50, 6, 30), organization=(200, 21, 30)), 0, id="neither"),
    ],
)
def test_waits_for_the_window_that_is_down_to_its_reserve(
    clock: FakeClock, told: dict[str, str], expected: float
) -> None:
    budget = RequestBudget(clock, share=0.9)
    spend(budget, told)
    budget.acquire("acme")
    assert expected <= clock.monotonic() <= expected + 1 * bool(expected)


def test_reports_each_wait_before_it_with_its_scope(clock: FakeClock) -> None:
    heard: list[tuple[float, str, float]] = []
    budget = RequestBudget(
        clock, on_wait=lambda seconds, scope: heard.append((seconds, scope, clock.monotonic()))
    )
    spend(budget, headers(user=(50, 0, 10)))
    spend(budget, headers(organization=(200, 0, 20)))
    budget.acquire("acme")
    assert [scope for _, scope, _ in heard] == ["rest_user", "rest"]
    assert [at for _, _, at in heard] == [0, heard[0][0]]
    assert [seconds for seconds, _, _ in heard] == clock.slept
    assert budget.stats.waited == sum(clock.slept)
    assert budget.stats.requests == 3


def test_organization_windows_are_apart_and_the_user_window_is_shared(clock: FakeClock) -> None:
    budget = RequestBudget(clock)
    spend(budget, headers(user=(50, 40, 60), organization=(200, 0, 60)), "acme")
    spend(budget, headers(user=(50, 39, 60), organization=(200, 150, 60)), "globex")
    assert clock.monotonic() == 0
    spend(budget, headers(user=(50, 0, 60), organization=(200, 149, 60)), "globex")
    budget.acquire("initech")
    assert clock.monotonic() >= 60


def test_requests_without_an_organization_meet_the_user_window_only(clock: FakeClock) -> None:
    budget = RequestBudget(clock)
    spend(budget, headers(user=(50, 40, 60), organization=(200, 0, 60)), "acme")
    spend(budget, headers(user=(50, 39, 60), organization=(200, 0, 60)), "")
    assert clock.monotonic() == 0


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="none"),
        pytest.param({"RateLimit-User-Limit": "50"}, id="incomplete"),
        pytest.param(headers(user=("fifty", 0, 60)), id="words"),  # type: ignore[arg-type]
        pytest.param(headers(user=(50, 0, "soon")), id="reset in words"),  # type: ignore[arg-type]
    ],
)
def test_headers_that_say_nothing_teach_nothing(clock: FakeClock, told: dict[str, str]) -> None:
    budget = RequestBudget(clock)
    for _ in range(3):
        spend(budget, told, "")
    assert budget.left() is None
    assert clock.monotonic() == 0


def test_a_request_whose_answer_was_lost_counts_in_a_known_window(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=1.0)
    spend(budget, headers(user=(50, 3, 30)), "")
    for _ in range(3):
        spend(budget, {}, "")
    assert clock.monotonic() == 0
    budget.acquire()
    assert clock.monotonic() >= 30


def test_left_counts_down_to_the_reserve_and_not_below(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=0.9)
    assert budget.left() is None
    spend(budget, headers(user=(50, 20, 60), organization=(200, 190, 60)))
    assert budget.left() == 15
    budget.acquire("acme")
    assert budget.left() == 14
    budget.release("acme", headers(user=(50, 2, 60), organization=(200, 189, 60)))
    assert budget.left() == 0
    clock.sleep(62)
    assert budget.left() is None


@pytest.mark.parametrize(
    ("scope", "elsewhere_waits"),
    [
        pytest.param("rest_user", True, id="user"),
        pytest.param("rest", False, id="organization"),
        pytest.param("portal", True, id="a scope we do not know counts as the user's"),
    ],
)
def test_a_429_closes_the_window_of_its_scope(
    clock: FakeClock, scope: str, elsewhere_waits: bool
) -> None:
    budget = RequestBudget(clock, rng=random.Random(1))
    spend(budget, headers(user=(50, 40, 17), organization=(200, 150, 17)))
    budget.limited("acme", scope, 17)
    spend(budget, {}, "globex")
    assert (clock.monotonic() >= 17) is elsewhere_waits
    spend(budget, {}, "acme")
    assert 17 <= clock.monotonic() <= 19
    assert budget.stats.limited == 1


def test_the_wait_after_a_429_has_jitter() -> None:
    def waited(seed: int) -> float:
        clock = FakeClock()
        budget = RequestBudget(clock, rng=random.Random(seed))
        budget.limited("acme", "rest_user", 17)
        budget.acquire("acme")
        return clock.monotonic()

    waits = [waited(seed) for seed in range(20)]
    assert len(set(waits)) == 20
    assert all(17 <= seconds <= 19 for seconds in waits)
    assert waited(3) == waited(3)


def test_a_429_never_shortens_a_wait_already_known(clock: FakeClock) -> None:
    budget = RequestBudget(clock)
    spend(budget, headers(user=(50, 0, 50)))
    budget.limited("acme", "rest_user", 5)
    budget.acquire("acme")
    assert clock.monotonic() >= 50


def test_an_answer_counts_the_requests_still_on_their_way(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=1.0)
    spend(budget, headers(user=(10, 9, 60)), "")
    for _ in range(3):
        budget.acquire()
    budget.release("", headers(user=(10, 8, 60)))
    assert budget.left() == 6


def test_an_answer_that_arrives_late_gives_nothing_back(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=1.0)
    spend(budget, headers(user=(10, 9, 60)), "")
    for _ in range(3):
        budget.acquire()
    budget.release("", headers(user=(10, 6, 60)))
    budget.release("", headers(user=(10, 7, 60)))
    budget.release("", headers(user=(10, 8, 60)))
    assert 3 <= budget.left() <= 6


@pytest.mark.parametrize("late", [0.5, 1.5, 8.0, 20.0])
def test_headers_that_are_read_late_are_of_the_same_window(clock: FakeClock, late: float) -> None:
    """A large body takes its time, and so may the way through a proxy."""
    budget = RequestBudget(clock, share=1)
    spend(budget, headers(user=(50, 40, 50)), "")
    budget.acquire()
    spend(budget, headers(user=(50, 11, 50)), "")
    clock.sleep(late)
    budget.release("", headers(user=(50, 39, 50)))
    assert budget.left() == 10


def test_headers_count_from_their_arrival(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=1)
    budget.acquire("acme")
    arrived = clock.monotonic()
    clock.sleep(20)
    budget.release("acme", headers(user=(50, 0, 30)), arrived)
    budget.acquire("acme")
    assert 30 <= clock.monotonic() <= 32


def test_an_answer_that_arrives_late_does_not_reopen_a_429(clock: FakeClock) -> None:
    budget = RequestBudget(clock, share=1.0)
    spend(budget, headers(user=(10, 5, 20)), "")
    budget.acquire()
    budget.acquire()
    budget.release("", headers(user=(10, 0, 20)))
    budget.limited("", "rest_user", 20)
    budget.release("", headers(user=(10, 1, 20)))
    budget.acquire()
    assert clock.monotonic() >= 20


def ask(
    clock: FakeClock, budget: RequestBudget, sent: list[float], told: dict[str, str]
) -> Callable[[], None]:
    def job() -> None:
        budget.acquire()
        sent.append(clock.monotonic())
        clock.sleep(1.0)
        budget.release("", told)

    return job


@pytest.mark.parametrize("age", [None, 100], ids=["never seen", "expired"])
def test_one_request_goes_ahead_into_an_unknown_window(clock: FakeClock, age: float | None) -> None:
    budget = RequestBudget(clock, _changed=FakeCondition(clock))
    if age:
        spend(budget, headers(user=(50, 40, 60)), "")
        clock.sleep(age)
    start, sent = clock.monotonic(), []
    clock.run([ask(clock, budget, sent, headers(user=(50, 30, 60)))] * 6)
    sent.sort()
    assert sent[0] == start
    assert start + 1 <= sent[1] <= sent[-1] <= start + 1.2


def test_a_probe_without_an_answer_lets_the_next_one_ahead(clock: FakeClock) -> None:
    budget = RequestBudget(clock, _changed=FakeCondition(clock))
    sent: list[float] = []
    clock.run([ask(clock, budget, sent, {})] * 4)
    sent.sort()
    assert all(later - earlier >= 1 for earlier, later in pairwise(sent))
    assert sent[-1] <= 4


def test_a_stopped_budget_lets_nobody_go(clock: FakeClock) -> None:
    budget = RequestBudget(clock, _changed=FakeCondition(clock))
    budget.acquire()
    answers: list[bool] = []

    def wait() -> None:
        answers.append(budget.acquire())

    def stop() -> None:
        clock.sleep(5)
        budget.stop()

    clock.run([wait, wait, stop])
    assert answers == [False, False]
    assert budget.acquire() is False
    assert budget.stats.requests == 1


@pytest.mark.parametrize(
    ("requests", "expected"),
    [(0, 0), (15, 0), (16, 30), (60, 30), (61, 90), (105, 90), (106, 150)],
)
def test_the_wait_ahead_counts_whole_windows(
    clock: FakeClock, requests: int, expected: float
) -> None:
    budget = RequestBudget(clock, share=0.9)
    assert budget.seconds_for(requests) == 0
    spend(budget, headers(user=(50, 20, 30)))
    assert expected <= budget.seconds_for(requests) <= expected + 1
