"""One contender, one process, one sample: time, processor, memory, requests, rows."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .server import USAGE_PATH

ROOT = Path(__file__).resolve().parent.parent
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Api:
    """A running benchmark server."""

    base_url: str
    size: int

    def usage(self) -> dict[str, float]:
        """Return requests since the last call and the server's CPU seconds so far."""
        url = self.base_url.removesuffix("/v2") + USAGE_PATH
        with urllib.request.urlopen(url) as response:
            usage: dict[str, float] = json.load(response)
        return usage


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run of a contender took and left.

    Attributes:
        wall: Seconds from start to end of the process, imports included.
        cpu: User and system seconds of the process.
        peak: Most resident memory in MiB.
        requests: Requests the server counted.
        rows: Of builds and jobs: rows, distinct ids, and a fingerprint of the contents.
        server_cpu: CPU seconds the server took meanwhile.
        other_cpu: CPU seconds everything else on the machine took meanwhile; 0 if not known.
    """

    wall: float
    cpu: float
    peak: float
    requests: int
    rows: tuple[tuple[int, int, int], tuple[int, int, int]]
    server_cpu: float
    other_cpu: float


@contextmanager
def serving(builds: int, jobs: int) -> Iterator[Api]:
    """Run the server in a process of its own until the block ends."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(
        [*command, "--builds", str(builds), "--jobs", str(jobs)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        # Popen's exit closes stdin, at which the server ends.
        ready = json.loads((server.stdout or sys.stdin).readline())
        yield Api(ready["base_url"], ready["bytes"])


def measure(contender: str, api: Api) -> Sample:
    """Run a contender in a fresh directory and return what it took."""
    directory = Path(tempfile.mkdtemp(prefix="benchmark-"))
    try:
        before, busy = api.usage(), _busy()
        wall, usage = _run(_module(contender), [api.base_url, str(directory)], directory)
        busy, after = _busy() - busy, api.usage()
        rows = _rows(contender, directory / "data.duckdb")
    finally:
        shutil.rmtree(directory)
    cpu, server_cpu = usage.ru_utime + usage.ru_stime, after["cpu"] - before["cpu"]
    return Sample(
        wall=wall,
        cpu=cpu,
        peak=usage.ru_maxrss * _MAXRSS_UNIT / MEBIBYTE,
        requests=int(after["requests"]),
        rows=rows,
        server_cpu=server_cpu,
        other_cpu=max(busy - cpu - server_cpu, 0.0),
    )


def run_alone(module: str, arguments: list[str], directory: Path) -> tuple[float, float, float]:
    """Run a module in a process of its own; return wall and CPU seconds, and its peak in MiB."""
    wall, usage = _run(module, arguments, directory)
    peak = usage.ru_maxrss * _MAXRSS_UNIT / MEBIBYTE
    return wall, usage.ru_utime + usage.ru_stime, peak


def _run(module: str, arguments: list[str], directory: Path) -> tuple[float, Any]:
    # The child's peak starts from this process's size: it must stay small, so no imports of
    # data libraries here.
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=directory, env=_environment(directory)
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{module} ended with status {child.returncode}.")
    return wall, usage


def _busy() -> float:
    """Return CPU seconds the machine has spent on anything, where the system tells."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _environment(directory: Path) -> dict[str, str]:
    """Return the children's environment: byte code is kept, dlt is quiet and on its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONDONTWRITEBYTECODE" and "__" not in name
    }
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "DLT_DATA_DIR": str(directory / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
    }


def _rows(contender: str, database: Path) -> Any:
    counted = subprocess.run(
        [sys.executable, "-m", "benchmarks.rows", contender, str(database)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return tuple(tuple(row) for row in json.loads(counted.stdout))


def _module(contender: str) -> str:
    return f"benchmarks.contenders.{contender.replace('-', '_')}"


# Linux counts ru_maxrss in KiB, macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
