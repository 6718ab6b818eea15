"""A world that moves, its own webhooks, a real receiver, and loads of what they name: the truth."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_source.events import Inbox
from buildkite_source.events.app import Door, application
from buildkite_source.events.counters import Counters
from buildkite_source.events.server import Server
from tests.oracle import stale
from tests.source.conftest import PRESENT, Loader, WorldClock
from tests.source.test_hints import HINTED

from .sending import TOKEN


@pytest.mark.parametrize(
    ("seed", "mode"),
    [(1, "signature"), *(pytest.param(s, "token", marks=pytest.mark.slow) for s in range(2, 22))],
)
def test_events_alone_keep_the_tables_true(workspace: Path, seed: int, mode: str) -> None:
    rng = Random(seed)
    config = WorldConfig(seed=seed, pipelines=4, days=1, builds_per_day=12, end=PRESENT)
    inbox, counters = Inbox(workspace / "inbox"), Counters()
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        world, clock = simulator.world, simulator.world.clock
        app = application(inbox, Door((TOKEN.encode(),)), counters, lambda: clock.now().timestamp())
        loader = Loader(simulator, workspace, WorldClock(clock))
        with Server(app, "127.0.0.1", 0) as server:
            hooks = simulator.send_webhooks(f"{server.address}/webhook", TOKEN, mode, agents=False)
            loader.load()
            for _ in range(2):
                for _ in range(3):
                    clock.advance(timedelta(minutes=rng.randint(1, 9)))
                    # Renames and deletions are told by no event.
                    _move(world, rng)
                    hooks.send()
                taken = inbox.take(10_000)
                rng.shuffle(taken)
                loader.load_only(*HINTED, catalog=[], hints=[event for _, event in taken])
                inbox.loaded([position for position, _ in taken], 0.0)
            assert {status for status, _ in hooks.sent} == {204}
            assert stale(loader.tables(), loader.truth()) == []
    inbox.close()


def _move(world: object, rng: Random) -> None:
    builds = world.builds()  # type: ignore[attr-defined]
    world.rebuild(rng.choice(builds[:20]))  # type: ignore[attr-defined]
