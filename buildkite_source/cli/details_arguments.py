"""The arguments that say which details and logs are fetched, and for how much."""

from buildkite_source.defaults import MAX_REQUESTS

from . import argument_types as types
from .command_names import KEEPS, LOADS, OF_API_LOADS
from .option import Option, flag, option, repeatable

OF_DETAILS: tuple[Option, ...] = (
    option(
        "--logs",
        (*KEEPS, "check", "dbt-project"),
        "fetch job logs: failed, all, none, or, but for exports, a condition in SQL on the "
        "table jobs; default: none, and failed with the command logs",
        "--logs failed",
        metavar="WHICH",
    ),
    option(
        "--log-tail",
        OF_API_LOADS,
        "fetch only the end of each log",
        "--log-tail 64K",
        type=types.size,
        metavar="BYTES",
    ),
    flag(
        "--log-raw",
        LOADS,
        "also keep each line of a log as it came, in job_log_lines.raw",
        "--log-raw",
    ),
    repeatable(
        "--env-key",
        ("sync", "backfill"),
        "variable that job_env keeps; repeatable",
        "--resources job_env --env-key BUILDKITE_PLUGINS",
        "NAME",
    ),
    option(
        "--max-requests",
        (*OF_API_LOADS, "serve", "download-artifacts"),
        "requests to spend on details and logs in one run; what does not fit waits for the "
        f"next; default: {MAX_REQUESTS}",
        "--max-requests 2000",
        type=types.size,
        metavar="N",
    ),
    option(
        "--max-bytes",
        (*OF_API_LOADS, "download-artifacts"),
        "bytes of logs to fetch in one run; default: any number",
        "--max-bytes 2G",
        type=types.size,
        metavar="BYTES",
    ),
    option(
        "--max-age",
        (*OF_API_LOADS, "serve", "download-artifacts"),
        "builds and jobs created earlier get no details and no logs: a date or a duration; "
        "default: 30d",
        "--max-age 7d",
        type=types.since,
        metavar="WHEN",
    ),
)
