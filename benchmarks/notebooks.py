"""`python -m benchmarks.notebooks`: open notebooks on a large dataset, until the first chart."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import duckdb
from playwright.sync_api import BrowserContext

from buildkite_source.metrics import Given, every_view, statement
from tests.cli.running import environment
from tests.notebooks.running import CHART, NOTEBOOKS, Server, browse, find_browser, serve

from .metric_rows import DATASET, make
from .report import progress

TARGET = 3.0  # seconds to the first chart, of a server that has shown a page before
_PIPELINE = "benchmark"
_SECONDS = 60_000


def main(arguments: list[str] | None = None) -> None:
    """Make the rows, open the pages and print the table."""
    options = _parser().parse_args(arguments)
    program = find_browser()
    if not program:
        sys.exit("No Chromium on this machine: apt-get install chromium")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        progress(f"making {options.builds:,} builds x {options.jobs} jobs")
        _make(folder / f"{_PIPELINE}.duckdb", options.builds, options.jobs)
        figures = {
            notebook: _measure(program, folder, notebook, options.runs)
            for notebook in options.notebooks
        }
    print("\n".join(_report(figures, options, load)))


def _make(database: Path, builds: int, jobs: int) -> None:
    with duckdb.connect(str(database)) as connection:
        make(connection, builds, jobs)
        for view in every_view():
            query = statement(view, "duckdb", DATASET, Given())
            connection.execute(f"CREATE VIEW {DATASET}.{view.name} AS {query}")


def _measure(
    program: str, folder: Path, notebook: str, runs: int
) -> tuple[float, list[float], list[float]]:
    """Return seconds to the first chart: cold, then warm, and seconds of the frontend when warm.

    Cold: a server that was just started, no copy of the database, a browser with an empty profile.
    Warm: the same server and browser, the page opened again.
    """
    settings = {"DLT_PROJECT_DIR": str(folder), "DLT_LOCAL_DIR": str(folder)}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as data:
        env = {**environment(Path(data), **settings), "NOTEBOOKS__DATASET": DATASET}
        output = Path(data) / "output.txt"
        served = serve(folder, env, output, "--pipeline", _PIPELINE)
        with served as server, browse(program) as browser:
            cold, _ = _open(browser, server, notebook)
            warm = [_open(browser, server, notebook) for _ in range(runs)]
            if server.errors():
                sys.exit(server.errors())
    seconds, frontends = [chart for chart, _ in warm], [ready for _, ready in warm]
    progress(f"{notebook}: {cold:.2f} s, then {min(seconds):.2f} to {max(seconds):.2f} s")
    return cold, seconds, frontends


def _open(browser: BrowserContext, server: Server, notebook: str) -> tuple[float, float]:
    """Return seconds until the first chart is drawn, and until marimo's frontend had started.

    It has when it asks the server, over a web socket, to run the notebook.
    """
    page = browser.new_page()
    asked: list[float] = []
    page.on("websocket", lambda _: asked.append(time.perf_counter()))
    start = time.perf_counter()
    page.goto(f"{server.url}/?file={notebook}.py", wait_until="commit")
    page.locator(CHART).first.wait_for(timeout=_SECONDS)
    drawn = time.perf_counter()
    # The rest of the page is not to disturb the next one.
    server.settle(page)
    page.close()
    return drawn - start, asked[0] - start


def _report(
    figures: dict[str, tuple[float, list[float], list[float]]],
    options: argparse.Namespace,
    load: str,
) -> list[str]:
    lines = [
        f"{options.builds:,} builds x {options.jobs} jobs, {os.cpu_count()} CPUs, load before "
        f"{load}, marimo {version('marimo')}, DuckDB {version('duckdb')}; seconds to the first "
        f"chart, warm: medians of {options.runs} (least to most).",
        "",
        "| Notebook | Cold | Warm | of it marimo's frontend |",
        "| --- | ---: | ---: | ---: |",
    ]
    late = []
    for notebook, (cold, warm, frontend) in figures.items():
        middle = statistics.median(warm)
        lines.append(
            f"| `{notebook}` | {cold:.1f} | {middle:.1f} ({min(warm):.1f}-{max(warm):.1f}) "
            f"| {statistics.median(frontend):.1f} |"
        )
        if middle > TARGET:
            late.append(f"`{notebook}` {middle:.1f} s")
    verdict = f"**NOT met** by {', '.join(late)}" if late else "met by every notebook"
    return [*lines, "", f"At most {TARGET:g} s when warm: {verdict}."]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.notebooks", description=__doc__)
    parser.add_argument("--builds", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=10, help="attempts a build")
    parser.add_argument("--runs", type=int, default=5, help="of a warm server; medians are shown")
    parser.add_argument("--notebooks", nargs="+", metavar="NAME", default=NOTEBOOKS)
    return parser


if __name__ == "__main__":
    main()
