"""A message is sent once, whatever the server does, and no error tells where to."""

import time
from collections.abc import Iterator
from typing import Literal
from zoneinfo import ZoneInfo

import apprise
import pytest

from buildkite_source.posting import Message, Place, PostError, message_of, places
from buildkite_source.posting.web import send_json
from buildkite_source.settings import Posting

from .digests import usual
from .receivers import SECRET, Receiver, webhook


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook() as running:
        yield running


def fails(url: str, timeout: float = 5.0) -> str:
    with pytest.raises(PostError) as told:
        send_json(url, {"text": "x"}, timeout)
    assert SECRET not in str(told.value)
    # Or a traceback would have it.
    assert told.value.__context__ is None or told.value.__suppress_context__
    return str(told.value)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_success(receiver: Receiver, status: int) -> None:
    receiver.status = status
    send_json(receiver.url, {"text": "x"}, 5.0)
    assert receiver.taken == [(f"/services/{SECRET}", {"text": "x"})]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503])
def test_a_refusal_is_not_tried_again_and_a_redirect_not_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.status = status
    receiver.body = f"bad {receiver.url} \x1b[31m{'y' * 999}".encode()
    told = fails(receiver.url)
    assert told.startswith(f"it answered with {status} (bad *** ")
    assert "\x1b" not in told
    assert told.endswith("may have been posted." if status >= 500 else "nothing was posted.")
    assert len(told) < 300
    assert len(receiver.taken) == 1


def test_an_address_that_is_sent_back_is_not_said(receiver: Receiver) -> None:
    receiver.status, receiver.body = 404, f"no /services/{SECRET}?token={SECRET}".encode()
    assert fails(f"{receiver.url}?token={SECRET}").startswith("it answered with 404 (no /***/***")


def test_silence_may_be_a_post(receiver: Receiver) -> None:
    receiver.silent = True
    assert fails(receiver.url, 0.2) == (
        "it did not answer in time; the message may have been posted."
    )
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("url", [f"nonsense {SECRET}", f"ftp://x/{SECRET}", f"http://[x/{SECRET}"])
def test_an_address_that_is_none(url: str) -> None:
    assert fails(url) == "its address is none of HTTP; nothing was posted."


def test_nobody_there() -> None:
    told = fails(f"http://127.0.0.1:9/{SECRET}")
    assert told == "it could not be reached; nothing was posted."


@pytest.mark.parametrize("drips", ["before", "after"])
@pytest.mark.parametrize("word", ["webhook", "json"])
def test_an_answer_that_never_ends_is_not_waited_for(
    receiver: Receiver, word: str, drips: Literal["before", "after"]
) -> None:
    receiver.drips = drips
    settings = Posting(webhook_url=receiver.url, timeout_seconds=0.3)
    where = word if word == "webhook" else receiver.url.replace("http", "json")
    (place,) = places([where], message_of(usual(), ZoneInfo("UTC")), {}, settings, _no_annotation)
    if word == "json":
        # What it knows takes longer to be found, once, than the bound.
        apprise.Apprise.instantiate(where)
    begun = time.monotonic()
    # The status is known by then; apprise reads on all the same.
    if (word, drips) == ("webhook", "after"):
        assert place.post() is None
    else:
        with pytest.raises(PostError, match="may have been posted") as told:
            place.post()
        assert SECRET not in str(told.value)
    assert time.monotonic() - begun < 10
    assert len(receiver.taken) == 1


def _no_annotation(message: Message) -> Place:
    raise AssertionError(message)
