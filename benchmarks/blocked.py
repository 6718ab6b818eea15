"""`python -m benchmarks.blocked`: what builds that stand at a block step cost a sync."""

import argparse
import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dlt

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig
from buildkite_source import BuildkiteSession, buildkite_source
from buildkite_source.client import RequestBudget

from .annotations import WorldClock
from .report import progress

_NOW = datetime(2026, 9, 16, 14, tzinfo=UTC)
_STEPS = (
    Step(key="test", label="Test", command="make test", minutes=1),
    Step("manual", key="gate", label="Deploy?"),
    Step(key="deploy", label="Deploy", command="make deploy", minutes=1),
)


def main(arguments: list[str] | None = None) -> None:
    """Load worlds of so many blocked builds and print what each load asked for."""
    parser = argparse.ArgumentParser("python -m benchmarks.blocked", description=__doc__)
    parser.add_argument("--builds", type=int, nargs="+", default=[100, 1_000, 10_000])
    options = parser.parse_args(arguments)
    print(
        "| Blocked builds | First load | Nothing new | A day later | Blocked then | State, bytes |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in options.builds:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            os.environ["DLT_DATA_DIR"] = folder
            print(_row(count, Path(folder)), flush=True)


def _row(count: int, folder: Path) -> str:
    config = WorldConfig(seed=7, pipelines=1, days=1, builds_per_day=0, end=_NOW)
    with Simulator(config, clock=ManualClock(_NOW)) as simulator:
        world = simulator.world
        organization = world.organizations[0]
        world.add_pipeline(organization, "shop", _STEPS)
        progress(f"making {count:,} builds")
        now = world.catch_up()
        apart = 60 * 24 * 3_600_000 // count
        for number in range(count, 0, -1):
            outcomes = {"test": "passed"}
            at = now - number * apart - 600_000
            world.create_build(organization, "shop", at=at, outcomes=outcomes)
        clock = WorldClock(world.clock)
        pipeline = dlt.pipeline(
            "blocked", destination=dlt.destinations.duckdb(str(folder / "ci.duckdb"))
        )
        asked = []
        for hours in (0, 1, 1, 25):
            world.clock.advance(timedelta(hours=hours))
            simulator.requests.clear()
            budget = RequestBudget(clock)
            session = BuildkiteSession(
                simulator.token, simulator.base_url, budget=budget, clock=clock
            )
            pipeline.run(buildkite_source(session=session, since="90d", catalog=[]))
            asked.append(len(simulator.requests))
        ((blocked,),) = pipeline.dataset()("SELECT count(*) FROM builds WHERE blocked").fetchall()
        size = len(json.dumps(pipeline.state["sources"]))
    return f"| {count:,} | {asked[0]} | {asked[2]} | {asked[3]} | {blocked:,} | {size:,} |"


if __name__ == "__main__":
    main()
