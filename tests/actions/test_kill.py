"""`kill -9` between request and answer: nothing twice, nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from tests.cli.running import REPOSITORY, project_environment
from tests.source.conftest import PRESENT

from .conftest import WRITES

_SECTION = "SOURCES__BUILDKITE_SOURCE__ACTIONS__"
_MINUTE = timedelta(seconds=61)
# Imports once, and runs the command line in a process of its own for each line it is sent.
_FORKS = """
import os, sys
from buildkite_source.cli import main
from buildkite_source.cli import acting, commands
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        os.dup2(os.open("told.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        os._exit(main(["act", line.strip(), "--yes"]))
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Killer:
    """Rebuilds builds, one row each, and is killed over and over.

    Args:
        folder: Holds the project of the runs.
        rows: How many builds to rebuild.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        config = WorldConfig(seed=3, pipelines=2, days=4, builds_per_day=rows, end=PRESENT)
        self.simulator = Simulator(config, clock=ManualClock(PRESENT))
        organization = self.simulator.world.organizations[0]
        builds = [build for build in organization.builds if build.ended is None][:rows]
        self.asked = {(build.pipeline.slug, build.number) for build in builds}
        assert len(self.asked) == rows
        self.ends: Counter[int] = Counter()
        self.file = folder / "wanted.jsonl"
        lines = [
            {
                "key": f"{pipeline}/{number}",
                "action": "rebuild",
                "organization": organization.slug,
                "pipeline": pipeline,
                "number": number,
            }
            for pipeline, number in sorted(self.asked)
        ]
        self.file.write_text("\n".join(map(json.dumps, lines)))
        self.env = project_environment(
            folder,
            self.simulator,
            **{
                f"{_SECTION}ACCESS_TOKEN": self.simulator.add_token(user="robot"),
                f"{_SECTION}PIPELINES": f'["{organization.slug}/*"]',
                f"{_SECTION}ACTIONS": '["rebuild"]',
                f"{_SECTION}MAX_IN_RUN": "1000",
                f"{_SECTION}MAX_AN_HOUR": "1000",
            },
            PYTHONPATH=str(REPOSITORY),
        )
        self.folder = folder
        self.forks = subprocess.Popen(
            [sys.executable, "-c", _FORKS],
            cwd=folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> int:
        assert self.forks.stdin
        self.forks.stdin.write(f"{self.file}\n")
        self.forks.stdin.flush()
        return int(self.heard())

    def heard(self) -> str:
        assert self.forks.stdout
        return self.forks.stdout.readline()

    def close(self) -> None:
        assert self.forks.stdin
        self.forks.stdin.close()
        self.forks.wait(30)

    def writes(self) -> int:
        return sum(request.method in WRITES for request in self.simulator.requests)

    def kill(self, chance: Random) -> None:
        """Start a run, and kill it about the time at which one of its writes is answered."""
        slow = {"match": "/rebuild", "before_reading": chance.random() < 0.5}
        self.simulator.faults.add(kind="slow", delay=0.1, times=None, **slow)
        before = self.writes() + chance.randint(0, 1)
        process, end = self.start(), time.monotonic() + 60
        while self.writes() <= before and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.25))
        os.kill(process, signal.SIGKILL)
        self.ends[int(self.heard())] += 1
        self.simulator.faults.clear()
        self.simulator.world.clock.advance(_MINUTE)

    def finish(self) -> str:
        """Run to the end, and return what was told if it did not end well."""
        self.start()
        return (self.folder / "told.txt").read_text() if int(self.heard()) else ""

    def rebuilt(self) -> Counter[tuple[str, int]]:
        """How often each build was rebuilt."""
        builds = self.simulator.world.organizations[0].builds
        origins = [build.rebuilt_from for build in builds if build.rebuilt_from]
        return Counter((origin.pipeline.slug, origin.number) for origin in origins)


@pytest.mark.parametrize(("kills", "rows"), [(3, 8), pytest.param(50, 220, marks=pytest.mark.slow)])
def test_nothing_twice_and_nothing_lost(workspace: Path, kills: int, rows: int) -> None:
    killer, chance = Killer(workspace, rows), Random(kills)
    with killer.simulator:
        before = killer.rebuilt()
        for _ in range(kills):
            killer.kill(chance)
        told = killer.finish()
        killer.close()
        assert told == ""
        # The world goes on meanwhile, and its people rebuild other builds.
        done = killer.rebuilt() - before
        assert {key: done[key] for key in killer.asked} == dict.fromkeys(killer.asked, 1)
        assert killer.ends == {-signal.SIGKILL: kills}
