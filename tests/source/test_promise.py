"""The promise: after any run the tables equal what the API says, plus what it has forgotten."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from buildkite_simulator import Simulator

from .conftest import Loader

# A rename changes these of every build at once; rows keep what was true when they were fetched,
# and join by pipeline_id.
NAMES = frozenset(
    {"url", "web_url", "pipeline_slug", "triggered_build_url"}
    | {"triggered_build_web_url", "triggered_from_pipeline_slug"}
)


def stale(loader: Loader) -> list[Any]:
    """Return where the tables differ from the world, renames and forgotten rows aside."""
    got, want = loader.tables(), loader.truth()
    found: list[Any] = []
    for table, rows in want.items():
        for key, row in rows.items():
            mine = got[table].get(key)
            if mine is None:
                found.append((table, key, "row", "missing"))
                continue
            ignored = NAMES if table in ("builds", "jobs") else frozenset()
            found += [
                (table, key, name, mine[name], value)
                for name, value in row.items()
                if name not in ignored and mine[name] != value
            ]
    return found


@pytest.mark.parametrize("finished_at", ["cleared", "kept", "never_moves"])
@pytest.mark.parametrize("seed", range(3))
def test_tables_stay_true(
    loader: Loader, simulator: Simulator, seed: int, finished_at: str
) -> None:
    simulator.switches.finished_at = finished_at
    rng = Random(seed)
    loader.load()
    for _ in range(3):
        loader.clock.world.advance(timedelta(minutes=rng.randint(1, 600)))
        moves = simulator.world.random_moves(rng, 12)
        loader.clock.world.advance(timedelta(seconds=rng.randint(1, 900)))
        loader.load()
        assert stale(loader)[:5] == [], moves
