"""What DuckDB has freed is the system's again, in a process of its own and a real file."""

import subprocess
import sys
from pathlib import Path

import pytest

_WRITES = """
import sys
from pathlib import Path

import duckdb

from buildkite_source.cli.memory import keep_small


def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) // 1024


keep_small()
columns = ", ".join(f"md5((range * {number})::VARCHAR) AS c{number}" for number in range(60))
with duckdb.connect(sys.argv[1], config={"memory_limit": "192MB", "threads": "2"}) as database:
    before = resident()
    database.execute(f"CREATE TABLE rows AS SELECT {columns} FROM range(10000)")
    database.execute("CHECKPOINT")
    (held,) = database.sql("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchone()
    print(resident() - before - int(held >> 20))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how much is resident is read from /proc")
def test_what_duckdb_has_freed_is_given_back(tmp_path: Path) -> None:
    asked = [sys.executable, "-c", _WRITES, str(tmp_path / "rows.duckdb")]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    # Left alone, its allocator keeps 30 MiB of these few rows.
    # Above it DuckDB may show how far it is.
    assert int(done.stdout.split()[-1]) < 15
