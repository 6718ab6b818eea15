"""Job logs: bytes in any chunking → Arrow batches of lines. No network, no dlt."""

from .files import log_to_parquet, parse_log
from .parser import MAX_LINE_BYTES, LogParser
from .schema import LogSummary, log_schema
from .stamps import is_stamped

__all__ = [
    "MAX_LINE_BYTES",
    "LogParser",
    "LogSummary",
    "is_stamped",
    "log_schema",
    "log_to_parquet",
    "parse_log",
]
