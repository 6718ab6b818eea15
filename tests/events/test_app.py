"""What receives webhooks, over HTTP: who is let in, what is refused, and what is on disk then."""

import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from buildkite_source.events import Inbox
from buildkite_source.events.app import Door, application
from buildkite_source.events.counters import Counters
from buildkite_source.events.refusals import REFUSALS
from buildkite_source.events.senders import Senders
from buildkite_source.events.server import Server

from .conftest import Receiver
from .sending import CLEAR, JSON, NOW, TOKEN, VECTOR, VECTOR_SIGNATURE, finished, signed


def test_the_documented_signature_is_accepted(receiver: Receiver) -> None:
    header = f"timestamp={int(NOW)},signature={VECTOR_SIGNATURE}"
    assert receiver.post(VECTOR, {**JSON, "X-Buildkite-Signature": header}) == 204
    assert receiver.kept() == ["build.finished"]


@pytest.mark.parametrize("at", [NOW - 299, NOW, NOW + 299])
def test_a_signature_holds_for_its_window(receiver: Receiver, at: float) -> None:
    assert receiver.post(VECTOR, signed(VECTOR, at=at)) == 204


def test_each_token_of_the_list_opens_in_both_modes(receiver: Receiver) -> None:
    assert receiver.post(finished(1), CLEAR) == 204
    assert receiver.post(finished(2), {**JSON, "X-Buildkite-Token": "an-older-token"}) == 204
    assert receiver.post(finished(3), signed(finished(3), "an-older-token")) == 204
    assert len(receiver.kept()) == 3


