"""`serve`: receives events, and keeps the tables as they tell."""

import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from buildkite_source.client import BuildkiteError
from buildkite_source.connection import open_session
from buildkite_source.events import Inbox
from buildkite_source.events.app import Door, application
from buildkite_source.events.counters import Counters
from buildkite_source.events.feeds import Lines, Queue
from buildkite_source.events.refusals import REFUSALS
from buildkite_source.events.senders import Senders
from buildkite_source.events.server import Server
from buildkite_source.load import Report, explain, load
from buildkite_source.load.follow import Follower
from buildkite_source.load.recovery import opened
from buildkite_source.printable import sentence
from buildkite_source.settings import Connection, Receiving, SettingError, configured

from .console import Voice
from .progress import create

_DAY = 86_400.0
# Seconds until events from elsewhere are asked for again after a failure.
_PAUSE = 10


def serve(chosen: Namespace, connection: Connection, voice: Voice, console: Console) -> int:
    """Receive events and load what they name, until asked to stop; return the exit code.

    Raises:
        SettingError: Nothing is to be received, or a setting cannot be used; its text names it.
    """
    settings = configured(Receiving)
    source = chosen.events or settings.events_from
    tokens = settings.tokens
    if not (tokens or source):
        raise SettingError(
            "No webhook_tokens are set, so every webhook would be refused: put the token of your "
            "webhook service into .dlt/secrets.toml, [sources.buildkite_source] webhook_tokens = "
            '["…"], or take events from elsewhere: --events sqs://QUEUE, or --events - for JSON '
            "lines. See docs/events.md."
        )
    say = _silence if chosen.quiet else voice.say
    counters, drained = Counters(first_refused=partial(_refused, say)), threading.Event()
    with ExitStack() as stack:
        inbox = stack.enter_context(_inbox(Path(settings.inbox or f"{chosen.pipeline_name}.inbox")))
        follower = Follower(
            _loads(chosen, connection, console),
            inbox,
            counters,
            say,
            lambda error: explain(error, chosen.destination),
            gather=settings.gather_seconds,
            every=settings.sync_minutes * 60,
            drained=drained,
        )
        stack.enter_context(_ending(follower))
        if tokens:
            door = Door(
                tokens,
                _prefix(settings.webhook_prefix),
                settings.replay_seconds,
                settings.most_event_bytes,
                _senders(connection, follower.stop, say) if settings.only_buildkite else None,
            )
            host, port = chosen.host or settings.host, chosen.port
            server = stack.enter_context(
                _server(
                    inbox, door, counters, settings, host, settings.port if port is None else port
                )
            )
            say(f"Webhooks: POST {server.address}{door.prefix}/webhook")
        if source:
            _feed(source, inbox, counters, follower, drained if not tokens else None, voice.say)
        follower.follow()
        count, _ = inbox.waiting()
        say(f"Stopped. {count:,} events wait on disk for the next time." if count else "Stopped.")
    return 0


def _silence(text: str) -> None:
    del text


def _refused(say: Callable[[str], None], reason: str) -> None:
    say(f"Refused: {REFUSALS[reason].meaning} ({reason}). More of them are only counted.")


def _loads(chosen: Namespace, connection: Connection, console: Console) -> Callable[..., Report]:
    settings = {
        "organizations": chosen.organization,
        "pipelines": chosen.pipeline,
        "since": chosen.since,
        "max_requests": chosen.max_requests,
        "max_age": chosen.max_age,
    }

    def run(hints: list[dict[str, Any]] | None = None) -> Report:
        # What events name takes a second or two; a first sync takes its time, and shows it.
        shown = "off" if chosen.quiet or hints is not None else chosen.progress
        target = {"destination": chosen.destination, "dataset_name": chosen.dataset}
        with opened(chosen.pipeline_name, **target) as pipeline:
            return load(
                pipeline,
                "sync",
                chosen.resources,
                chosen.logs,
                hints=hints,
                connection=connection,
                progress=create(shown, console),
                table_format=chosen.table_format,
                **settings,
            )

    return run


