from datetime import UTC, datetime
from typing import Any

import pytest

from buildkite_source.tables import BUILDS, JOBS, ORGANIZATIONS, PIPELINES, Shaper

from .documented import FETCHED
from .pages import item, items, one_row

API = "https://api.buildkite.com/v2"


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (
            {"username": "kim", "name": "Kim", "email": "kim@acme.dev"},
            ("kim", "Kim", "kim@acme.dev"),
        ),
        ("kim@acme.dev", (None, None, "kim@acme.dev")),
        ("", (None, None, "")),
        ({}, (None, None, None)),
        (None, (None, None, None)),
    ],
    ids=["object", "e-mail", "empty text", "empty object", "null"],
)
def test_an_author_is_an_object_or_a_bare_address(author: Any, expected: tuple) -> None:
    row = one_row(BUILDS, {"id": "b", "author": author})
    assert (row["author_username"], row["author_name"], row["author_email"]) == expected
    assert row["extra"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-09-03 13:24:38 UTC", datetime(2013, 9, 3, 13, 24, 38, tzinfo=UTC)),
        ("2013-09-03T13:24:38Z", datetime(2013, 9, 3, 13, 24, 38, tzinfo=UTC)),
        ("2013-09-03T13:24:38.123Z", datetime(2013, 9, 3, 13, 24, 38, 123_000, tzinfo=UTC)),
        ("2013-09-03T15:24:38.123456+02:00", datetime(2013, 9, 3, 13, 24, 38, 123_456, tzinfo=UTC)),
        ("2013-09-03T13:24:38.999999999Z", datetime(2013, 9, 3, 13, 24, 39, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_both_forms_of_time_are_read(text: str, expected: datetime) -> None:
    row = one_row(PIPELINES, {"id": "p", "created_at": text, "archived_at": None})
    assert row["created_at"] == expected
    assert row["archived_at"] is None
    assert row["extra"] is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2013-09-03",
        "2013-09-03T13:24:38",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_a_time_that_is_none_is_kept_as_it_came(text: str) -> None:
    row = one_row(PIPELINES, {"id": "p", "created_at": text})
    assert row["created_at"] is None
    assert row["extra"] == {"created_at": text}


JOBS_BY_TYPE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "script": (
        {
            "type": "script",
            "name": ":hammer: Test",
            "step_key": "test",
            "group_key": "checks",
            "state": "failed",
            "step": {"id": "s", "signature": {"value": "v", "signed_fields": ["command"]}},
            "priority": {"number": 5},
            "agent_query_rules": ["os=linux", "queue=default"],
            "exit_status": -1,
            "soft_failed": True,
            "signal_reason": "agent_stop",
            "retried": True,
            "retried_in_job_id": "j2",
            "retry_type": "automatic",
            "retries_count": 0,
            "retry_source": {"job_id": "j0", "retry_type": "manual"},
            "agent": {"id": "a", "name": "agent-1", "meta_data": ["queue=default"], "job": None},
            "matrix": {"os": "linux", "arch": "arm"},
            "parallel_group_index": 0,
            "parallel_group_total": 4,
            "concurrency_wait_time_ms": 0,
            "log_url": "https://…/log",
        },
        {
            "type": "script",
            "name": ":hammer: Test",
            "step_key": "test",
            "group_key": "checks",
            "state": "failed",
            "step_id": "s",
            "step_signature": {"value": "v", "signed_fields": ["command"]},
            "priority": 5,
            "agent_query_rules": ["os=linux", "queue=default"],
            "queue": "default",
            "exit_status": -1,
            "soft_failed": True,
            "signal_reason": "agent_stop",
            "retried": True,
            "retried_in_job_id": "j2",
            "retry_type": "automatic",
            "retries_count": 0,
            "retry_source_job_id": "j0",
            "retry_source_type": "manual",
            "agent_id": "a",
            "agent_name": "agent-1",
            "agent_meta_data": ["queue=default"],
            "matrix": {"os": "linux", "arch": "arm"},
            "matrix_text": '{"arch":"arm","os":"linux"}',
            "parallel_group_index": 0,
            "parallel_group_total": 4,
            "concurrency_wait_time_ms": 0,
        },
    ),
    "waiter": ({"type": "waiter", "graphql_id": "Sm9i"}, {"type": "waiter"}),
    "manual": (
        {
            "type": "manual",
            "label": "Deploy?",
            "state": "unblocked",
            "web_url": None,
            "unblocked_by": {"id": "u", "name": "Kim", "email": "kim@acme.dev", "avatar_url": "x"},
            "unblocked_at": "2026-08-01T04:00:00.123Z",
            "unblockable": False,
            "unblock_url": "https://…/unblock",
        },
        {
            "type": "manual",
            "label": "Deploy?",
            "state": "unblocked",
            "unblocked_by_id": "u",
            "unblocked_by_name": "Kim",
            "unblocked_by_email": "kim@acme.dev",
            "unblocked_at": datetime(2026, 8, 1, 4, 0, 0, 123_000, tzinfo=UTC),
            "unblockable": False,
        },
    ),
    "trigger": (
        {
            "type": "trigger",
            "name": "Deploy",
            "async": True,
            "triggered_build": {"id": "b9", "number": 9, "url": "https://…/9", "web_url": "w"},
        },
        {
            "type": "trigger",
            "name": "Deploy",
            "is_async": True,
            "triggered_build_id": "b9",
            "triggered_build_number": 9,
            "triggered_build_url": "https://…/9",
            "triggered_build_web_url": "w",
        },
    ),
}


@pytest.mark.parametrize("kind", JOBS_BY_TYPE)
def test_a_job_of_any_type_is_one_row_with_the_columns_it_has(kind: str) -> None:
    job, expected = JOBS_BY_TYPE[kind]
    build = {
        "id": "b",
        "number": 17,
        "url": f"{API}/organizations/acme/pipelines/web/builds/17",
        "pipeline": {"id": "p", "slug": "web", "steps": []},
        "jobs": [{"id": "j", **job}],
    }
    around = {
        "id": "j",
        "organization_id": "organization-17",
        "organization_slug": "acme",
        "pipeline_id": "p",
        "pipeline_slug": "web",
        "build_id": "b",
        "build_number": 17,
        "fetched_at": FETCHED,
        "loaded_from": "api",
    }
    row = one_row(JOBS, build)
    assert {name: value for name, value in row.items() if value is not None} == around | expected


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"x"', b"17", b"{", b"{]}", b"\xff", b"<p>"])
def test_what_is_no_object_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any parser
        one_row(ORGANIZATIONS, raw)


@pytest.mark.parametrize("key", [{}, {"id": None}, {"id": []}, {"id": {"x": 1}}])
@pytest.mark.parametrize("table", [ORGANIZATIONS, PIPELINES, BUILDS], ids=lambda t: t.name)
def test_a_row_without_its_key_is_a_value_error(table: Any, key: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{table.name} without id"):
        one_row(table, key)


def test_a_job_without_its_key_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="jobs without id"):
        one_row(JOBS, {"id": "b", "jobs": [{"id": "j"}, {"name": "lost"}]})


def test_unknown_fields_are_told_with_their_table() -> None:
    heard: list[tuple[str, set[str]]] = []
    shaper = Shaper((BUILDS, JOBS), lambda table, names: heard.append((table, names)))
    page = items(
        [
            {"id": "b1", "new": 1, "creator": {"badge": "gold"}, "jobs": [{"id": "j", "mood": 1}]},
            {"id": "b2", "number": "many", "jobs": [{"id": "k", "colour": 2}]},
        ]
    )
    for table in (BUILDS, JOBS):
        shaper(table, page)
    assert heard == [("builds", {"new", "creator", "number"}), ("jobs", {"mood", "colour"})]


def test_nothing_is_told_of_known_fields() -> None:
    heard: list[Any] = []
    shaper = Shaper((BUILDS, JOBS), lambda *told: heard.append(told))
    page = items([{"id": "b", "pipeline": {"id": "p", "anything": 1}, "jobs": [{"id": "j"}]}])
    for table in (BUILDS, JOBS):
        shaper(table, page)
    assert heard == []


def test_the_context_of_the_parent_reaches_every_row() -> None:
    page = [item(b'{"id": "b1", "jobs": [{"id": "j"}]}'), item(b'{"id": "b2"}')]
    page[1].context = {"organization_id": "other", "unused": 1}
    shaper = Shaper((BUILDS, JOBS))
    assert shaper(BUILDS, page)["organization_id"].to_pylist() == ["organization-17", "other"]
    assert shaper(JOBS, page)["organization_id"].to_pylist() == ["organization-17"]
    page[0].context = {}
    assert shaper(BUILDS, page)["organization_id"].to_pylist() == [None, "other"]
