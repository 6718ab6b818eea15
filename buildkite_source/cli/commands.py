"""What each command does: a report or one paragraph of advice comes out."""

import contextlib
import json
import os
import traceback
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir
from rich.console import Console

from buildkite_source.defaults import EXPORTS, SINCE
from buildkite_source.load import BusyError, RejectedRowsError, Report, explain, load
from buildkite_source.load.advice import stopped
from buildkite_source.load.choice import chosen as choice_of
from buildkite_source.load.recovery import opened
from buildkite_source.load.report import lies_in
from buildkite_source.load.views import make_views
from buildkite_source.settings import Connection, Receiving, configured, connection_of
from buildkite_source.warehouse.local_folder import folder_now, folder_of, settle
from buildkite_source.warehouse.reader import Dataset, Reader

from . import memory
from .act_arguments import ACTING_COMMANDS
from .console import CleanConsole, Voice
from .progress import create

_LOG_LEVEL = "RUNTIME__LOG_LEVEL"
_STOPPED = 130
# What needs the destination only, and no token, or not always.
_ASK_DESTINATION = (
    "views",
    "spark-views",
    "status",
    "report",
    "publish",
    "notebooks",
    "compact",
    "dbt-project",
    "retry-flakes",
)
# What nobody else does meanwhile.
_ACT = (*ACTING_COMMANDS, "retry-flakes", "api")


def run(chosen: Namespace) -> int:
    """Do what was asked for, with one account after the other, and return the exit code."""
    console = CleanConsole()
    voice = Voice(console)
    code = 0
    # One account's failure is no reason to leave the next one out; Ctrl-C is.
    for account in chosen.account or [None]:
        code = max(code, _safely(chosen, account, console, voice))
        if code == _STOPPED:
            break
    return code


def _safely(chosen: Namespace, account: str | None, console: Console, voice: Voice) -> int:
    """Do what was asked for with one account; explain what goes wrong."""
    try:
        _set_log_level(verbose=chosen.verbose)
        if chosen.command in _ASK_DESTINATION:
            return _ask_destination(chosen, console, voice)
        memory.keep_small()
        return _of_account(chosen, account, console, voice)
    except BusyError as busy:
        other = _other_project(chosen)
        voice.say(other or str(busy))
        # Overlapping schedules are no failure: the run under way does the work, but no action.
        return int(bool(other) or chosen.command in _ACT)
    except (Exception, KeyboardInterrupt) as error:
        if stopped(error):
            voice.say("Stopped. What was loaded before is kept; run again to go on.")
            return _STOPPED
        if chosen.verbose:
            voice.say(traceback.format_exc())
        voice.say(explain(error, chosen.destination))
        return 1


def _other_project(chosen: Namespace) -> str:
    """Return what to say where the run under way loads into files of another project, else ""."""
    target = Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset)
    shared = Path(get_dlt_pipelines_dir()) / target.pipeline
    other = folder_of(shared)
    if not other or (here := folder_now(other)) == other:
        return ""
    if not lies_in(Reader(target).origin, here):
        return ""
    return (
        f"A run of {target.pipeline} is under way in {other}, and nothing is done in {here}: both "
        f"share dlt's folder {shared}. Run again after it, or set DLT_DATA_DIR to one of this "
        "project's own."
    )


def _ask_destination(chosen: Namespace, console: Console, voice: Voice) -> int:
    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    if chosen.command == "views":
        name, destination, dataset = target
        pipeline = dlt.pipeline(name, destination=destination, dataset_name=dataset)
        settle(pipeline)
        progress = create("off" if chosen.quiet else chosen.progress, console)
        told, whole = make_views(pipeline, progress, anew=chosen.again)
        print(told)  # noqa: T201
        return 0 if whole else 1
    # What reads takes longer to import than all the rest.
    if chosen.command == "spark-views":
        from .spark_views import spark_views

        return spark_views(chosen)
    if chosen.command == "status":
        from .status import status

        print(status(*target))  # noqa: T201
        return 0
    if chosen.command == "dbt-project":
        from .dbt_projects import dbt_project

        told = dbt_project(chosen)
        if not chosen.quiet:
            print(told)  # noqa: T201
        return 0
    if chosen.command == "notebooks":
        from .notebooks import open_notebooks

        return open_notebooks(*target)
    if chosen.command == "retry-flakes":
        from .flake_retries import retry_flakes

        return retry_flakes(chosen, voice)
    if chosen.command == "compact":
        from .compaction import compact_files

        compact_files(chosen, console)
        return 0
    if chosen.command == "publish":
        from .publishing import publish

        return publish(chosen, voice)
    from .digests import report

    return report(chosen, console, voice)


