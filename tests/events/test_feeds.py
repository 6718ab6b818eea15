"""Events that come by a queue of SQS (moto's, over HTTP) or as lines."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from buildkite_source.events import Inbox
from buildkite_source.events.counters import Counters
from buildkite_source.events.feeds import Queue, read_lines

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


def test_lines_are_kept_and_what_is_none_is_counted(inbox: Inbox) -> None:
    counters = Counters()
    lines = [finished(1) + b"\n", b"\n", b"nonsense\n", finished(1), bridged("Agent Lost", {})]
    read_lines(lines, inbox, counters, lambda: 0.0)
    assert [event["event"] for _, event in inbox.take(9)] == ["build.finished", "agent.lost"]
    assert (counters.duplicates, counters.refused["malformed"]) == (1, 1)