@contextmanager
def _inbox(file: Path) -> Iterator[Inbox]:
    inbox = Inbox(file)
    try:
        yield inbox
    finally:
        inbox.close()


@contextmanager
def _ending(follower: Follower) -> Iterator[None]:
    """Finish cleanly on Ctrl-C and SIGTERM; while a load fetches, it is asked to stop as well."""

    def end(*_: object) -> None:
        follower.stop.set()

    def terminate(*_: object) -> None:
        follower.stop.set()
        # What a load does on Ctrl-C: keep what is read, fetch no more.
        signal.raise_signal(signal.SIGINT)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, end),
        signal.SIGTERM: signal.signal(signal.SIGTERM, terminate),
    }
    try:
        yield
    finally:
        follower.stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _server(
    inbox: Inbox, door: Door, counters: Counters, settings: Receiving, host: str, port: int
) -> Server:
    app = application(inbox, door, counters)
    try:
        return Server(app, host, port, settings.trusted_proxies or ())
    except (OSError, OverflowError) as error:
        # Of a port that there is not, Python has no error of the system.
        why = sentence(getattr(error, "strerror", None) or str(error))
        raise SettingError(
            f"Nothing can be served at {host} port {port}: {why} Choose others by --host and "
            "--port, or the settings of these names."
        ) from None


def _prefix(path: str) -> str:
    plain = path.strip("/")
    return f"/{plain}" if plain else ""


def _senders(connection: Connection, stop: threading.Event, say: Callable[[str], None]) -> Senders:
    """Return the addresses Buildkite sends from, asked for once a day: new ones come with notice.

    Raises:
        BuildkiteError: They cannot be asked for.
    """
    session = open_session(connection)

    def ask() -> list[str]:
        named = session.ask("meta").items[0].get("webhook_ips")
        if not isinstance(named, list):
            raise BuildkiteError(
                "GET /v2/meta names no webhook_ips: only_buildkite cannot be kept."
            )
        return [one for one in named if isinstance(one, str)]

    senders = Senders(ask())

    def follow() -> None:
        while not stop.wait(_DAY):
            try:
                senders.replace(ask())
            except Exception as error:
                say(f"The addresses of GET /v2/meta stay as they were: {type(error).__name__}.")

    threading.Thread(target=follow, daemon=True).start()
    return senders


def _feed(
    source: str,
    inbox: Inbox,
    counters: Counters,
    follower: Follower,
    drained: threading.Event | None,
    say: Callable[[str], None],
) -> None:
    """Begin to take events from elsewhere, in a thread of its own."""
    feed = _opened(source)

    def work() -> None:
        more = True
        while more and not follower.stop.is_set():
            try:
                more = feed.receive(inbox, counters, time.time)
            except Exception as error:
                what = error if isinstance(error, BuildkiteError) else type(error).__name__
                say(f"Events cannot be taken: {what} Trying again in {_PAUSE} s.")
                follower.stop.wait(_PAUSE)
        if more:
            return
        for count, what in (
            (counters.refused["malformed"], "are no events and were left out"),
            (counters.duplicates, "are events that the inbox has had within an hour"),
        ):
            if count:
                say(f"{count:,} lines {what}.")
        if drained:
            drained.set()

    threading.Thread(target=work, daemon=True, name="feed").start()


def _opened(source: str) -> Queue | Lines:
    if source.startswith("sqs://"):
        try:
            return Queue(source)
        except ImportError:
            raise SettingError(
                "A queue of SQS needs boto3: pip install 'buildkite-source[sqs]'."
            ) from None
    if source == "-":
        return Lines(cast(BufferedReader, sys.stdin.buffer))
    try:
        return Lines(Path(source).open("rb"))  # read to its end, or to that of the process
    except OSError as error:
        raise SettingError(
            f"The setting events_from (--events) cannot be used: {source!r}: {error.strerror}. "
            "Give a file of JSON lines, - for stdin, or sqs://QUEUE."
        ) from None
