"""`buildkite-pipeline`: arguments in, a report or one paragraph of advice out."""

import contextlib
import os
import traceback
from argparse import Namespace
from collections.abc import Iterator, Sequence

from .project import enter_project

# dlt reads its settings on import of some of its parts.
enter_project()

from rich.console import Console  # noqa: E402

from buildkite_source.source import Connection, resolve_connection  # noqa: E402

from . import failures, options, progress, runner  # noqa: E402
from .status import status  # noqa: E402


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 on failure, 130 on Ctrl-C."""
    chosen = options.parse(argv)
    if chosen.verbose:
        os.environ["RUNTIME__LOG_LEVEL"] = "INFO"
    console = Console(stderr=True)
    voice = _Voice(console)
    try:
        if chosen.command == "status":
            print(status(chosen.pipeline_name, chosen.destination, chosen.dataset))  # noqa: T201
            return 0
        with _connection(chosen) as connection:
            voice.secret = connection.access_token
            return _run(chosen, console, connection)
    except runner.BusyError as busy:
        # Overlapping schedules are no failure: the run under way does the work.
        voice.say(str(busy))
        return 0
    except KeyboardInterrupt:
        voice.say("Stopped. What was loaded before is kept; run again to go on.")
        return 130
    except Exception as error:
        if chosen.verbose:
            voice.say(traceback.format_exc())
        voice.say(failures.explain(error, chosen.destination))
        return 1


class _Voice:
    """Speaks to the person, and never speaks a secret."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.secret = ""

    def say(self, text: str) -> None:
        if self.secret:
            text = text.replace(self.secret, "***")
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _connection(chosen: Namespace) -> Iterator[Connection]:
    """Give the configured API, or the built-in one of the demo for as long as it is needed."""
    if not chosen.demo:
        yield resolve_connection()
        return
    from .demo import demo_api

    with demo_api() as connection:
        yield connection


def _run(chosen: Namespace, console: Console, connection: Connection) -> int:
    plan = runner.Plan(
        pipeline_name=chosen.pipeline_name,
        destination=chosen.destination,
        dataset=chosen.dataset,
        organizations=tuple(chosen.organization),
        pipelines=tuple(chosen.pipeline),
        command=chosen.command,
        since=chosen.since,
        until=chosen.until,
        resources=tuple(chosen.resources) if chosen.resources else None,
    )
    mode = "off" if chosen.quiet else chosen.progress
    report = runner.run(plan, progress.create(mode, console), connection)
    if not chosen.quiet:
        print(report.text())  # noqa: T201
    return 130 if report.stopped else 0
