"""The commands and arguments, each with what it means and an example."""

from dataclasses import dataclass, field
from typing import Any

from buildkite_source.defaults import DATASET, DEMO_PIPELINE, MAX_REQUESTS, __version__

from . import argument_types as types

PROGRAM = "buildkite-pipeline"

# What each does.
COMMANDS = {
    "sync": "load what is new and follow what changed; what is done without a command",
    "backfill": "only complete the history, in parts that are kept one by one",
    "logs": "only fetch logs of jobs that are loaded",
    "download-artifacts": "fetch the contents of artifacts that are loaded",
    "check": "what the token may read and whether the destination can be written; loads nothing",
    "status": "what the destination holds, and how far it is covered",
    "views": "only make the metric views of what is loaded anew",
    "report": "a digest of the last 7 days against the 7 before",
    "notebooks": "open the notebooks in a browser",
    "dbt-project": "write a dbt package of the tables and the metric views into a folder",
}
_LOADS = ("sync", "backfill", "logs")
_ASKS = (*_LOADS, "download-artifacts", "check")
_EVERY = tuple(COMMANDS)


@dataclass(frozen=True)
class Option:
    """One argument.

    Attributes:
        name: With its dashes.
        commands: Those it belongs to; others take it, and do nothing with it.
        meaning: In a sentence.
        example: Words after the program's name.
        rest: Further arguments of `add_argument`.
    """

    name: str
    commands: tuple[str, ...]
    meaning: str
    example: str
    rest: dict[str, Any] = field(default_factory=dict)


def _option(
    name: str, commands: tuple[str, ...], meaning: str, example: str, **rest: Any
) -> Option:
    return Option(name, commands, meaning, example, rest)


def _flag(name: str, commands: tuple[str, ...], meaning: str, example: str) -> Option:
    return Option(name, commands, meaning, example, {"action": "store_true"})


def _repeatable(
    name: str, commands: tuple[str, ...], meaning: str, example: str, metavar: str
) -> Option:
    rest = {"action": "append", "type": types.name, "default": [], "metavar": metavar}
    return Option(name, commands, meaning, example, rest)


