"""The promise: the API and its exports together are everything that ever was."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import dlt
import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from tests.oracle import expected, stale
from tests.source.conftest import PRESENT, Loader, WorldClock

from .conftest import Exports

# PROMISE_SEEDS=50 runs as many worlds as there is time for; without it 20, all but two slow.
SEEDS = range(int(os.environ.get("PROMISE_SEEDS", "20")))
SLOW = () if "PROMISE_SEEDS" in os.environ else pytest.mark.slow
SWITCHES = {
    "export_lists": ("array", "lines", "object"),
    "export_empty_lists": (True, False),
    "export_date": ("created", "finished", "exported"),
    "export_pipeline": (True, False),
    "export_retried_jobs": (True, False),
    "waiter_fields": ("bare", "full"),
    "author_present": (True, False),
}
STEPS = ("extract", "normalize", "load")
LOGS = ("none", "failed", "all")
DETAILS = ("annotations", "artifacts", "step_uploads")


@pytest.mark.parametrize("seed", [pytest.param(n, marks=SLOW if n > 0 else ()) for n in SEEDS])
def test_api_and_exports_equal_everything_that_ever_was(seed: int, workspace: Path) -> None:
    rng = Random(seed)
    config = WorldConfig(seed=seed, pipelines=3, days=2, builds_per_day=8, end=PRESENT)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        for switch, values in SWITCHES.items():
            setattr(simulator.switches, switch, rng.choice(values))
        world = simulator.world
        exports = Exports(Loader(simulator, workspace, WorldClock(world.clock)), workspace / "ci")
        told: dict[str, dict[str, Any]] = {name: {} for name in ("builds", "jobs", *DETAILS)}
        # Some of what is forgotten was never loaded from the API.
        ways = ["exports", "moves", *rng.choices(("api", "moves", "exports", "forget"), k=4)]
        for way in ways:
            if way == "api":
                exports.loader.load()
            elif way == "moves":
                world.clock.advance(timedelta(hours=rng.randint(1, 9)))
                world.random_moves(rng, 6)
                world.clock.advance(timedelta(minutes=9))
            else:
                before = world.clock.now() - timedelta(hours=rng.randint(20, 30))
                for name, rows in exports.forget(before).items():
                    key = "uuid" if name == "step_uploads" else "id"
                    told[name] |= {row[key]: row for row in rows}
                if way == "exports":
                    settings = {
                        "exports_per_load": rng.choice((None, 5)),
                        "exports_logs": rng.choice(LOGS),
                    }
                    if rng.random() < 0.5:
                        _die(exports, rng, settings)
                    exports.load(**settings)
        exports.loader.load()
        exports.load()
        assert told["builds"]
        assert _stale(exports, told) == []
        for name in DETAILS:
            key = "uuid" if name == "step_uploads" else "id"
            assert {row[key] for row in exports.rows(name, key)} == set(told[name])


def _die(exports: Exports, rng: Random, settings: dict[str, Any]) -> None:
    """Begin to load the exports and die before a step; half of the times the machine is lost."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dlt.Pipeline, rng.choice(STEPS), die)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever dlt makes of it
            exports.load(**settings)
    if rng.random() < 0.5:
        shutil.rmtree(exports.loader.folder / "dlt")


def _stale(exports: Exports, told: dict[str, dict[str, Any]]) -> list[Any]:
    """Return what of the world, and of what it has forgotten, is missing or differs."""
    truth = exports.loader.simulator.world.truth()
    pipelines = {pipeline["id"]: pipeline for pipeline in truth["pipelines"]}
    found = exports.loader.tables()
    forgotten = []
    for build in told["builds"].values():
        # What a build is of is in its folder's name, where the export does not say it.
        pipeline_id = found["builds"][build["id"]]["pipeline_id"]
        known = pipelines.get(pipeline_id, {"id": pipeline_id})
        forgotten.append({**build, "pipeline": build.get("pipeline") or known})
    builds = {build["id"] for build in told["builds"].values()}
    current = [build for build in truth["builds"] if build["id"] not in builds]
    jobs = [job for job in truth["jobs"] if job["build_id"] not in builds]
    want = expected(
        {
            **truth,
            "builds": [*current, *forgotten],
            "jobs": [*jobs, *told["jobs"].values()],
        }
    )
    return stale(found, {name: want[name] for name in ("builds", "jobs")})
