"""The command line: every argument with its help and an example."""

import argparse
import sys
from collections.abc import Sequence

from buildkite_source import __version__

from . import argument_types as types
from .details import MAX_REQUESTS, Wish
from .resources import GROUPS

PIPELINE = "buildkite_pipeline"
DATASET = "buildkite_data"
DEMO_PIPELINE = "buildkite_demo"
DEMO_DATASET = "buildkite_demo_data"
DEMO_SINCE = "120d"

_DESCRIPTION = """Load organizations, pipelines, builds and every attempt of a job from Buildkite
into DuckDB or any other dlt destination. Run it again at any time: it asks only for what is new.
"""
_EPILOG = """The token comes from .dlt/secrets.toml ([sources.buildkite_source] access_token) or
from SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN. Every setting of the source can be set the same
two ways, for instance SOURCES__BUILDKITE_SOURCE__BASE_URL."""


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; exits with a message on bad ones, as `argparse` does."""
    parser = build_parser()
    words = list(sys.argv[1:] if argv is None else argv)
    unknown = [word for word in words if word.startswith("--") and not _is_known(parser, word)]
    if unknown:
        # Else the value of a mistyped argument would be taken for the command.
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options = parser.parse_args(words)
    if options.json and options.command != "check":
        parser.error("--json goes with check")
    if options.until and options.command != "backfill":
        parser.error("--until goes with backfill")
    options.wish = _wish(options)
    if options.command == "logs" and not options.wish.resources:
        parser.error("argument --logs: none leaves nothing to do")
    options.optional = options.resources.optional if options.resources else ()
    if options.resources is not None:
        options.resources = list(options.resources.lists)
    options.pipeline_name = DEMO_PIPELINE if options.demo else PIPELINE
    options.dataset = options.dataset or (DEMO_DATASET if options.demo else DATASET)
    options.since = options.since or (DEMO_SINCE if options.demo else None)
    if options.destination == "duckdb" and options.dataset == options.pipeline_name:
        # DuckDB could not tell the schema from the database, which is named after its file.
        parser.error(f"argument --dataset: {options.dataset} is the name of the DuckDB file")
    return options


def _wish(options: argparse.Namespace) -> Wish:
    """Return which details are wanted: by name, by --logs, or by the command."""
    named = list(options.resources.details) if options.resources else []
    logs = options.logs or ("failed" if options.command == "logs" else None)
    if options.command == "logs":
        named = []
    if logs and logs != "none":
        named += GROUPS["logs"]
    if logs == "none":
        named = [name for name in named if name not in GROUPS["logs"]]
    elif any(name in GROUPS["logs"] for name in named):
        # A log without the row that tells of it would be fetched again and again.
        named.append("job_logs")
    return Wish(
        resources=tuple(dict.fromkeys(named)),
        logs=logs or "failed",
        log_tail=options.log_tail,
        log_raw=options.log_raw or None,
        env_keys=tuple(options.env_key),
        max_requests=options.max_requests,
        max_bytes=options.max_bytes,
        max_age=options.max_age,
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `buildkite-pipeline`."""
    parser = argparse.ArgumentParser(
        prog="buildkite-pipeline",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=("sync", "backfill", "logs", "download-artifacts", "check", "status", "views"),
        default="sync",
        help="sync: load what is new and follow what changed (default); backfill: only complete "
        "the history, in parts that are kept one by one; logs: only fetch logs of jobs that are "
        "loaded; download-artifacts: fetch the contents of artifacts that are loaded; check: what "
        "the token may read and whether the destination can be written, loading nothing; status: "
        "what the destination holds; views: only make the metric views of it anew. "
        "Example: backfill --since 365d",
    )
    what = parser.add_argument_group("what to load")
    what.add_argument(
        "--organization",
        action="append",
        type=types.name,
        default=[],
        metavar="SLUG",
        help="load this organization; repeatable; default: all the token sees. "
        "Example: --organization acme",
    )
    what.add_argument(
        "--pipeline",
        action="append",
        type=types.name,
        default=[],
        metavar="SLUG",
        help="load this pipeline; repeatable; default: all. Example: --pipeline web --pipeline api",
    )
    what.add_argument(
        "--since",
        type=types.since,
        metavar="WHEN",
        help="how far back the history of builds is to reach: a date or a duration; default: "
        "30 days on the first run, later runs go on from the last. Example: --since 90d",
    )
    what.add_argument(
        "--until",
        type=types.since,
        metavar="WHEN",
        help="up to when a backfill is to reach; default: now. "
        "Example: backfill --since 90d --until 30d",
    )
    what.add_argument(
        "--resources",
        type=types.resources,
        metavar="NAMES",
        help=f"load these tables only, or groups of them: {', '.join(GROUPS)}; default: core. "
        "Details cost a request for each build or job; docs/resources.md tells what each costs. "
        "Example: --resources core,details",
    )
    _add_details(parser.add_argument_group("details, within a budget"))
    where = parser.add_argument_group("where to")
    what.add_argument(
        "--account",
        action="append",
        type=types.name,
        default=[],
        metavar="NAME",
        help="use the token of [sources.buildkite_source.accounts.NAME]; repeatable, one after "
        "the other into one dataset. Example: --account work --account home",
    )
    where.add_argument(
        "--destination",
        type=types.name,
        default="duckdb",
        metavar="NAME",
        help="any dlt destination; default: duckdb. Example: --destination postgres",
    )
    where.add_argument(
        "--dataset",
        type=types.name,
        metavar="NAME",
        help=f"dataset (schema) of the tables; default: {DATASET}. Example: --dataset ci",
    )
    where.add_argument(
        "--demo",
        action="store_true",
        help="load a made-up company from the built-in local API; needs no token, and keeps to "
        f"a pipeline, dataset and file of its own ({DEMO_PIPELINE}). Example: --demo",
    )
    _add_download(parser.add_argument_group("download-artifacts"))
    _add_output(parser.add_argument_group("what to show"))
    return parser


def _add_details(what: argparse._ArgumentGroup) -> None:
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


def _add_download(what: argparse._ArgumentGroup) -> None:
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


def _add_output(show: argparse._ArgumentGroup) -> None:
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


def _is_known(parser: argparse.ArgumentParser, word: str) -> bool:
    return word.partition("=")[0] in parser._option_string_actions
