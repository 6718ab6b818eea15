"""The commands, each with what it does, and which of them take what."""

from .act_arguments import ACTING_COMMANDS, ACTING_WORDS
from .option import Word
from .report_arguments import PUBLISH_WORD

PROGRAM = "buildkite-pipeline"

# What each does.
COMMANDS = {
    "sync": "load what is new and follow what changed; what is done without a command",
    "backfill": "only complete the history, in parts that are kept one by one",
    "logs": "only fetch logs of jobs that are loaded",
    "exports": "read build exports, builds that Buildkite has forgotten, from a bucket or folder",
    "serve": "receive events, load what they tell within seconds, and sync at an interval",
    "download-artifacts": "fetch the contents of artifacts that are loaded",
    "check": "what the token may read and whether the destination can be written; loads nothing",
    "status": "what the destination holds, and how far it is covered",
    "compact": "write the files of a destination anew, with the latest row of each id",
    "views": "only make the metric views of what is loaded anew",
    "spark-views": "register the files of the filesystem destination and the views in Spark",
    "report": "a digest of the last 7 days against the 7 before",
    "publish": "make a static site of the report and the notebooks in a folder or bucket",
    "notebooks": "open the notebooks in a browser",
    "dbt-project": "write a dbt package of the tables and the metric views into a folder",
    **ACTING_COMMANDS,
    "retry-flakes": "retry failed builds of the last hours that flaky steps alone failed",
    "api": "what the API answers at any of its addresses, as JSON; or send to one",
}
# Words behind a command.
WORDS = {
    "exports": Word(
        "place",
        "BUCKET_URL|FOLDER",
        "bucket or folder that holds buildkite/build-exports/; default: exports_from",
        is_needed=False,
    ),
    "publish": PUBLISH_WORD,
    **ACTING_WORDS,
    "api": Word(
        "address",
        "PATH",
        "address within the API, such as organizations/acme/agents or /v2/user; no URL",
    ),
}
OF_API_LOADS = ("sync", "backfill", "logs")
LOADS = (*OF_API_LOADS, "exports")
KEEPS = (*LOADS, "serve")
ASKS = (*OF_API_LOADS, "serve", "download-artifacts", "check", "api", *ACTING_COMMANDS)
EVERY = tuple(COMMANDS)
