"""`python -m benchmarks.annotations`: requests for the annotations of many builds, by both ways."""

import argparse
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt

from buildkite_simulator import ManualClock, RateLimits, Simulator, Step, WorldConfig
from buildkite_source import BuildkiteSession, buildkite_source
from buildkite_source.client import RequestBudget
from buildkite_source.graphql import GraphqlClient, PointBudget

from .report import progress

_START = datetime(2026, 9, 1, tzinfo=UTC)
_STEPS = (
    Step(key="test", label="Test", minutes=2, retries=1),
    Step(key="lint", label="Lint", minutes=1),
)


class WorldClock:
    """Whoever sleeps moves the world's time, so that a limit costs none of ours."""

    def __init__(self, world: ManualClock) -> None:
        self.world = world

    def now(self) -> datetime:
        return self.world.now()

    def monotonic(self) -> float:
        return self.world.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.world.advance(timedelta(seconds=seconds))


def main(arguments: list[str] | None = None) -> None:
    """Count the requests and print them."""
    parser = argparse.ArgumentParser("python -m benchmarks.annotations", description=__doc__)
    parser.add_argument("--builds", type=int, default=1_000)
    builds = parser.parse_args(arguments).builds
    rows = [_load(way, builds) for way in ("rest", "graphql", "auto")]
    if len({row["annotations"] for row in rows}) > 1:
        raise SystemExit(f"The ways loaded different rows: {rows}")
    print(f"Annotations of {builds:,} finished builds ({rows[0]['annotations']:,} rows), with the")
    print("documented limits (50 requests a minute, 5,000 points in five minutes, 90 % of each):\n")
    print("| `annotations_by` | REST requests | GraphQL requests | Points | Minutes of waiting |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            f"| {row['way']} | {row['rest']:,} | {row['graphql']:,} | {row['points']:,} "
            f"| {row['minutes']:.0f} |"
        )


def _load(way: str, builds: int) -> dict[str, Any]:
    clock = ManualClock(_START)
    limits = RateLimits(user=50, organization=200)
    with (
        Simulator(WorldConfig.empty(), clock=clock, rate_limit=limits) as simulator,
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
    ):
        progress(f"{way}: making {builds:,} builds")
        simulator.world.add_pipeline("acme", "web", _STEPS)
        for number in range(builds):
            outcome = "failed" if number % 4 == 0 else "passed"
            build = simulator.world.create_build("acme", "web", outcomes={"test": outcome})
            for note in range(number % 4):
                simulator.world.annotate(build, f"<p>Note {note}</p>", context=f"c{note}")
            clock.advance(timedelta(minutes=2))
        clock.advance(timedelta(hours=2))
        world_clock = WorldClock(clock)
        session = BuildkiteSession(
            simulator.token,
            simulator.base_url,
            budget=RequestBudget(world_clock),
            clock=world_clock,
        )
        client = GraphqlClient(
            simulator.token,
            simulator.graphql_url,
            budget=PointBudget(world_clock),
            clock=world_clock,
        )
        pipeline = dlt.pipeline(
            f"annotations_{way}",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "b.duckdb")),
            dataset_name="ci",
        )
        settings = {"session": session, "graphql": client, "annotations_by": way}
        source = buildkite_source("unused", since="90d", max_age="90d", **settings)
        pipeline.run(source)
        before, began = session.budget.stats.requests, clock.now()
        source = buildkite_source("unused", since="90d", max_age="90d", **settings)
        pipeline.run(source.with_resources("annotations"))
        return {
            "way": way,
            "rest": session.budget.stats.requests - before,
            "graphql": client.stats.requests,
            "points": client.budget.stats.points,
            "minutes": (clock.now() - began).total_seconds() / 60,
            "annotations": len(pipeline.dataset()("SELECT id FROM annotations").fetchall()),
        }


if __name__ == "__main__":
    main()
