"""What was typed → what to do. Nothing of dlt is imported here: help comes at once."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from itertools import chain
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
# What serves on, or would be done once with each.
_ONE_ACCOUNT = ("serve", "api", *ACTING_COMMANDS)


# What does not go together, and what to say of it.
_WRONG: tuple[tuple[Callable[[Namespace], object], str], ...] = (
    (
        lambda it: it.command == "report" and it.format == "csv",
        "argument --format: of a report: markdown, html, json or message",
    ),
    (
        lambda it: it.command == "act" and it.format not in ("markdown", "csv"),
        "argument --format: what act reads is csv, else JSON lines",
    ),
    (
        lambda it: it.command == "report" and it.yes and not it.post,
        "--yes goes with --post: a report without it is only written",
    ),
    (lambda it: it.when != "always" and not it.post, "--when goes with --post"),
    (lambda it: it.command == "build" and not it.branch, "build needs --branch BRANCH"),
    (lambda it: it.input and it.field, "--input and --field both say what is sent"),
    (lambda it: it.method and it.paginate, "--paginate reads, and goes with no --method"),
    (
        lambda it: it.command == "api" and not it.method and (it.input or it.field or it.yes),
        "--input, --field and --yes go with --method",
    ),
    (
        lambda it: it.command == "logs" and it.logs == "none",
        "argument --logs: none leaves nothing to do",
    ),
    (
        lambda it: it.command == EXPORTS and it.logs not in (None, "none", "failed", "all"),
        "argument --logs: of exports: none, failed or all",
    ),
    (
        lambda it: it.command in _ONE_ACCOUNT and len(it.account) > 1,
        "argument --account: {command} takes one",
    ),
    (lambda it: it.command == "dbt-project" and not it.to, "dbt-project needs --to FOLDER"),
    (
        # DuckDB could not tell the schema from the database, which is named after its file.
        lambda it: it.destination == "duckdb" and it.dataset == it.pipeline_name,
        "argument --dataset: {dataset} is the name of the DuckDB file",
    ),
)


def parse(argv: Sequence[str] | None) -> Namespace:
    """Parse the arguments; exits with a message on bad ones, as `argparse` does."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = _take_command(words)
    parser = build_parser(command)
    options = parser.parse_args(words)
    options.command = command or "sync"
    for option in chain(*OPTIONS.values()):
        # Whatever its type has made of it, a default looks as it did.
        value, default = vars(options).get(option.dest), parser.get_default(option.dest)
        if str(value) != str(default) and options.command not in option.commands:
            parser.error(f"{option.name} goes with {', '.join(option.commands)}")
    if options.command != "download-artifacts" and not _names(words, "--to"):
        # Its default is that of artifacts.
        options.to = None
    options.pipeline_name = DEMO_PIPELINE if options.demo else PIPELINE
    options.dataset = options.dataset or (DEMO_DATASET if options.demo else DATASET)
    for is_wrong, told in _WRONG:
        if is_wrong(options):
            parser.error(told.format(**vars(options)))
    if options.demo:
        _complete_demo(options)
    return options


def _complete_demo(options: Namespace) -> None:
    if options.command not in ("report", "publish", "retry-flakes"):
        options.since = options.since or DEMO_SINCE
    if options.command in ("sync", "dbt-project") and options.resources is None:
        # No page of the notebooks is to be empty.
        options.resources = "core,details"
        options.logs = options.logs or "failed"
        options.max_requests = options.max_requests or DEMO_REQUESTS


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of a command; of the program, which syncs, where there is none.

    It knows every argument, to say where one belongs, and helps with those of the command.
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
