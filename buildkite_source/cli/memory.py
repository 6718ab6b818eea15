"""Keeps the process as small after many loads as after the first."""

import contextlib
import ctypes
import sys

import dlt
import pyarrow as pa

_M_TRIM_THRESHOLD = -1
_DUCKDB_SETTINGS = "destination.duckdb.credentials.global_config"
# Beyond it DuckDB goes to disk. Its own default is 80 % of the machine, and it takes what it gets.
_DUCKDB_MEMORY = "192MB"


def keep_small() -> None:
    """Give freed memory back to the system at once, and bound what DuckDB takes for a merge.

    Arrow's own allocator and glibc keep what they once held. A history of hundreds of loads
    would grow by what each of them left in pieces; this costs no measurable time. Settings of
    DuckDB that somebody has made are left alone.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        # A threshold that is set no longer rises by itself (mallopt(3)). Other C libraries than
        # glibc have no mallopt.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
    if dlt.secrets.get(_DUCKDB_SETTINGS) is None:
        dlt.secrets[_DUCKDB_SETTINGS] = {"memory_limit": _DUCKDB_MEMORY}
