"""Groups of arguments of the command line, each with its help and an example."""

import argparse

from buildkite_source import __version__
from buildkite_source.load.details import MAX_REQUESTS

from . import argument_types as types


def add_details(what: argparse._ArgumentGroup) -> None:
    """Add what details cost and which are wanted."""
    what.add_argument(
        "--logs",
        metavar="WHICH",
        help="fetch job logs: failed, all, none, or a condition in SQL on the table jobs; default: "
        "none, and failed with the command logs. Example: --logs failed",
    )
    what.add_argument(
        "--log-tail",
        type=types.size,
        metavar="BYTES",
        help="fetch only the end of each log. Example: --log-tail 64K",
    )
    what.add_argument(
        "--log-raw",
        action="store_true",
        help="also keep each line of a log as it came, in job_log_lines.raw. Example: --log-raw",
    )
    what.add_argument(
        "--env-key",
        action="append",
        type=types.name,
        default=[],
        metavar="NAME",
        help="variable that job_env keeps; repeatable. "
        "Example: --resources job_env --env-key BUILDKITE_PLUGINS",
    )
    what.add_argument(
        "--max-requests",
        type=types.size,
        metavar="N",
        default=MAX_REQUESTS,
        help="requests to spend on details and logs in one run; what does not fit waits for the "
        "next; default: 500. Example: --max-requests 2000",
    )
    what.add_argument(
        "--max-bytes",
        type=types.size,
        metavar="BYTES",
        help="bytes of logs to fetch in one run; default: any number. Example: --max-bytes 2G",
    )
    what.add_argument(
        "--max-age",
        type=types.since,
        metavar="WHEN",
        help="builds and jobs created earlier get no details and no logs: a date or a duration; "
        "default: 30d. Example: --max-age 7d",
    )


def add_download(what: argparse._ArgumentGroup) -> None:
    """Add the arguments of `download-artifacts`."""
    what.add_argument(
        "--path",
        action="append",
        type=types.name,
        default=[],
        metavar="PATTERN",
        help="download artifacts whose whole path matches; * stands for anything, slashes too; "
        "repeatable; default: all. Example: --path '*junit*.xml'",
    )
    what.add_argument(
        "--to",
        type=types.name,
        default="artifacts",
        metavar="TARGET",
        help="folder, or URL of a bucket that fsspec knows; default: artifacts. "
        "Example: --to s3://bucket/ci",
    )


def add_report(what: argparse._ArgumentGroup) -> None:
    """Add the arguments of `report`."""
    what.add_argument(
        "--format",
        choices=("markdown", "html", "json"),
        default="markdown",
        metavar="FORMAT",
        help="markdown, html (one file that needs no network) or json; default: markdown. "
        "Example: report --format html --output ci.html",
    )
    what.add_argument(
        "--output",
        type=types.name,
        metavar="FILE",
        help="file to write the report to; default: print it. Example: report --output ci.md",
    )
    what.add_argument(
        "--top",
        type=types.size,
        default=5,
        metavar="N",
        help="rows of each list; default: 5. Example: report --top 10",
    )
    what.add_argument(
        "--zone",
        type=types.zone,
        default="UTC",
        metavar="ZONE",
        help="time zone of the times shown; default: UTC. Example: report --zone Europe/Berlin",
    )


def add_output(show: argparse._ArgumentGroup) -> None:
    """Add what is shown of a run."""
    show.add_argument(
        "--progress",
        choices=("auto", "live", "plain", "off"),
        default="auto",
        metavar="MODE",
        help="live (bars), plain (lines), off, or auto: bars on a terminal, else lines. "
        "Example: --progress plain",
    )
    show.add_argument(
        "--json",
        action="store_true",
        help="print what check finds as one JSON object. Example: check --json",
    )
    loudness = show.add_mutually_exclusive_group()
    loudness.add_argument(
        "--quiet", action="store_true", help="print errors only. Example: --quiet"
    )
    loudness.add_argument(
        "--verbose",
        action="store_true",
        help="also print dlt's log, and a traceback on errors. Example: --verbose",
    )
    show.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {__version__}",
        help="print the version and exit. Example: --version",
    )
