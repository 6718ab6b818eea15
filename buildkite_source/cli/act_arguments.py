"""The commands that act, their words and arguments."""

from . import argument_types as types
from .option import Option, Word, flag, option, repeatable

ACTING_COMMANDS = {
    "act": "carry out what rows ask for: of a file, of stdin, or of a query on what is loaded",
    "build": "start a build",
    "rebuild": "build a build once more",
    "retry": "retry the failed jobs of a build",
    "cancel": "cancel a build",
}
_OF_BUILD = Word("target", "ORG/PIPELINE/NUMBER", "the build")
ACTING_WORDS = {
    "act": Word(
        "file",
        "FILE|-",
        "file of JSON lines, or of CSV if its name ends so; - for stdin",
        is_needed=False,
    ),
    "build": Word("target", "ORG/PIPELINE", "the pipeline"),
    "rebuild": _OF_BUILD,
    "retry": _OF_BUILD,
    "cancel": _OF_BUILD,
}
_SINGLE = ("build", "rebuild", "retry", "cancel")

OF_ACTING: tuple[Option, ...] = (
    option(
        "--sql",
        ("act",),
        "take rows from a query on what is loaded, which is only read",
        "act --sql \"SELECT id AS key, 'rebuild' AS action FROM builds\"",
        metavar="QUERY",
    ),
    option(
        "--branch",
        ("build",),
        "branch to build",
        "build acme/web --branch main",
        type=types.name,
        metavar="BRANCH",
    ),
    option(
        "--commit",
        ("build",),
        "commit to build; default: HEAD",
        "build acme/web --branch main --commit 3f1c0de",
        type=types.name,
        metavar="SHA",
    ),
    option(
        "--message",
        ("build",),
        "what the build says it is of",
        "build acme/web --branch main --message Nightly",
        metavar="TEXT",
    ),
    repeatable(
        "--env",
        ("build",),
        "variable of its jobs; repeatable. Its value goes to the API and is kept nowhere",
        "build acme/web --branch main --env DEPLOY=1",
        "NAME=VALUE",
        types.pair,
    ),
    repeatable(
        "--meta",
        ("build",),
        "meta-data; repeatable",
        "build acme/web --branch main --meta release=1.2",
        "NAME=VALUE",
        types.pair,
    ),
    option(
        "--states",
        ("retry",),
        "states of the jobs to retry: canceled, expired, failed, soft_failed, timed_out; default: "
        "all of them",
        "retry acme/web/12 --states failed,timed_out",
        type=types.name,
        metavar="STATES",
    ),
    option(
        "--key",
        _SINGLE,
        "key of the action: done once only, also if the command is run again; default: a new one",
        "rebuild acme/web/12 --key nightly/2026-11-30",
        type=types.name,
        metavar="KEY",
    ),
    option(
        "--reason",
        _SINGLE,
        "why, for the table actions",
        "cancel acme/web/12 --reason superseded",
        metavar="TEXT",
    ),
    flag(
        "--wait",
        ("build", "rebuild", "retry"),
        "with --yes: follow the build to its end, and exit by it: 0 if it passed, also as far as a "
        "block step, else 1",
        "rebuild acme/web/12 --yes --wait",
    ),
)