def _set_log_level(*, verbose: bool) -> None:
    """Show dlt's log when asked for; its warnings and tracebacks are not for everybody.

    A level set in the environment wins.
    """
    if verbose:
        os.environ[_LOG_LEVEL] = "INFO"
    else:
        os.environ.setdefault(_LOG_LEVEL, "CRITICAL")
    dlt.current.run_context().initialize_runtime()


def _of_account(chosen: Namespace, account: str | None, console: Console, voice: Voice) -> int:
    if account and not chosen.quiet and len(chosen.account) > 1 and not chosen.json:
        voice.say(f"Account {account}:")
    with _connection(chosen, account) as connection:
        voice.secrets = [(connection.access_token or "").strip()]
        if chosen.command != EXPORTS:
            connection.credential()
            connection.check()
        if chosen.command == "check":
            return _check(chosen, account, connection, voice)
        if chosen.command == "serve":
            from .serving import serve

            voice.secrets += [token.decode() for token in configured(Receiving).tokens]
            return serve(chosen, connection, voice, console)
        if chosen.command in ACTING_COMMANDS:
            from .acting import act

            return act(chosen, connection, voice)
        if chosen.command == "api":
            from .api_calls import ask_api, send_to_api

            return (send_to_api if chosen.method else ask_api)(chosen, connection, voice)
        if chosen.command == "download-artifacts":
            from .downloads import download_artifacts

            return download_artifacts(chosen, connection, console)
        return _load(chosen, account, console, connection)


def _check(chosen: Namespace, account: str | None, connection: Connection, voice: Voice) -> int:
    from .check import check
    from .check_text import as_text

    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    choice = choice_of(chosen.resources, chosen.logs)
    names = (*choice.lists, *choice.details)
    since = chosen.since or SINCE
    found = check(connection, names, choice.optional, since, target, chosen.fresh)
    if chosen.json:
        print(json.dumps({"account": account, **found.json()}))  # noqa: T201
    elif not chosen.quiet:
        print(as_text(found))  # noqa: T201
    elif found.errors:
        voice.say("\n".join(found.errors))
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


def _load(chosen: Namespace, account: str | None, console: Console, connection: Connection) -> int:
    settings = {
        "organizations": chosen.organization,
        "pipelines": chosen.pipeline,
        "since": chosen.since,
        "until": chosen.until,
        "again": chosen.again or None,
        "log_tail": chosen.log_tail,
        "log_raw": chosen.log_raw or None,
        "env_keys": chosen.env_key,
        "max_requests": chosen.max_requests,
        "max_bytes": chosen.max_bytes,
        "max_age": chosen.max_age,
    }
    if chosen.command == EXPORTS:
        settings |= {
            "exports_from": chosen.place,
            "exports_since": vars(chosen)["from"],
            "exports_until": chosen.to,
        }
    target = {"destination": chosen.destination, "dataset_name": chosen.dataset}
    with opened(chosen.pipeline_name, **target) as pipeline:
        try:
            report = load(
                pipeline,
                chosen.command,
                chosen.resources,
                chosen.logs,
                account=account,
                connection=connection,
                progress=create("off" if chosen.quiet else chosen.progress, console),
                table_format=chosen.table_format,
                **settings,
            )
        except RejectedRowsError as failed:
            _show(failed.report, chosen)
            raise
    _show(report, chosen)
    return _STOPPED if report.stopped else 0


def _show(report: Report, chosen: Namespace) -> None:
    if not chosen.quiet:
        print(json.dumps(report.asdict()) if chosen.json else report)  # noqa: T201