OPTIONS: dict[str, tuple[Option, ...]] = {
    "what to load": (
        _repeatable(
            "--organization",
            (*_LOADS, "download-artifacts", "report"),
            "this organization; repeatable; default: all the token sees",
            "--organization acme",
            "SLUG",
        ),
        _repeatable(
            "--pipeline",
            (*_LOADS, "download-artifacts", "report"),
            "this pipeline; repeatable; default: all",
            "--pipeline web --pipeline api",
            "SLUG",
        ),
        _option(
            "--since",
            ("sync", "backfill", "check", "report"),
            "how far back the history of builds is to reach, or a report: a date or a duration; "
            "default: 30 days on the first run, later runs go on from the last; 7 days for a "
            "report",
            "--since 90d",
            type=types.since,
            metavar="WHEN",
        ),
        _option(
            "--until",
            ("backfill", "report"),
            "up to when a backfill or a report is to reach; default: now",
            "backfill --since 90d --until 30d",
            type=types.since,
            metavar="WHEN",
        ),
        _flag(
            "--again",
            ("backfill",),
            "read the span of a backfill anew, whatever earlier runs know of it",
            "backfill --since 7d --again",
        ),
        _option(
            "--resources",
            ("sync", "backfill", "check", "dbt-project"),
            "these tables only, or groups of them: core (default), details, logs, account, "
            "organization, teams, agents, clusters, automation, test-engine, packages, all. "
            "Details cost a request for each build or job; docs/resources.md tells what each costs",
            "--resources core,details",
            type=types.resources,
            metavar="NAMES",
        ),
        _repeatable(
            "--account",
            _ASKS,
            "use the token of [sources.buildkite_source.accounts.NAME]; repeatable, one after the "
            "other into one dataset",
            "--account work --account home",
            "NAME",
        ),
    ),
    "details, within a budget": (
        _option(
            "--logs",
            ("sync", "logs", "check", "dbt-project"),
            "fetch job logs: failed, all, none, or a condition in SQL on the table jobs; default: "
            "none, and failed with the command logs",
            "--logs failed",
            metavar="WHICH",
        ),
        _option(
            "--log-tail",
            ("sync", "logs"),
            "fetch only the end of each log",
            "--log-tail 64K",
            type=types.size,
            metavar="BYTES",
        ),
        _flag(
            "--log-raw",
            ("sync", "logs"),
            "also keep each line of a log as it came, in job_log_lines.raw",
            "--log-raw",
        ),
        _repeatable(
            "--env-key",
            ("sync",),
            "variable that job_env keeps; repeatable",
            "--resources job_env --env-key BUILDKITE_PLUGINS",
            "NAME",
        ),
        _option(
            "--max-requests",
            ("sync", "backfill", "logs", "download-artifacts"),
            "requests to spend on details and logs in one run; what does not fit waits for the "
            f"next; default: {MAX_REQUESTS}",
            "--max-requests 2000",
            type=types.size,
            metavar="N",
        ),
        _option(
            "--max-bytes",
            ("sync", "logs", "download-artifacts"),
            "bytes of logs to fetch in one run; default: any number",
            "--max-bytes 2G",
            type=types.size,
            metavar="BYTES",
        ),
        _option(
            "--max-age",
            ("sync", "logs", "download-artifacts"),
            "builds and jobs created earlier get no details and no logs: a date or a duration; "
            "default: 30d",
            "--max-age 7d",
            type=types.since,
            metavar="WHEN",
        ),
    ),
    "where the data is": (
        _option(
            "--destination",
            _EVERY,
            "any dlt destination; default: duckdb",
            "--destination postgres",
            type=types.name,
            default="duckdb",
            metavar="NAME",
        ),
        _option(
            "--dataset",
            _EVERY,
            f"dataset (schema) of the tables; default: {DATASET}",
            "--dataset ci",
            type=types.name,
            metavar="NAME",
        ),
        _flag(
            "--demo",
            _EVERY,
            "a made-up company from the built-in local API; needs no token, and keeps to a "
            f"pipeline, dataset and file of its own ({DEMO_PIPELINE})",
            "--demo",
        ),
    ),
    "what to write, and where": (
        _repeatable(
            "--path",
            ("download-artifacts",),
            "artifacts whose whole path matches; * stands for anything, slashes too; repeatable; "
            "default: all",
            "--path '*junit*.xml'",
            "PATTERN",
        ),
        _option(
            "--to",
            ("download-artifacts", "dbt-project"),
            "folder, or for artifacts URL of a bucket that fsspec knows; default of artifacts: "
            "artifacts",
            "--to s3://bucket/ci",
            type=types.name,
            default="artifacts",
            metavar="TARGET",
        ),
    ),
    "what to alert on": (
        _option(
            "--fresh",
            ("check",),
            "exit with 1 if the data of an organization is older than that, or none is loaded: "
            "what counts is when a run last followed changes",
            "check --fresh 2h",
            type=types.duration,
            metavar="DURATION",
        ),
    ),
    "how to report": (
        _option(
            "--format",
            ("report",),
            "markdown, html (one file that needs no network) or json; default: markdown",
            "report --format html --output ci.html",
            choices=("markdown", "html", "json"),
            default="markdown",
            metavar="FORMAT",
        ),
        _option(
            "--output",
            ("report",),
            "file to write the report to; default: print it",
            "report --output ci.md",
            type=types.name,
            metavar="FILE",
        ),
        _option(
            "--top",
            ("report",),
            "rows of each list; default: 5",
            "report --top 10",
            type=types.size,
            default=5,
            metavar="N",
        ),
        _option(
            "--zone",
            ("report",),
            "time zone of the times shown; default: UTC",
            "report --zone Europe/Berlin",
            type=types.zone,
            default="UTC",
            metavar="ZONE",
        ),
    ),
    "what to show": (
        _option(
            "--progress",
            (*_LOADS, "report"),
            "live (bars), plain (lines), off, or auto: bars on a terminal, else lines",
            "--progress plain",
            choices=("auto", "live", "plain", "off"),
            default="auto",
            metavar="MODE",
        ),
        _flag(
            "--json",
            (*_LOADS, "check"),
            "print the report of a run, or what check finds, as one JSON object",
            "check --json",
        ),
        _flag("--quiet", _EVERY, "print errors only", "--quiet"),
        _flag(
            "--verbose",
            _EVERY,
            "also print dlt's log, and a traceback on errors",
            "--verbose",
        ),
        _option(
            "--version",
            _EVERY,
            "print the version and exit",
            "--version",
            action="version",
            version=f"{PROGRAM} {__version__}",
        ),
    ),
}
