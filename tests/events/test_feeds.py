"""Events that come by a queue of SQS (moto's, over HTTP) or as lines."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from buildkite_source.events import Inbox
from buildkite_source.events.counters import Counters
from buildkite_source.events.feeds import Lines, Queue, QueueError
from buildkite_source.events.inbox import InboxError

from .sending import bridged, finished


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox.sqlite")
    yield made
    made.close()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    yield
    server.stop()


def test_messages_are_deleted_once_they_are_on_disk(inbox: Inbox, aws: None) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="ci", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    build = {"uuid": "b", "number": 4, "state": "passed"}
    client.send_message(
        QueueUrl=url, MessageBody=bridged("Build Finished", {"build": build}).decode()
    )
    client.send_message(QueueUrl=url, MessageBody=finished(5).decode())
    client.send_message(QueueUrl=url, MessageBody="nonsense")
    counters, queue = Counters(), Queue("sqs://ci")

    def failing(events: object, now: float) -> list[bool]:
        raise OSError("disk")

    kept, inbox.add = inbox.add, failing  # type: ignore[method-assign, assignment]
    for _ in range(2):
        # Moto may give the bad one alone.
        try:
            queue.receive(inbox, counters, lambda: 0.0, wait=0)
        except OSError:
            break
    assert inbox.waiting() == (0, None)
    inbox.add = kept  # type: ignore[method-assign]
    while len(inbox.take(9)) < 2:
        queue.receive(inbox, counters, lambda: 0.0, wait=0)
    assert {event["build_number"] for _, event in inbox.take(9)} == {4, 5}
    left = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert [message["Body"] for message in left] == ["nonsense"]
    assert counters.refused["malformed"] >= 1


def test_a_queue_that_is_not_there_says_what_to_look_at(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QueueError, match=r"NonExistentQueue.*Check its name, the region"):
        Queue("sqs://nowhere")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(QueueError, match="NoRegionError"):
        Queue("sqs://ci")


def test_lines_are_kept_and_what_is_none_is_counted(inbox: Inbox) -> None:
    counters = Counters()
    # Editors and shells begin a file with a byte order mark.
    text = [b"\xef\xbb\xbf" + finished(1), b"", b"nonsense", finished(1), bridged("Agent Lost", {})]
    # However the pieces are cut.
    for size in (1, 7, 100, 10_000):
        lines = Lines(io.BufferedReader(io.BytesIO(b"\n".join(text)), size))
        while lines.receive(inbox, counters, lambda: 0.0):
            pass
    assert [event["event"] for _, event in inbox.take(9)] == ["build.finished", "agent.lost"]
    assert (counters.duplicates, counters.refused["malformed"]) == (10, 4)


def test_a_line_waits_for_no_others(inbox: Inbox) -> None:
    end, begin = os.pipe()
    with os.fdopen(end, "rb") as stream, os.fdopen(begin, "wb", buffering=0) as writer:
        lines = Lines(stream)
        for number in (1, 2):
            writer.write(finished(number) + b"\n" + finished(9)[:50])
            assert lines.receive(inbox, Counters(), lambda: 0.0)
            assert len(inbox.take(9)) == number
            writer.write(finished(9)[50:] + b"\n")
            assert lines.receive(inbox, Counters(), lambda: 0.0)
            inbox.loaded([at for at, event in inbox.take(9) if event["build_number"] == 9], 0.0)


def test_lines_that_the_disk_did_not_take_are_kept_later(inbox: Inbox) -> None:
    counters, text = Counters(), b"\n".join(map(finished, range(100)))
    lines = Lines(io.BufferedReader(io.BytesIO(text), len(text)))

    def drain() -> None:
        while lines.receive(inbox, counters, lambda: 0.0):
            pass

    # It may not grow: what SQLite says then is what it says of a full disk.
    inbox._connection.execute("PRAGMA max_page_count = 1")
    for _ in range(2):
        with pytest.raises(InboxError, match=r"inbox\.sqlite.* full.*room"):
            drain()
    assert inbox.waiting() == (0, None)
    inbox._connection.execute("PRAGMA max_page_count = 10000")
    drain()
    assert (inbox.waiting(), counters.received["build.finished"]) == ((100, 0.0), 100)
