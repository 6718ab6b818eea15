"""A token is kept nowhere, whatever object it comes in and whatever is asked for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import (
    AUDIT_EVENTS,
    NOTIFICATION_SERVICES,
    PIPELINE_SCHEDULES,
    Shaper,
    Table,
)

from ..client.examples import examples
from .organization_pages import EACH_TABLE, family, full, load_rows, text_of
from .pages import FAMILIES, item, rows, shape

TOKEN = "bkua_planted"
SERVICES = Shaper((NOTIFICATION_SERVICES,))


def planted_in_objects(value: Any) -> Any:
    """Return a value with tokens in each object in it."""
    if isinstance(value, list):
        return [planted_in_objects(element) for element in value]
    if isinstance(value, dict):
        inner = {name: planted_in_objects(one) for name, one in value.items()}
        return inner | {"token": TOKEN, "api_token": [TOKEN]}
    return value


@EACH_TABLE
@pytest.mark.parametrize("unknown", [{}, {"unheard_of": {"a": [{}]}}], ids=["known", "unknown"])
def test_no_token_of_an_organization_is_kept(table: Table, unknown: dict[str, Any]) -> None:
    tables = family(table)
    for read in (tables, tuple(one.without_secrets() for one in tables)):
        raw = json.dumps(planted_in_objects(full(table) | unknown)).encode()
        assert TOKEN.encode() in raw
        assert TOKEN not in text_of(read, raw)


@pytest.mark.parametrize("name", FAMILIES)
def test_no_token_of_pipelines_and_builds_is_kept(name: str) -> None:
    value = {"id": "x", "provider": {"settings": {}}, "meta_data": {}, "jobs": [{"id": "j"}]}
    loaded = shape(FAMILIES[name], [item(json.dumps(planted_in_objects(value)).encode())])
    assert TOKEN not in str([table.to_pylist() for table in loaded.values()])


def settings(text: str) -> Any:
    """Return what is kept of the JSON text of a service's settings."""
    raw = f'{{"id": "s", "settings": {text}}}'.encode()
    (row,) = rows(NOTIFICATION_SERVICES, SERVICES(NOTIFICATION_SERVICES, [item(raw)]))
    return row["settings"]


@pytest.mark.parametrize(
    "written",
    [
        '{"token": "T"}',
        '{"\\u0074oken": "T"}',
        '{"api\\u005Ftoken": "T"}',
        '{"token": "a", "token": "T"}',
        '{"a": {"token": "T"}, "a": {}}',
        '[{"a": [[{"token": {"secret": ["T"]}}]]}]',
        '{"token" : "T", "n": 1e999}',
    ],
)
def test_a_token_is_found_however_it_is_written(written: str) -> None:
    assert TOKEN not in str(settings(written.replace("T", TOKEN)))


@pytest.mark.parametrize(
    "text",
    [
        '{"tokens": 2, "a": "token", "Token": "x", "my_token": {"b": [1.5, null]}}',
        '{"a": "\\u003cb\\u003e\\u0041"}',
        '"token"',
        "[]",
        "17",
        '{"a": "\\"token\\": 1"}',
    ],
)
def test_what_is_no_token_stays(text: str) -> None:
    assert settings(text) == json.loads(text)


NESTED = st.recursive(
    st.none() | st.sampled_from([0, 2.5, "token", 'a "token" b', "ä"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["token", "api_token", "a", 'x"token']), inner)
    ),
    max_leaves=8,
)


def stripped(value: Any) -> Any:
    if isinstance(value, list):
        return [stripped(element) for element in value]
    if isinstance(value, dict):
        return {k: stripped(v) for k, v in value.items() if k not in ("token", "api_token")}
    return value


@given(value=NESTED, ascii_only=st.booleans())
@examples(100)
def test_exactly_the_tokens_are_taken_out(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert settings(text) == stripped(value)


def test_settings_are_kept_but_for_their_token_when_they_are_asked_for() -> None:
    service = {"id": "s", "settings": {"url": "https://hooks", "token": TOKEN, "list": ["a"]}}
    (row,) = load_rows(NOTIFICATION_SERVICES, [service])
    assert row["settings"] == {"url": "https://hooks", "list": ["a"]}
    hidden = text_of((NOTIFICATION_SERVICES.without_secrets(),), json.dumps(service).encode())
    assert "hooks" not in hidden


def test_an_audit_event_tells_what_changed_but_for_credentials() -> None:
    changes = {"name": ["a", "b"], "env": {"A": "secret"}, "steps": [], "webhook_url": "https://x"}
    event = {"uuid": "e", "data": {"changes": [changes]}, "context": {"type": "API", "env": 1}}
    (row,) = load_rows(AUDIT_EVENTS, [event])
    assert row["data"] == {"changes": [{"name": ["a", "b"]}]}
    assert row["context"] == {"type": "API"}
    (row,) = load_rows(AUDIT_EVENTS, [{"uuid": "e", "data": None}])
    assert (row["data"], row["context"]) == (None, None)


def test_a_hidden_environment_of_another_shape_stays_hidden() -> None:
    reduced = (PIPELINE_SCHEDULES.without_secrets(),)
    for env in ({"A": "secret"}, "A=secret", [{"env": "secret"}]):
        raw = json.dumps({"id": "s", "env": env, "pipeline": [{"env": env}], "new": {"env": env}})
        assert "secret" not in text_of(reduced, raw.encode())
