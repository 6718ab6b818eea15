"""Keeps the process as small after many loads as after the first."""

import contextlib
import ctypes
import sys

import _duckdb
import dlt
import pyarrow as pa

_M_TRIM_THRESHOLD = -1
_DUCKDB_SETTINGS = "destination.duckdb.credentials.global_config"
# Beyond it DuckDB goes to disk. Its own default is 80 % of the machine, and it takes what it gets.
_DUCKDB_MEMORY = "192MB"


def keep_small() -> None:
    """Give freed memory back to the system at once, and bound what DuckDB takes for a merge.

    Arrow's own allocator, DuckDB's and glibc's keep what they once held. A history of hundreds of
    loads would grow by what each of them left in pieces. Settings of DuckDB that somebody has made
    are left alone.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        # A threshold that is set no longer rises by itself (mallopt(3)). Other C libraries than
        # glibc have no mallopt.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
        _let_duckdb_forget()
    if dlt.secrets.get(_DUCKDB_SETTINGS) is None:
        dlt.secrets[_DUCKDB_SETTINGS] = {"memory_limit": _DUCKDB_MEMORY}


def _let_duckdb_forget() -> None:
    """Have DuckDB's own allocator (jemalloc) give back at once, as well.

    What it keeps is no part of DuckDB's limit: up to a quarter of a gigabyte, as small row groups
    are put together when a file is closed. It takes a few percent of a run (docs/benchmarks.md).
    """
    # Not every build of DuckDB has it.
    with contextlib.suppress(AttributeError, OSError):
        control = ctypes.CDLL(_duckdb.__file__).duckdb_je_mallctl
        number, at_once = ctypes.c_uint(), ctypes.c_ssize_t(0)
        size = ctypes.c_size_t(ctypes.sizeof(number))
        control(b"arenas.narenas", ctypes.byref(number), ctypes.byref(size), None, 0)
        # Arenas to come, and each that there is.
        for place in ("arenas", *(f"arena.{one}" for one in range(number.value))):
            for kind in ("dirty", "muzzy"):
                name, length = f"{place}.{kind}_decay_ms".encode(), ctypes.sizeof(at_once)
                control(name, None, None, ctypes.byref(at_once), ctypes.c_size_t(length))
