"""Kills runs at random moments and checks that one more run repairs everything.

The test suite does a few; `python -m tests.source.kills 50` does many and prints its figures.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from buildkite_simulator import ManualClock, Simulator, WorldConfig

from .conftest import PRESENT, Loader, WorldClock
from .test_promise import outdated

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "pipelines" / "buildkite_pipeline.py"
# Imports once, and runs the script in a process of its own for each line of settings it is sent.
_FORKS = """
import json, os, runpy, sys
import buildkite_source.cli.commands, buildkite_source.load, buildkite_source.source
script, *sys.argv[1:] = sys.argv[1:]
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        os.dup2(os.open("told.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        os.environ |= json.loads(line)
        code = 0
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as ended:
            code = ended.code or 0
        sys.stdout.flush()
        os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Killer:
    """Runs the command line against a moving world and kills it.

    Args:
        folder: Holds the project of the runs.
        seed: Decides when to kill and how the world moves.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = Random(seed)
        config = WorldConfig(seed=seed, pipelines=4, days=6, builds_per_day=25, end=PRESENT)
        self.simulator = Simulator(config, clock=ManualClock(PRESENT))
        self.loader = Loader(self.simulator, folder, WorldClock(self.simulator.world.clock))
        self.ends: Counter[str] = Counter()
        (folder / ".dlt").mkdir()
        (folder / ".dlt" / "config.toml").write_text("[runtime]\ndlthub_telemetry = false\n")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "DLT_DATA_DIR": str(self.folder / "dlt"),
            "DLT_PROJECT_DIR": str(self.folder),
            "DLT_LOCAL_DIR": str(self.folder),
            "SOURCES__BUILDKITE_SOURCE__BASE_URL": self.simulator.base_url,
            "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN": self.simulator.token,
            "SOURCES__BUILDKITE_SOURCE__PAGES_PER_LOAD": "1",
        }
        arguments = [str(SCRIPT), "--since", "10d", "--progress", "plain"]
        self.forks = subprocess.Popen(
            [sys.executable, "-c", _FORKS, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, **settings: str) -> int:
        """Start a run, and return its process."""
        assert self.forks.stdin
        self.forks.stdin.write(f"{json.dumps(settings)}\n")
        self.forks.stdin.flush()
        return self._heard()

    def wait(self) -> tuple[int, str]:
        """Wait for the end of the run; return its code and what it told."""
        return self._heard(), (self.folder / "told.txt").read_text()

    def _heard(self) -> int:
        assert self.forks.stdout
        return int(self.forks.stdout.readline())

    def close(self) -> None:
        assert self.forks.stdin
        self.forks.stdin.close()
        self.forks.wait(30)

    def kill(self, longest: float) -> None:
        """Start a run and kill it within `longest` seconds of its first request."""
        self.simulator.reset_requests()
        process = self.start()
        # One that has ended is gone: whoever has started it waits for it.
        with suppress(ProcessLookupError):
            while not self.simulator.requests:
                os.kill(process, 0)
                time.sleep(0.01)
            time.sleep(self.rng.uniform(0, longest))
            os.kill(process, signal.SIGKILL)
        code, output = self.wait()
        finished = code != -signal.SIGKILL
        step = [line for line in output.splitlines() if line.endswith("…")]
        self.ends["finished before" if finished else (step[-1] if step else "starting")] += 1

    def move(self) -> None:
        """Let time pass and people act."""
        self.loader.clock.world.advance(timedelta(minutes=self.rng.randint(5, 90)))
        self.simulator.world.random_moves(self.rng, 5)
        self.loader.clock.world.advance(timedelta(minutes=3))

    def check(self) -> list[object]:
        """Run once more, undisturbed, and return what is not true then."""
        # Nothing here looks at views.
        self.start(SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS="false")
        code, output = self.wait()
        self.close()
        if code:
            return [output]
        pipeline = "buildkite_pipeline"
        self.loader.dataset_name = "buildkite_data"
        self.loader.file = self.folder / f"{pipeline}.duckdb"
        return list(outdated(self.loader))


def main(kills: int) -> int:
    """Kill `kills` runs over several worlds and print how they ended."""
    ends: Counter[str] = Counter()
    wrong = 0
    for seed in range(-(-kills // 5)):
        with tempfile.TemporaryDirectory() as folder:
            killer = Killer(Path(folder), seed)
            with killer.simulator:
                for _ in range(5):
                    killer.kill(longest=4.0)
                    killer.move()
                found = killer.check()
            ends.update(killer.ends)
            wrong += bool(found)
            print(f"world {seed}: {sum(ends.values())} kills, {dict(ends)}, wrong: {found[:3]}")  # noqa: T201
    return wrong


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
