"""`python -m benchmarks.metrics`: read every metric view of a large dataset whole, and time it."""

import argparse
import os
import resource
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import duckdb

from buildkite_source.metrics import Given, every_view

from .metric_database import fill, folder_of
from .metric_rows import DATASET
from .metric_views import change, make_views, refresh
from .report import progress

TARGET = 2.0  # seconds a view
_CHANGED = 1_000
_GIVEN = Given(queue_prices={"queue-1": 0.5, "queue-2": 2.0})


def main(arguments: list[str] | None = None) -> None:
    """Make the rows, time the views and print the table."""
    options = _parser().parse_args(arguments)
    size = (options.builds, options.jobs)
    with folder_of(options.keep, *size, tables=options.tables) as folder:
        database = fill(folder, *size)
        seconds = [make_views(database, _GIVEN, tables=options.tables)]
        if options.tables:
            seconds += _keep_up(database, options.runs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute(f"SET TimeZone = 'UTC'; SET threads = {options.threads}")
            names = options.views or [view.name for view in every_view()]
            figures = {name: _measure(connection, name, options.runs) for name in names}
    print("\n".join(_report(figures, options)))
    if options.tables:
        again = ", ".join(f"{one:.1f}" for one in seconds[1:])
        print(
            f"\nTables: made in {seconds[0]:.0f} s, brought up to date after {_CHANGED:,} changed "
            f"builds in {again} s; the program had {peak:,.0f} MiB at most until then."
        )


def _keep_up(database: Path, runs: int) -> list[float]:
    found = []
    for _ in range(runs):
        change(database, _CHANGED)
        found.append(refresh(database, _GIVEN))
    return found


def _measure(
    connection: duckdb.DuckDBPyConnection, name: str, runs: int
) -> tuple[int, list[float], list[float]]:
    """Return rows, and wall and CPU seconds of working out every value of a view.

    The values are counted, not fetched: what a client makes of a million rows is its own affair.
    """
    walls, processor, rows = [], [], 0
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        query = f"SELECT count(*), count(COLUMNS(*)) FROM {DATASET}.{name}"
        rows = connection.execute(query).fetchall()[0][0]
        walls.append(time.perf_counter() - wall)
        processor.append(time.process_time() - cpu)
    progress(f"{name}: {rows:,} rows, {min(walls):.2f} to {max(walls):.2f} s")
    return rows, walls, processor


def _report(
    figures: dict[str, tuple[int, list[float], list[float]]], options: argparse.Namespace
) -> list[str]:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        f"{options.builds:,} builds x {options.jobs} jobs, {options.threads} threads of "
        f"{os.cpu_count()} CPUs, load {load}, DuckDB {version('duckdb')}; medians of "
        f"{options.runs} runs (least to most).",
        "",
        "| View | Rows | Wall s | CPU s |",
        "| --- | ---: | ---: | ---: |",
    ]
    late = []
    for name, (rows, walls, processor) in figures.items():
        middle = statistics.median(walls)
        lines.append(
            f"| `{name}` | {rows:,} | {middle:.2f} ({min(walls):.2f}-{max(walls):.2f}) "
            f"| {statistics.median(processor):.2f} |"
        )
        if middle > TARGET:
            late.append(f"`{name}` {middle:.2f} s")
    verdict = f"**NOT met** by {', '.join(late)}" if late else "met by every view"
    return [*lines, "", f"At most {TARGET:g} s a view: {verdict}."]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--builds", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=10, help="attempts a build")
    parser.add_argument("--runs", type=int, default=3, help="medians are shown")
    parser.add_argument("--threads", type=int, default=2, help="threads DuckDB may use")
    parser.add_argument("--tables", action="store_true", help="keep heavy views as tables")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database there")
    parser.add_argument("--views", nargs="+", metavar="NAME", help="only these")
    return parser


if __name__ == "__main__":
    main()
