"""The world moves while a client reads pages, also with several requests in flight."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from buildkite_simulator import (
    ManualClock,
    RecordedRequest,
    Simulator,
    Step,
    WorldConfig,
    make_world,
)

from .conftest import STEP, Client

BUILDS = "/organizations/acme/builds"


def numbers(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["number"] for row in answer.json()]


def asks(request: RecordedRequest, page: int) -> bool:
    return request.params.get("page") == str(page)


@pytest.fixture
def late(simulator: Simulator, clock: ManualClock) -> None:
    """Builds 1 to 4 of `plain`, a second apart; the third is shown after 30 seconds."""
    simulator.world.add_pipeline("acme", "plain", STEP)
    for number in (1, 2, 3, 4):
        shown_after = timedelta(seconds=30) if number == 3 else None
        simulator.world.create_build("acme", "plain", shown_after=shown_after)
        clock.advance(seconds=1)


@pytest.mark.usefixtures("late")
def test_a_build_becomes_visible_between_two_pages(api: Client, clock: ManualClock) -> None:
    off = api.simulator.before_response(
        lambda request: asks(request, 2) and clock.advance(seconds=30)
    )
    assert numbers(api.get(BUILDS, per_page=1)) == [4]
    assert numbers(api.get(BUILDS, per_page=1, page=2)) == [3]
    off()
    off()
    assert numbers(api.get(BUILDS, per_page=9, page=1)) == [4, 3, 2, 1]


@pytest.mark.usefixtures("late")
def test_a_pipeline_is_deleted_between_two_pages(api: Client) -> None:
    world = api.simulator.world
    world.create_build("acme", "web")
    api.simulator.before_response(
        lambda request: asks(request, 2) and world.delete_pipeline("acme", "plain")
    )
    first = api.get(BUILDS, per_page=2)
    assert numbers(first) == [1, 4]
    assert numbers(api.get(first.links["next"]["url"])) == []
    assert api.get("/organizations/acme/pipelines/plain/builds").status_code == 404
    assert {row["pipeline"]["slug"] for row in world.truth()["builds"]} == {"web"}


@pytest.mark.usefixtures("late")
def test_a_hook_may_hold_a_request_while_others_are_answered(
    simulator: Simulator, clock: ManualClock
) -> None:
    async def hold(request: RecordedRequest) -> None:
        while asks(request, 2) and not any(
            asks(each, 3) and each.status for each in simulator.requests
        ):
            await asyncio.sleep(0.005)
        if asks(request, 2):
            clock.advance(seconds=30)

    simulator.before_response(hold)
    with ThreadPoolExecutor(2) as pool:
        second, third = pool.map(
            lambda page: numbers(Client(simulator).get(BUILDS, per_page=1, page=page)), (2, 3)
        )
    assert (second, third) == ([3], [1])


def test_nothing_breaks_while_everything_moves_at_once() -> None:
    clock = ManualClock()
    with Simulator(WorldConfig.tiny().but(days=1), clock=clock) as simulator:
        world, rng = simulator.world, Random(4)
        done: list[str] = []
        ready = threading.Event()

        def move(request: RecordedRequest) -> None:
            done.extend(world.random_moves(rng, 1, attachments=True, late=True))
            clock.advance(seconds=5)
            ready.set()

        def read(path: str) -> None:
            api = Client(simulator)
            for _ in range(8):
                answer: Any = api.get(path, per_page=40)
                statuses.append(answer.status_code)
                while "next" in answer.links:
                    answer = api.get(answer.links["next"]["url"])
                    statuses.append(answer.status_code)

        statuses: list[int] = []
        off = simulator.before_response(move)
        slug = world.organizations[0].slug
        paths = ["/builds", f"/organizations/{slug}/builds", f"/organizations/{slug}/pipelines"]
        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read, path) for path in paths]
            ready.wait(5)
            while not all(reader.done() for reader in readers):
                world.random_moves(Random(len(done)), 1, late=True)
                assert len({row["id"] for row in world.truth()["builds"]}) > 0
            for reader in readers:
                reader.result()
        off()
        assert set(statuses) == {200}
        assert len(done) >= len(statuses)
        rows = Client(simulator).walk("/builds", include_retried_jobs="true", exclude_jobs="true")
        assert {row["id"]: row for row in rows} == {
            row["id"]: row for row in world.truth()["builds"]
        }


class Hasty(ManualClock):
    """Time that passes whenever somebody looks at the clock."""

    def now(self) -> datetime:
        return self.advance(seconds=20)


def test_one_answer_tells_of_one_instant() -> None:
    with Simulator(WorldConfig.empty(), clock=Hasty()) as simulator:
        world, api = simulator.world, Client(simulator)
        world.add_pipeline("acme", "plain", [Step(key="test", minutes=600)])
        for minutes in range(1, 12):
            world.create_build("acme", "plain", shown_after=timedelta(minutes=minutes))
        counts = set()
        while len(counts) < 6:
            rows = api.get(BUILDS, per_page=100).json()
            told = {row["pipeline"]["running_builds_count"] for row in rows}
            truth = world.truth()
            assert told <= {sum(row["state"] == "running" for row in rows)}
            running = sum(row["state"] == "running" for row in truth["builds"])
            assert running == truth["pipelines"][0]["running_builds_count"]
            counts |= told


def test_no_time_passes_within_one_instant() -> None:
    world = make_world(WorldConfig.empty(), Hasty())
    with world.one_instant() as at:
        assert world.catch_up() == at
        with world.one_instant() as inner:
            assert inner == at
        assert world.catch_up() == at
    assert world.catch_up() > at
