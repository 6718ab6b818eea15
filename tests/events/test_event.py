from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_source.events import MalformedEventError, event_of, hints_of
from buildkite_source.tables import EVENTS

from .sending import VECTOR, bridged, finished

AT = datetime(2026, 8, 20, 9, 16, 42, tzinfo=UTC)


def test_a_webhook_and_its_twin_of_eventbridge_have_one_form() -> None:
    hook = event_of(finished(7), AT)
    build = {"uuid": "build-7", "number": 7, "state": "passed"}
    build |= {"started_at": None, "finished_at": "2026-08-20 09:16:40 UTC"}
    bridge = event_of(
        bridged("Build Finished", {"build": build, "pipeline": {"uuid": "p", "slug": "web"}}), AT
    )
    same = ("event", "build_id", "build_number", "build_state", "build_finished_at")
    same += ("organization_slug", "pipeline_slug", "object_id", "occurred_at", "received_at")
    assert {name: hook[name] for name in same} == {name: bridge[name] for name in same}
    assert hook["occurred_at"] == "2026-08-20T09:16:40Z"
    assert (bridge["organization_id"], bridge["sent_by"]) == ("organization-1", "eventbridge")


def test_every_field_of_an_event_is_a_column() -> None:
    columns = {column.path for column in EVENTS.columns} - {"@fetched_at"}
    assert set(event_of(VECTOR, AT)) == columns


def test_a_block_is_told_by_the_state_even_if_the_kind_says_finished() -> None:
    detail = {"build": {"uuid": "b", "number": 1, "state": "blocked"}}
    for kind in ("Build Finished", "Build Blocked"):
        event = event_of(bridged(kind, detail), AT)
        assert (event["event"], event["build_blocked"]) == ("build.finished", True)


def test_the_same_event_sent_again_has_the_same_id_and_another_state_another() -> None:
    later = datetime(2026, 8, 20, 10, tzinfo=UTC)
    first = event_of(finished(7), AT)["id"]
    assert event_of(finished(7), later)["id"] == first
    assert event_of(finished(7, state="failed"), AT)["id"] != first
    assert event_of(finished(7, finished_at="2026-08-20 09:30:00 UTC"), AT)["id"] != first
    assert event_of(finished(8), AT)["id"] != first


def test_secrets_and_people_are_not_kept() -> None:
    planted = {
        "env": {"KEY": "PLANTED"},
        "message": "PLANTED",
        "creator": {"name": "PLANTED", "email": "PLANTED"},
        "meta_data": {"a": "PLANTED"},
    }
    kept = orjson.dumps(event_of(finished(7, **planted), AT))
    assert b"PLANTED" not in kept
    assert b"Kim" not in kept
    agent = {"uuid": "a", "name": "one", "ip_address": "203.0.113.7", "meta_data": ["queue=x"]}
    token = {"uuid": "t", "description": "d", "token": "PLANTED"}
    kept = orjson.dumps(event_of(bridged("Agent Connected", {"agent": agent, "token": token}), AT))
    assert b"PLANTED" not in kept
    assert b"203.0" not in kept


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"{}", b'{"event": 3}', b"\xff{}"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedEventError):
        event_of(body, AT)


def test_unknown_names_are_accepted_also_from_the_header() -> None:
    assert event_of(b'{"event":"build.pondered"}', AT)["event"] == "build.pondered"
    assert event_of(b"{}", AT, "job.dreamt")["event"] == "job.dreamt"
    assert event_of(bridged("Queue Moved", {}), AT)["event"] == "Queue Moved"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["build", "job", "agent", "pipeline", "organization"]), _JSON),
    st.dictionaries(st.sampled_from(["id", "number", "state", "created_at", "url"]), _JSON),
)
def test_whatever_is_sent_is_kept_as_plain_values(outer: dict, inner: dict) -> None:
    sent = {"event": "x", "build": inner, **outer}
    try:
        body = orjson.dumps(sent)
    except TypeError:  # an integer that is too large for JSON here
        return
    event = event_of(body, AT)
    assert all(isinstance(value, str | int | bool | None) for value in event.values())
    hints_of([event])


def test_hints_name_each_build_once_with_all_that_is_known_of_it() -> None:
    bridge = bridged("Job Started", {"job": {"uuid": "j"}, "build": {"uuid": "build-7"}})
    events = [event_of(body, AT) for body in (bridge, finished(7), finished(8), bridge)]
    first, second = hints_of(events)
    assert (first.build_id, first.number, first.scope) == ("build-7", 7, "acme/pipelines/web")
    assert first.created_at == datetime(2026, 8, 20, 9, tzinfo=UTC)
    assert second.build_id == "build-8"
