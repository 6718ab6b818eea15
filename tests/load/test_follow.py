"""When `serve` loads: what fails is tried again, and holds up nothing else."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.client import BuildkiteError
from buildkite_source.events import Inbox, event_of
from buildkite_source.events.counters import Counters
from buildkite_source.load.follow import Follower, Load
from buildkite_source.load.report import Report
from tests.events.sending import finished

AT = datetime(2026, 8, 20, tzinfo=UTC)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox")
    yield made
    made.close()


def follower(
    load: Load, inbox: Inbox, counters: Counters, tell: Callable[[str], None], *, every: float
) -> Follower:
    drained = threading.Event()
    drained.set()
    return Follower(load, inbox, counters, tell, str, gather=0, every=every, drained=drained)


def test_a_sync_that_fails_holds_up_no_events(inbox: Inbox) -> None:
    inbox.add([event_of(finished(1), AT)], 0.0)
    counters, loads = Counters(), []

    def load(hints: list[dict[str, Any]] | None = None) -> Report:
        loads.append("sync" if hints is None else "events")
        if loads == ["sync"]:
            raise BuildkiteError("The API is away.")
        return Report()

    told: list[str] = []
    follower(load, inbox, counters, told.append, every=60).follow()
    # It ends once both are done.
    assert loads == ["sync", "events", "sync"]
    assert (counters.failures, counters.loaded) == (1, 1)
    assert told[0] == "The API is away. Trying again in 2 s."


def test_a_full_disk_of_the_inbox_is_told_and_waited_for(inbox: Inbox) -> None:
    inbox.add([event_of(finished(number), AT) for number in range(3)], 0.0)
    inbox._connection.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON events BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
    )
    counters = Counters()

    def tell(text: str) -> None:
        if "disk is full" in text:
            inbox._connection.execute("DROP TRIGGER t")

    follower(lambda hints=None: Report(), inbox, counters, tell, every=0).follow()
    # Loaded twice, which changes nothing in the tables.
    assert (counters.loads["events"], counters.failures, counters.loaded) == (2, 1, 3)
    assert inbox.waiting() == (0, None)
