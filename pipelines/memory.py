"""Keeps the process as small after many loads as after the first."""

import contextlib
import ctypes
import sys

import pyarrow as pa

_M_TRIM_THRESHOLD = -1


def return_what_is_free() -> None:
    """Give freed memory back to the system at once.

    Arrow's own allocator and glibc keep what they once held. A history of hundreds of loads
    would grow by what each of them left in pieces; this costs no measurable time.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        # A threshold that is set no longer rises by itself (mallopt(3)). Other C libraries than
        # glibc have no mallopt.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
