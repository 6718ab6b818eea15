"""Events from elsewhere than webhooks: JSON lines, and a queue of Amazon SQS."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from .counters import Counters
from .event import Event, MalformedEventError, event_of
from .inbox import Inbox

_BATCH = 10
_WAIT_SECONDS = 10
_LINES = 200


def read_lines(
    lines: Iterable[bytes], inbox: Inbox, counters: Counters, clock: Callable[[], float]
) -> None:
    """Keep the events of JSON lines: bodies of webhooks, or EventBridge's envelopes.

    A line that is none is counted, and left out.
    """
    group: list[Event] = []
    for line in lines:
        if line.strip():
            group += _read(line, counters, clock)
        if len(group) >= _LINES:
            _keep(group, inbox, counters, clock)
            group = []
    _keep(group, inbox, counters, clock)


class Queue:
    """A queue of Amazon SQS that EventBridge sends to.

    Args:
        address: `sqs://NAME`, or `sqs://HOST/ACCOUNT/NAME` as in the queue's URL. Region and
            credentials are boto3's to find.
    """

    def __init__(self, address: str) -> None:
        # An extra: whoever has no queue need not have it.
        import boto3

        rest = address.removeprefix("sqs://")
        self._client: Any = boto3.client("sqs")
        if "/" in rest:
            self._url = f"https://{rest}"
        else:
            self._url = self._client.get_queue_url(QueueName=rest)["QueueUrl"]

    def receive(
        self,
        inbox: Inbox,
        counters: Counters,
        clock: Callable[[], float],
        wait: int = _WAIT_SECONDS,
    ) -> int:
        """Take what the queue has, at most ten messages, and delete them once they are on disk.

        A message that is no event is counted, and left to what the queue does with such: it comes
        again until its redrive policy or its retention takes it away.

        Returns:
            How many messages were taken.
        """
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait
        )
        events: list[Event] = []
        done: list[dict[str, str]] = []
        for number, message in enumerate(answer.get("Messages", ())):
            found = list(_read(message["Body"].encode(), counters, clock))
            events += found
            if found:
                done.append({"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]})
        if done:
            _keep(events, inbox, counters, clock)
            # One that cannot be deleted comes again, and is known by then.
            self._client.delete_message_batch(QueueUrl=self._url, Entries=done)
        return len(done)


def _read(body: bytes, counters: Counters, clock: Callable[[], float]) -> Iterator[Event]:
    try:
        yield event_of(body, datetime.fromtimestamp(clock(), UTC))
    except MalformedEventError:
        counters.refuse("malformed")


def _keep(
    events: list[Event], inbox: Inbox, counters: Counters, clock: Callable[[], float]
) -> None:
    if events:
        for event, new in zip(events, inbox.add(events, clock()), strict=True):
            counters.receive(event["event"], new=new)
