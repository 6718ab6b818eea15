"""The inbox: what is on disk stays until it is loaded, whatever dies."""

import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.events import Inbox, event_of
from buildkite_source.events.inbox import InboxError

from .sending import finished

AT = datetime(2026, 8, 20, tzinfo=UTC)


def events(*numbers: int) -> list[dict[str, Any]]:
    return [event_of(finished(number), AT) for number in numbers]


def numbers(inbox: Inbox) -> list[int]:
    return [event["build_number"] for _, event in inbox.take(100)]


def test_what_is_taken_waits_until_it_is_loaded(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    assert inbox.add(events(1, 2, 1, 3), 100.0) == [True, True, False, True]
    taken = inbox.take(2)
    inbox.close()
    inbox = Inbox(tmp_path / "inbox.sqlite")
    assert numbers(inbox) == [1, 2, 3]
    inbox.loaded([position for position, _ in taken], 110.0)
    assert numbers(inbox) == [3]
    assert inbox.waiting() == (1, 100.0)


def test_a_loaded_event_is_known_for_an_hour(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.add(events(1), 0.0)
    inbox.loaded([position for position, _ in inbox.take(9)], 10.0)
    assert inbox.add(events(1), 3000.0) == [False]
    inbox.loaded([], 3700.0)
    assert inbox.add(events(1), 3700.0) == [True]
    assert numbers(inbox) == [1]


def test_all_or_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    broken = [*events(1), {"event": "no id"}]
    with pytest.raises(KeyError):
        inbox.add(broken, 0.0)
    nameless = {**events(2)[0], "id": None}
    inbox._connection.execute(
        "CREATE TRIGGER t BEFORE INSERT ON events WHEN NEW.received > 5 "
        "BEGIN SELECT RAISE(FAIL, 'disk'); END"
    )
    with pytest.raises(InboxError):
        inbox.add([*events(3), nameless], 9.0)
    assert inbox.add(events(4), 0.0) == [True]
    assert numbers(inbox) == [4]


def test_one_process_has_it_and_its_owner_alone_may_read(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    with pytest.raises(InboxError, match="Another process"):
        Inbox(tmp_path / "inbox.sqlite")
    assert (tmp_path / "inbox.sqlite").stat().st_mode & 0o077 == 0
    inbox.close()


def test_what_cannot_be_an_inbox_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is no database, and nobody ever said it was.")
    for file in (tmp_path, tmp_path / "notes.txt", tmp_path / "notes.txt" / "inbox"):
        with pytest.raises(InboxError, match=f"{re.escape(str(file))}, cannot be used"):
            Inbox(file)


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from buildkite_source.events import Inbox, event_of
from tests.events.sending import finished
inbox = Inbox(Path(sys.argv[1]))
at = datetime(2026, 8, 20, tzinfo=UTC)
number = int(sys.argv[2])
while True:
    group = [event_of(finished(each), at) for each in range(number, number + 3)]
    inbox.add(group, 0.0)
    number += 3
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_told_to_be_kept_outlives_kill_9(tmp_path: Path) -> None:
    file, told = tmp_path / "inbox.sqlite", 0
    for many in (1, 40, 200):
        command = [sys.executable, "-c", _WRITER, str(file), str(told)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        assert writer.stdout
        for _ in range(many):
            told = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
        writer.wait()
        # What was written and not read before the kill was told as well; half a line was not.
        whole = [line for line in rest if line and int(line) > told]
        told = max([told, *map(int, whole[:-1])])
        inbox = Inbox(file)
        kept = {event["build_number"] for _, event in inbox.take(100_000)}
        inbox.close()
        assert kept >= set(range(told))
        told = max(kept) + 1
