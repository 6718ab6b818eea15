"""`python -m benchmarks.syncs`: a program that is started anew: what a sync with nothing new takes.

Beside it, in turns, stands the least that dlt can do: a program that merges one row. Another
checkout of this project can be measured in the same turns, by the same Python and packages: its own
environment would be compared, too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from buildkite_simulator import ManualClock, Simulator, WorldConfig

from .measure import ROOT
from .report import progress

_NOW = datetime(2026, 9, 16, 14, tzinfo=UTC)
_WORLD = WorldConfig(seed=5, pipelines=4, days=6, builds_per_day=10, end=_NOW)
_FLOOR = """
import dlt
pipeline = dlt.pipeline("floor", destination="duckdb", dataset_name="data")
pipeline.run([{"id": 1}], table_name="one", primary_key="id", write_disposition="merge")
"""
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


def main(arguments: list[str] | None = None) -> None:
    """Run all programs in turns and print the seconds of each, and what part of the floor."""
    parser = argparse.ArgumentParser("python -m benchmarks.syncs", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each program; default: 7")
    parser.add_argument(
        "--against", type=Path, nargs="*", default=[], help="other checkouts, to compare with"
    )
    options = parser.parse_args(arguments)
    commands = {"dlt merges one row": [sys.executable, "-c", _FLOOR]}
    for name in ("--version", "--help"):
        commands[f"`{name}`"] = _program(ROOT, name)
    commands["a sync with nothing new"] = _program(ROOT, "--progress", "off")
    for checkout in options.against:
        command = _program(checkout.resolve(), "--progress", "off")
        commands[f"the same of {checkout.name}"] = command
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        Simulator(_WORLD, clock=ManualClock(_NOW)) as simulator,
    ):
        seconds = _measured(commands, Path(folder), simulator, options.runs)
    print(_table(seconds))


def _program(checkout: Path, *arguments: str) -> list[str]:
    script = str(checkout / "pipelines" / "buildkite_pipeline.py")
    return ["env", f"PYTHONPATH={checkout}", sys.executable, script, *arguments]


def _measured(
    commands: Mapping[str, Sequence[str]], folder: Path, simulator: Simulator, runs: int
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    # The first two load the world and what its young builds became; they are not counted.
    for number in range(-2, runs):
        progress(f"round {number + 1} of {runs}")
        for place, (name, command) in enumerate(commands.items()):
            home = folder / str(place)
            home.mkdir(exist_ok=True)
            began = time.perf_counter()
            subprocess.run(
                command,
                cwd=home,
                env=_environment(home, simulator),
                capture_output=True,
                check=True,
            )
            if number >= 0:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def _environment(home: Path, simulator: Simulator) -> dict[str, str]:
    places = dict.fromkeys(("DLT_PROJECT_DIR", "DLT_LOCAL_DIR"), str(home))
    # Programs keep their bytecode, as a user's do; else each run would compile dlt anew.
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        **places,
        "DLT_DATA_DIR": str(home / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        f"{_PREFIX}ACCESS_TOKEN": simulator.token,
        f"{_PREFIX}BASE_URL": simulator.base_url,
    }


def _table(seconds: Mapping[str, Sequence[float]]) -> str:
    floor = statistics.median(next(iter(seconds.values())))
    lines = ["| | Wall s: median (least) | x floor |", "| --- | ---: | ---: |"]
    for name, each in seconds.items():
        median = statistics.median(each)
        lines.append(f"| {name} | {median:.2f} ({min(each):.2f}) | {median / floor:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
