"""The command line: every argument with its help and an example."""

import argparse
import sys
from collections.abc import Sequence

from buildkite_source.load.choice import GROUPS
from buildkite_source.load.details import Wish

from . import argument_types as types
from . import option_groups as groups

PIPELINE = "buildkite_pipeline"
DATASET = "buildkite_data"
DEMO_PIPELINE = "buildkite_demo"
DEMO_DATASET = "buildkite_demo_data"
DEMO_SINCE = "120d"
COMMANDS = (
    "sync",
    "backfill",
    "logs",
    "download-artifacts",
    "check",
    "status",
    "views",
    "report",
)

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
    if options.until and options.command not in {"backfill", "report"}:
        parser.error("--until goes with backfill and report")
    if options.again and options.command != "backfill":
        parser.error("--again goes with backfill")
    if options.output and options.command != "report":
        parser.error("--output goes with report")
    options.wish = _wish(options)
    if options.command == "logs" and not options.wish.resources:
        parser.error("argument --logs: none leaves nothing to do")
    options.optional = options.resources.optional if options.resources else ()
    if options.resources is not None:
        options.resources = list(options.resources.lists)
    options.pipeline_name = DEMO_PIPELINE if options.demo else PIPELINE
    options.dataset = options.dataset or (DEMO_DATASET if options.demo else DATASET)
    if options.demo and options.command != "report":
        options.since = options.since or DEMO_SINCE
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
        choices=COMMANDS,
        default="sync",
        help="sync: load what is new and follow what changed (default); backfill: only complete "
        "the history, in parts that are kept one by one; logs: only fetch logs of jobs that are "
        "loaded; download-artifacts: fetch the contents of artifacts that are loaded; check: what "
        "the token may read and whether the destination can be written, loading nothing; status: "
        "what the destination holds; views: only make the metric views of it anew; report: a "
        "digest of the last 7 days against the 7 before. "
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
        help="how far back the history of builds is to reach, or a report: a date or a duration; "
        "default: 30 days on the first run, later runs go on from the last; 7 days for a report. "
        "Example: --since 90d",
    )
    what.add_argument(
        "--until",
        type=types.since,
        metavar="WHEN",
        help="up to when a backfill or a report is to reach; default: now. "
        "Example: backfill --since 90d --until 30d",
    )
    what.add_argument(
        "--again",
        action="store_true",
        help="read the span of a backfill anew, whatever earlier runs know of it. "
        "Example: backfill --since 7d --again",
    )
    what.add_argument(
        "--resources",
        type=types.resources,
        metavar="NAMES",
        help=f"load these tables only, or groups of them: {', '.join(GROUPS)}; default: core. "
        "Details cost a request for each build or job; docs/resources.md tells what each costs. "
        "Example: --resources core,details",
    )
    groups.add_details(parser.add_argument_group("details, within a budget"))
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
    groups.add_download(parser.add_argument_group("download-artifacts"))
    groups.add_report(parser.add_argument_group("report"))
    groups.add_output(parser.add_argument_group("what to show"))
    return parser


def _is_known(parser: argparse.ArgumentParser, word: str) -> bool:
    return word.partition("=")[0] in parser._option_string_actions
