"""Turns a raw job log into Parquet: `python -m buildkite_source.logs job.log`."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from .files import log_to_parquet
from .schema import LogSummary


def main(arguments: list[str] | None = None) -> int:
    """Convert one file and say what it held; return the exit status."""
    options = _parser().parse_args(arguments)
    target = options.target or options.log.with_suffix(".parquet")
    if target.exists() and options.log.exists() and target.samefile(options.log):
        sys.stderr.write(f"{target} is the log itself; name another Parquet file\n")
        return 1
    try:
        with options.log.open("rb") as file:
            summary = log_to_parquet(file, target, raw=options.raw)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{target}: {_told(summary)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m buildkite_source.logs",
        description="Turn a raw Buildkite job log into a Parquet file, one row a line.",
        epilog="Example: python -m buildkite_source.logs job.log job.parquet --raw",
    )
    parser.add_argument("log", type=Path, metavar="FILE.log", help="the log as the API serves it")
    parser.add_argument(
        "target",
        type=Path,
        nargs="?",
        metavar="OUT.parquet",
        help="written or replaced (default: FILE.parquet)",
    )
    parser.add_argument("--raw", action="store_true", help="keep each line as it came as well")
    return parser


def _told(summary: LogSummary) -> str:
    told = f"{summary.lines:,} lines of {summary.size:,} bytes"
    if summary.first_at and summary.last_at:
        told += f", {_time(summary.first_at)} to {_time(summary.last_at)}"
    if summary.cut_lines:
        told += f"; {summary.cut_lines:,} too long, {summary.cut_bytes:,} bytes left out"
    return told


def _time(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
