"""What was typed → what to do. Nothing of dlt is imported here: help comes at once."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from buildkite_source.defaults import DATASET, DEMO_DATASET, DEMO_PIPELINE, EXPORTS, PIPELINE

from . import argument_types as types
from .act_arguments import ACTING_COMMANDS
from .arguments import OPTIONS
from .command_names import COMMANDS, PROGRAM, WORDS

DEMO_SINCE = "120d"
DEMO_REQUESTS = 200

_DESCRIPTION = """Load organizations, pipelines, builds and every attempt of a job from Buildkite
into DuckDB or any other dlt destination. Run it again at any time: it asks only for what is new.

commands, each with its own --help:
"""
_EPILOG = """The token comes from .dlt/secrets.toml ([sources.buildkite_source] access_token) or
from SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN. Every setting of the source can be set the same
two ways, for instance SOURCES__BUILDKITE_SOURCE__BASE_URL."""
_ONLY_WITH = {
    "json": ("sync", "backfill", "logs", "exports", "check"),
    "until": ("backfill", "report", "publish"),
    "again": ("backfill", "exports", "views"),
    "from": ("exports",),
    "output": ("report",),
    "fresh": ("check",),
    "post": ("report",),
    "fail_if": ("report",),
    "notebook": ("publish",),
    "dry_run": ("compact",),
    "yes": (*ACTING_COMMANDS, "retry-flakes", "api", "report"),
    "wait": ("build", "rebuild", "retry"),
    "sql": ("act",),
    "query": ("api",),
    "paginate": ("api",),
    "method": ("api",),
    "input": ("api",),
    "field": ("api",),
}
# What serves on, or would be done once with each.
_ONE_ACCOUNT = ("serve", "api", *ACTING_COMMANDS)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; exits with a message on bad ones, as `argparse` does."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = _take_command(words)
    parser = build_parser(command)
    options = parser.parse_args(words)
    options.command = command or "sync"
    for name, commands in _ONLY_WITH.items():
        if getattr(options, name) and options.command not in commands:
            parser.error(f"--{name.replace('_', '-')} goes with {', '.join(commands)}")
    if options.command == "report" and options.format == "csv":
        parser.error("argument --format: of a report: markdown, html, json or message")
    if options.command == "build" and not options.branch:
        parser.error("build needs --branch BRANCH")
    if options.command == "api":
        _check_api(parser, options)
    if options.command == "logs" and options.logs == "none":
        parser.error("argument --logs: none leaves nothing to do")
    options.pipeline_name = DEMO_PIPELINE if options.demo else PIPELINE
    options.dataset = options.dataset or (DEMO_DATASET if options.demo else DATASET)
    if options.demo and options.command not in ("report", "publish", "retry-flakes"):
        options.since = options.since or DEMO_SINCE
    if options.command == EXPORTS:
        if not _names(words, "--to"):
            options.to = None
        if options.logs not in (None, "none", "failed", "all"):
            parser.error("argument --logs: of exports: none, failed or all")
    if options.command in _ONE_ACCOUNT and len(options.account) > 1:
        parser.error(f"argument --account: {options.command} takes one")
    if options.command == "dbt-project" and not _names(words, "--to"):
        parser.error("dbt-project needs --to FOLDER")
    if options.demo and options.command in ("sync", "dbt-project") and options.resources is None:
        # No page of the notebooks is to be empty.
        options.resources = "core,details"
        options.logs = options.logs or "failed"
        options.max_requests = options.max_requests or DEMO_REQUESTS
    if options.destination == "duckdb" and options.dataset == options.pipeline_name:
        # DuckDB could not tell the schema from the database, which is named after its file.
        parser.error(f"argument --dataset: {options.dataset} is the name of the DuckDB file")
    return options


def _check_api(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.input and options.field:
        parser.error("--input and --field both say what is sent")
    if options.method and options.paginate:
        parser.error("--paginate reads, and goes with no --method")
    if not options.method and (options.input or options.field or options.yes):
        parser.error("--input, --field and --yes go with --method")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of a command; of the program, which syncs, where there is none.

    Every command takes every argument, wherever it stands, and helps with its own.
    """
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {command}" if command else PROGRAM,
        usage=f"{PROGRAM} {command or '[COMMAND]'} [arguments]",
        description=COMMANDS[command] if command else f"{_DESCRIPTION}{listed}",
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.HelpFormatter if command else argparse.RawDescriptionHelpFormatter,
    )
    if word := WORDS.get(command or ""):
        wanted: dict[str, Any] = {} if word.is_needed else {"nargs": "?"}
        wanted |= {"metavar": word.metavar, "help": word.meaning, "type": types.name}
        parser.add_argument(word.name, **wanted)
    for title, options in OPTIONS.items():
        group = parser.add_argument_group(title)
        loudness = group.add_mutually_exclusive_group()
        for option in options:
            told = f"{option.meaning}. Example: {option.example}"
            to = loudness if option.name in ("--quiet", "--verbose") else group
            is_own = (command or "sync") in option.commands
            names = filter(None, (option.short, option.name))
            to.add_argument(*names, help=told if is_own else argparse.SUPPRESS, **option.rest)
    return parser


def _names(words: Sequence[str], argument: str) -> bool:
    return any(word.partition("=")[0] == argument for word in words)


def _take_command(words: list[str]) -> str | None:
    """Take the command out of the words; it may stand before, after or among the arguments."""
    parser = build_parser()
    known = parser._option_string_actions
    unknown = [word for word in words if word[:2] == "--" and word.partition("=")[0] not in known]
    if unknown:
        # Else the value of a mistyped argument would be taken for the command.
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    is_value = False
    for place, word in enumerate(words):
        if not is_value and not word.startswith("-"):
            if word not in COMMANDS:
                choices = ", ".join(COMMANDS)
                parser.error(f"argument command: invalid choice: {word!r} (choose from {choices})")
            return words.pop(place)
        # An argument without `=` takes the next word, unless it is a flag.
        action = known.get(word)
        is_value = not is_value and action is not None and action.nargs is None
    return None
