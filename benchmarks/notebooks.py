"""`python -m benchmarks.notebooks`: open notebooks on a large dataset, until the first chart."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from buildkite_source.metrics import Given
from buildkite_source.warehouse.reader import copies_folder
from buildkite_source.warehouse.snapshot import keep_ready
from tests.cli.running import environment
from tests.notebooks.running import BUSY, CHARTS, NOTEBOOKS, Server, find_browser, serve

from .chromium import Chromium, browse
from .metric_database import PIPELINE, database_in, fill, folder_of
from .metric_rows import DATASET
from .metric_views import change, make_views, refresh
from .report import progress

TARGET = 3.0  # seconds to the first chart, of a server that has shown the page before
_SECONDS = 60.0
_CHANGED = 1_000  # builds of a load
_BARE = Path(__file__).parent / "baseline" / "bare.py"


def main(arguments: list[str] | None = None) -> None:
    """Make the rows, open the pages and print the table."""
    options = _parser().parse_args(arguments)
    program = find_browser()
    if not program:
        sys.exit("No Chromium on this machine: apt-get install chromium")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    size = (options.builds, options.jobs)
    with folder_of(options.keep, *size, tables=options.tables) as folder:
        if not database_in(folder).exists():
            make_views(fill(folder, *size), Given(), tables=options.tables)
        figures = {
            notebook: _measure(program, folder, notebook, options) for notebook in options.notebooks
        }
    print("\n".join(_report(figures, options, load)))


@dataclass(frozen=True)
class Figures:
    """Seconds to the first chart of a page.

    Attributes:
        cold: Of a server that was just started, no copy of the database, a browser with an empty
            profile.
        loaded: The first time after a load, of a server and a browser that have shown the page.
        again: The same, and nothing was loaded since.
        bare: Meanwhile, of a notebook that asks for nothing.
    """

    cold: float
    loaded: list[float]
    again: list[float]
    bare: list[float]


def _measure(program: str, folder: Path, notebook: str, options: argparse.Namespace) -> Figures:
    copies = copies_folder()
    settings = {"DLT_PROJECT_DIR": str(folder), "DLT_LOCAL_DIR": str(folder)}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        data = Path(name)
        env = {**environment(data, **settings), "NOTEBOOKS__DATASET": DATASET}
        ours = serve(folder, env, data / "ours.txt", "--pipeline", PIPELINE)
        theirs = serve(folder, env, data / "bare.txt", notebooks=_BARE.parent)
        with ours as server, theirs as baseline, browse(program) as browser:
            opened = partial(_open, browser, options.rest)
            figures = Figures(opened(server, notebook), [], [], [])
            opened(baseline, _BARE.stem)
            for _ in range(options.runs):
                # A load: a copy of the database is out of date.
                change(database_in(folder), _CHANGED)
                if options.tables:
                    refresh(database_in(folder), Given())
                if copies:
                    keep_ready(database_in(folder), copies)
                figures.loaded.append(opened(server, notebook))
                figures.again.append(opened(server, notebook))
                figures.bare.append(opened(baseline, _BARE.stem))
            if server.errors():
                sys.exit(server.errors())
    progress(f"{notebook}: {figures}")
    return figures


def _open(browser: Chromium, rest: float, server: Server, notebook: str) -> float:
    """Return seconds until the first chart is drawn."""
    # What the page before it leaves to be tidied up is not to disturb this one.
    time.sleep(rest)
    start = time.perf_counter()
    page = browser.open(f"{server.url}/?file={notebook}.py")
    page.wait(lambda it: any(it.find(", ".join(CHARTS))), _SECONDS)
    seconds = time.perf_counter() - start
    page.wait(lambda it: not it.find(BUSY), _SECONDS)
    page.close()
    return seconds


def _report(figures: dict[str, Figures], options: argparse.Namespace, load: str) -> list[str]:
    lines = [
        f"{options.builds:,} builds x {options.jobs} jobs, {os.cpu_count()} CPUs, load before "
        f"{load}, marimo {version('marimo')}, DuckDB {version('duckdb')}; seconds to the first "
        f"chart; but for the first column, medians of {options.runs} (least to most).",
        "",
        "| Notebook | Server just started | After a load | Again | A bare page |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| `{notebook}` | {found.cold:.1f} | {_spread(found.loaded)} "
            f"| {_spread(found.again)} | {_spread(found.bare)} |"
            for notebook, found in figures.items()
        ),
        "",
    ]
    for when, name in (("after a load", "loaded"), ("again", "again")):
        middles = {of: statistics.median(getattr(found, name)) for of, found in figures.items()}
        late = [f"`{of}` {middle:.1f} s" for of, middle in middles.items() if middle > TARGET]
        verdict = f"**NOT met** by {', '.join(late)}" if late else "met by every notebook"
        lines.append(f"At most {TARGET:g} s {when}: {verdict}.")
    return lines


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.notebooks", description=__doc__)
    parser.add_argument("--builds", type=int, default=100_000)
    parser.add_argument("--tables", action="store_true", help="keep heavy views as tables")
    parser.add_argument("--jobs", type=int, default=10, help="attempts a build")
    parser.add_argument("--runs", type=int, default=5, help="loads; medians are shown")
    parser.add_argument("--rest", type=float, default=2.0, help="seconds between two pages")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database there")
    parser.add_argument("--notebooks", nargs="+", metavar="NAME", default=NOTEBOOKS)
    return parser


if __name__ == "__main__":
    main()
