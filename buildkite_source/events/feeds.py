"""Events from elsewhere than webhooks: JSON lines, and a queue of Amazon SQS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from typing import Any

from buildkite_source.client import BuildkiteError

from .counters import Counters
from .event import Event, MalformedEventError, event_of
from .inbox import Inbox

_BATCH = 10
_WAIT_SECONDS = 10
_CHUNK = 1 << 16


class QueueError(BuildkiteError):
    """A queue cannot be read; the text says what to do."""


class Lines:
    """JSON lines, each the body of a webhook or EventBridge's envelope, as they come.

    Args:
        stream: A file, or what a program writes now and then.
    """

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._begun: list[bytes] = []
        self._unkept: list[Event] = []

    def receive(self, inbox: Inbox, counters: Counters, clock: Callable[[], float]) -> bool:
        """Keep the events of what has come; return whether more may follow.

        A line that is none is counted, and left out. What the inbox could not take is kept by the
        next call.
        """
        if self._unkept:
            _keep(self._unkept, inbox, counters, clock)
        # Waits for something, and no longer: lines of a program that goes on are not held back.
        chunk = self._stream.read1(_CHUNK)
        lines, end, rest = chunk.rpartition(b"\n")
        if chunk and not end:
            self._begun.append(chunk)
            return True
        whole, self._begun = b"".join([*self._begun, lines]), [rest]
        self._unkept = [
            event
            for line in whole.split(b"\n")
            if line.strip()
            for event in _read(line, counters, clock)
        ]
        _keep(self._unkept, inbox, counters, clock)
        return bool(chunk)


class Queue:
    """A queue of Amazon SQS that EventBridge sends to.

    Args:
        address: `sqs://NAME`, or `sqs://HOST/ACCOUNT/NAME` as in the queue's URL. Region and
            credentials are boto3's to find.

    Raises:
        QueueError: It cannot be found.
    """

    def __init__(self, address: str) -> None:
        # An extra: whoever has no queue need not have it.
        import boto3

        self._address = address
        rest = address.removeprefix("sqs://")
        with self._explained():
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
    ) -> bool:
        """Take what the queue has, at most ten messages, and delete them once they are on disk.

        More may always follow.

        A message that is no event is counted, and left to what the queue does with such: it comes
        again until its redrive policy or its retention takes it away.

        Raises:
            QueueError: It cannot be read.
        """
        with self._explained():
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
            with self._explained():
                self._client.delete_message_batch(QueueUrl=self._url, Entries=done)
        return True

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            # What AWS says besides may quote ids of keys.
            is_answer = isinstance(error, ClientError)
            why = error.response["Error"]["Code"] if is_answer else type(error).__name__
            raise QueueError(
                f"The queue {self._address} cannot be read ({why}). Check its name, the region "
                "(AWS_DEFAULT_REGION), the network, and that these credentials may do "
                "sqs:GetQueueUrl, sqs:ReceiveMessage and sqs:DeleteMessage."
            ) from None


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
        events.clear()
