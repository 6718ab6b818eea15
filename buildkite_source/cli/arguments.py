"""The arguments, each with what it means and an example."""

from buildkite_source.defaults import DATASET, DEMO_PIPELINE, __version__

from . import argument_types as types
from .act_arguments import ACTING_COMMANDS, OF_ACTING
from .api_arguments import OF_API
from .command_names import ASKS, EVERY, KEEPS, LOADS, PROGRAM
from .details_arguments import OF_DETAILS
from .option import Option, flag, option, repeatable
from .report_arguments import OF_REPORT

OPTIONS: dict[str, tuple[Option, ...]] = {
    "what to load": (
        repeatable(
            "--organization",
            (*KEEPS, "download-artifacts", "report", "retry-flakes"),
            "this organization; repeatable; default: all the token sees",
            "--organization acme",
            "SLUG",
        ),
        repeatable(
            "--pipeline",
            (*KEEPS, "download-artifacts", "report", "retry-flakes"),
            "this pipeline; repeatable; default: all, but retry-flakes leaves those alone that "
            "deploy, unless they are named",
            "--pipeline web --pipeline api",
            "SLUG",
        ),
        option(
            "--since",
            ("sync", "backfill", "serve", "check", "report", "publish", "retry-flakes"),
            "how far back the history of builds is to reach, or a report, or failures to retry: a "
            "date or a duration; default: 30 days on the first run, later runs go on from the "
            "last; 7 days for a report, 6 hours for failures",
            "--since 90d",
            type=types.since,
            metavar="WHEN",
        ),
        option(
            "--until",
            ("backfill", "report", "publish"),
            "up to when a backfill or a report is to reach; default: now",
            "backfill --since 90d --until 30d",
            type=types.since,
            metavar="WHEN",
        ),
        option(
            "--from",
            ("exports",),
            "first date of the exports to read, as their folders have it; default: all",
            "exports s3://acme --from 2026-01-31",
            metavar="DATE",
        ),
        flag(
            "--again",
            ("backfill", "exports", "views"),
            "read the span of a backfill, or exports, anew, whatever earlier runs know of it; or "
            "work out anew what metric views keep in tables",
            "backfill --since 7d --again",
        ),
        option(
            "--resources",
            ("sync", "backfill", "serve", "check", "dbt-project"),
            "these tables only, or groups of them: core (default), details, logs, account, "
            "organization, teams, agents, clusters, automation, test-engine, packages, all. "
            "Details cost a request for each build or job; docs/resources.md tells what each costs",
            "--resources core,details",
            type=types.resources,
            metavar="NAMES",
        ),
        repeatable(
            "--account",
            ASKS,
            "use the token of [sources.buildkite_source.accounts.NAME]; repeatable, one after the "
            "other into one dataset",
            "--account work --account home",
            "NAME",
        ),
    ),
    "events": (
        option(
            "--events",
            ("serve",),
            "take events from sqs://QUEUE (of EventBridge), a file of JSON lines, or - for stdin; "
            "without webhook_tokens, nothing is listened to",
            "serve --events sqs://buildkite-events",
            metavar="FROM",
        ),
        option(
            "--host",
            ("serve",),
            "address to listen on; default: 127.0.0.1, for a proxy with TLS on this machine",
            "serve --host 10.0.0.5",
            type=types.name,
            metavar="ADDRESS",
        ),
        option(
            "--port",
            ("serve",),
            "port to listen on; default: 8737",
            "serve --port 9000",
            type=types.port,
            metavar="PORT",
        ),
    ),
    "details, within a budget": OF_DETAILS,
    "where the data is": (
        option(
            "--destination",
            EVERY,
            "any dlt destination; default: duckdb",
            "--destination postgres",
            type=types.name,
            default="duckdb",
            metavar="NAME",
        ),
        option(
            "--dataset",
            EVERY,
            f"dataset (schema) of the tables; default: {DATASET}",
            "--dataset ci",
            type=types.name,
            metavar="NAME",
        ),
        option(
            "--table-format",
            KEEPS,
            "keep tables in files as delta or iceberg, for a destination that can, such as "
            "filesystem; default: what the dataset has already, else plain files",
            "--destination filesystem --table-format delta",
            choices=("delta", "iceberg"),
            metavar="FORMAT",
        ),
        flag(
            "--demo",
            EVERY,
            "a made-up company from the built-in local API; needs no token, and keeps to a "
            f"pipeline, dataset and file of its own ({DEMO_PIPELINE})",
            "--demo",
        ),
    ),
    "what to write, and where": (
        repeatable(
            "--path",
            ("download-artifacts",),
            "artifacts whose whole path matches; * stands for anything, slashes too; repeatable; "
            "default: all",
            "download-artifacts --path '*junit*.xml'",
            "PATTERN",
        ),
        option(
            "--to",
            ("download-artifacts", "dbt-project", "exports"),
            "folder, or for artifacts URL of a bucket that fsspec knows; default of artifacts: "
            "artifacts. Or the date up to which to read exports, itself left out",
            "download-artifacts --to s3://bucket/ci",
            type=types.name,
            default="artifacts",
            metavar="TARGET",
        ),
    ),
    "what to compact": (
        flag(
            "--dry-run",
            ("compact",),
            "change nothing, and say what would be done",
            "compact --destination filesystem --dry-run",
        ),
    ),
    "what to alert on": (
        option(
            "--fresh",
            ("check",),
            "exit with 1 if the data of an organization is older than that, or none is loaded: "
            "what counts is when a run last followed changes",
            "check --fresh 2h",
            type=types.duration,
            metavar="DURATION",
        ),
    ),
    "how to report, and where": OF_REPORT,
    "what to do": (
        flag(
            "--yes",
            (*ACTING_COMMANDS, "retry-flakes", "api", "report"),
            "do it, and not only say what",
            "retry-flakes --yes",
        ),
    ),
    "what to act on": OF_ACTING,
    "what to ask of the API": OF_API,
    "what to show": (
        option(
            "--progress",
            EVERY,
            "live (bars), plain (lines), off, or auto: bars on a terminal, else lines",
            "--progress plain",
            choices=("auto", "live", "plain", "off"),
            default="auto",
            metavar="MODE",
        ),
        flag(
            "--json",
            (*LOADS, "check"),
            "print the report of a run, or what check finds, as one JSON object",
            "check --json",
        ),
        flag("--quiet", EVERY, "print errors only", "--quiet"),
        flag(
            "--verbose",
            EVERY,
            "also print dlt's log, and a traceback on errors",
            "--verbose",
        ),
        option(
            "--version",
            EVERY,
            "print the version and exit",
            "--version",
            action="version",
            version=f"{PROGRAM} {__version__}",
        ),
    ),
}