_OTHER = signed(b"{}")["X-Buildkite-Signature"]
_REFUSED = {
    "neither": (VECTOR, JSON, 401, "unsigned"),
    "wrong token": (VECTOR, {**JSON, "X-Buildkite-Token": "guess"}, 401, "token"),
    "empty token": (VECTOR, {**JSON, "X-Buildkite-Token": ""}, 401, "token"),
    "odd token": (VECTOR, {**JSON, "X-Buildkite-Token": "t\xe9"}, 401, "token"),
    "another body": (VECTOR, {**JSON, "X-Buildkite-Signature": _OTHER}, 401, "signature"),
    "no signature": (VECTOR, {**JSON, "X-Buildkite-Signature": ""}, 401, "signature"),
    "odd signature": (
        VECTOR,
        {**JSON, "X-Buildkite-Signature": "timestamp=²,signature=a"},
        401,
        "",
    ),
    "signature and right token": (
        VECTOR,
        {**CLEAR, "X-Buildkite-Signature": "x"},
        401,
        "signature",
    ),
    "old": (VECTOR, signed(VECTOR, at=NOW - 301), 401, "replayed"),
    "ahead": (VECTOR, signed(VECTOR, at=NOW + 301), 401, "replayed"),
    "empty key": (VECTOR, signed(VECTOR, token=""), 401, "signature"),
    "form": (VECTOR, {**CLEAR, "Content-Type": "text/plain"}, 415, "content_type"),
    "too large": (b" " * ((4 << 20) + 1), CLEAR, 413, "too_large"),
    "malformed": (b"{", CLEAR, 400, "malformed"),
    "signed and malformed": (b"[]", signed(b"[]"), 400, "malformed"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_what_is_refused_is_counted_and_not_kept(receiver: Receiver, case: str) -> None:
    body, headers, status, reason = _REFUSED[case]
    headers = {name: value.encode("latin-1") for name, value in headers.items()}  # type: ignore[misc]
    assert receiver.post(body, headers) == status  # type: ignore[arg-type]
    assert sum(receiver.counters.refused.values()) == 1
    assert not reason or receiver.counters.refused[reason] == 1
    assert receiver.kept() == []


def test_a_body_without_a_length_is_bounded_as_well(receiver: Receiver) -> None:
    parts = (b" " * (1 << 20) for _ in range(5))
    place = urlsplit(receiver.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    connection.request("POST", "/webhook", parts, CLEAR, encode_chunked=True)
    assert connection.getresponse().status == 413


def test_another_method_or_path_is_none(receiver: Receiver) -> None:
    assert requests.get(f"{receiver.address}/webhook").status_code == 405
    assert requests.post(f"{receiver.address}/other").status_code == 404


def test_the_same_event_twice_is_accepted_and_kept_once(receiver: Receiver) -> None:
    assert receiver.post(finished(1), CLEAR) == receiver.post(finished(1), CLEAR) == 204
    assert receiver.kept() == ["build.finished"]
    assert receiver.counters.duplicates == 1


def test_concurrent_requests_are_all_on_disk_when_answered(receiver: Receiver) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: receiver.post(finished(n), CLEAR), range(200)))
    assert answers == [204] * 200
    assert len(receiver.kept()) == 200


def test_health_and_figures_show_no_token(receiver: Receiver) -> None:
    receiver.post(finished(1), CLEAR)
    receiver.post(json.dumps({"event": 'a"b\\c'}).encode(), CLEAR)
    receiver.post(VECTOR, JSON)
    assert requests.get(f"{receiver.address}/healthz").text == "ok\n"
    text = requests.get(f"{receiver.address}/metrics").text
    assert 'buildkite_pipeline_events_received_total{event="build.finished"} 1\n' in text
    assert 'buildkite_pipeline_events_received_total{event="a\\"b\\\\c"} 1\n' in text
    assert 'buildkite_pipeline_events_refused_total{reason="unsigned"} 1\n' in text
    assert "buildkite_pipeline_events_waiting 2\n" in text
    assert TOKEN not in text


def test_a_full_disk_is_a_refusal_that_can_be_tried_again(receiver: Receiver) -> None:
    pages = receiver.inbox._connection.execute("PRAGMA page_count").fetchone()[0]
    receiver.inbox._connection.execute(f"PRAGMA max_page_count = {pages}")
    answers = [receiver.post(finished(number), CLEAR) for number in range(20)]
    assert 503 in answers
    kept = len(receiver.kept())
    assert kept == answers.count(204)
    receiver.inbox._connection.execute("PRAGMA max_page_count = 100000")
    assert receiver.post(finished(99), CLEAR) == 204


class TestBehindAProxy:
    @pytest.fixture
    def door(self) -> Door:
        senders = Senders(["203.0.113.0/24", "2001:db8::1", "nonsense"])
        return Door(tokens=(TOKEN.encode(),), prefix="/ci/", senders=senders)

    def test_a_foreign_sender_is_refused_whatever_it_claims(self, receiver: Receiver) -> None:
        claimed = {**CLEAR, "X-Forwarded-For": "203.0.113.9"}
        assert receiver.post(finished(1), claimed) == 403
        assert receiver.counters.refused["sender"] == 1

    def test_addresses(self, door: Door) -> None:
        assert door.senders
        for address in ("203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9"):
            assert door.senders.may_send(address)
        for address in ("203.0.114.9", "", "2001:db8::2", "x"):
            assert not door.senders.may_send(address)


def test_a_trusted_proxy_tells_who_sends(tmp_path: Path) -> None:
    door = Door(tokens=(TOKEN.encode(),), senders=Senders(["203.0.113.0/24"]))
    inbox = Inbox(tmp_path / "inbox")
    app = application(inbox, door, Counters(), lambda: NOW)
    with Server(app, "127.0.0.1", 0, ["127.0.0.1"]) as server:
        for sender, status in (("203.0.113.9", 204), ("198.51.100.1", 403)):
            headers = {**CLEAR, "X-Forwarded-For": sender}
            url = f"{server.address}/webhook"
            assert requests.post(url, finished(1), headers=headers).status_code == status
    inbox.close()


def test_every_refusal_stands_in_the_docs_with_its_status() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "events.md").read_text().splitlines()
    for reason, refusal in REFUSALS.items():
        (line,) = [line for line in lines if line.startswith("| ") and f"`{reason}`" in line]
        assert re.search(rf"{refusal.status} (`\w+`(, )?)*`{reason}`", line), line
