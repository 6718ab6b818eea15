"""`buildkite-pipeline`: arguments in, a report or one paragraph of advice out."""

import contextlib
import json
import os
import traceback
from argparse import Namespace
from collections.abc import Iterator, Sequence

from .project import enter_project

# dlt reads its settings on import of some of its parts.
enter_project()

import dlt  # noqa: E402
from rich.console import Console  # noqa: E402

from buildkite_source.defaults import SINCE  # noqa: E402
from buildkite_source.load import failures, progress  # noqa: E402
from buildkite_source.load import run as runner  # noqa: E402
from buildkite_source.load.choice import CORE  # noqa: E402
from buildkite_source.load.guards import BusyError  # noqa: E402
from buildkite_source.load.views import views  # noqa: E402
from buildkite_source.settings import Connection, connection_of  # noqa: E402

from . import memory, options, terminal  # noqa: E402
from .check import check  # noqa: E402
from .check_text import as_text  # noqa: E402

_LOG_LEVEL = "RUNTIME__LOG_LEVEL"
_STOPPED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 on failure, 130 on Ctrl-C."""
    with terminal.clean_output():
        return _main(options.parse(argv))


def _main(chosen: Namespace) -> int:
    console = terminal.CleanConsole()
    voice = _Voice(console)
    code = 0
    # One account's failure is no reason to leave the next one out; Ctrl-C is.
    for account in chosen.account or [None]:
        code = max(code, _safely(chosen, account, console, voice))
        if code == _STOPPED:
            break
    return code


def _safely(chosen: Namespace, account: str | None, console: Console, voice: "_Voice") -> int:
    """Do what was asked for with one account; explain what goes wrong."""
    try:
        _set_log_level(verbose=chosen.verbose)
        if chosen.command in ("views", "status", "report"):
            _ask_destination(chosen, console)
            return 0
        memory.keep_small()
        return _of_account(chosen, account, console, voice)
    except BusyError as busy:
        # Overlapping schedules are no failure: the run under way does the work.
        voice.say(str(busy))
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if failures.stopped(error):
            voice.say("Stopped. What was loaded before is kept; run again to go on.")
            return _STOPPED
        if chosen.verbose:
            voice.say(traceback.format_exc())
        voice.say(failures.explain(error, chosen.destination))
        return 1


def _ask_destination(chosen: Namespace, console: Console) -> None:
    """Do what needs the destination only, and no token."""
    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    if chosen.command == "views":
        print(views(*target))  # noqa: T201
        return
    # What reads takes longer to import than all the rest.
    if chosen.command == "status":
        from .status import status

        print(status(*target))  # noqa: T201
    else:
        from .digests import report

        report(chosen, console)


class _Voice:
    """Speaks to the person, and never speaks a secret."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.secret = ""

    def say(self, text: str) -> None:
        if self.secret:
            text = text.replace(self.secret, "***")
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _set_log_level(*, verbose: bool) -> None:
    """Show dlt's log when asked for; its warnings and tracebacks are not for everybody.

    A level set in the environment wins.
    """
    if verbose:
        os.environ[_LOG_LEVEL] = "INFO"
    else:
        os.environ.setdefault(_LOG_LEVEL, "CRITICAL")
    dlt.current.run_context().initialize_runtime()


def _of_account(chosen: Namespace, account: str | None, console: Console, voice: _Voice) -> int:
    if account and not chosen.quiet and len(chosen.account) > 1 and not chosen.json:
        voice.say(f"Account {account}:")
    with _connection(chosen, account) as connection:
        voice.secret = (connection.access_token or "").strip()
        connection.check()
        if chosen.command == "check":
            return _found(chosen, account, connection)
        if chosen.command == "download-artifacts":
            from .downloads import download_artifacts

            return download_artifacts(chosen, connection, console)
        return _run(chosen, account, console, connection)


def _found(chosen: Namespace, account: str | None, connection: Connection) -> int:
    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    names = (*(CORE if chosen.resources is None else chosen.resources), *chosen.wish.resources)
    found = check(connection, names, chosen.optional, chosen.since or SINCE, target)
    text = json.dumps({"account": account, **found.json()}) if chosen.json else as_text(found)
    print(text)  # noqa: T201
    return 0 if found.ok else 1


@contextlib.contextmanager
def _connection(chosen: Namespace, account: str | None) -> Iterator[Connection]:
    """Give the configured API, or the built-in one of the demo for as long as it is needed."""
    if not chosen.demo:
        yield connection_of(account)
        return
    from .demo import demo_api

    with demo_api() as connection:
        yield connection


def _run(chosen: Namespace, account: str | None, console: Console, connection: Connection) -> int:
    plan = runner.Plan(
        account=account,
        pipeline_name=chosen.pipeline_name,
        destination=chosen.destination,
        dataset=chosen.dataset,
        organizations=tuple(chosen.organization),
        pipelines=tuple(chosen.pipeline),
        command=chosen.command,
        since=chosen.since,
        until=chosen.until,
        again=chosen.again,
        resources=None if chosen.resources is None else tuple(chosen.resources),
        optional=chosen.optional,
        details=chosen.wish,
    )
    mode = "off" if chosen.quiet else chosen.progress
    report = runner.run(plan, progress.create(mode, console), connection)
    if not chosen.quiet:
        print(report.text())  # noqa: T201
    if report.failed:
        raise failures.RejectedRowsError(len(report.rejected))
    return _STOPPED if report.stopped else 0
