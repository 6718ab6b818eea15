from typing import Any

import pytest

from buildkite_source.graphql.rows import annotation_row, rest_time

NODE = {
    "uuid": "0198f0c2-0000-7000-8000-000000000001",
    "context": "tests",
    "style": "WARNING",
    "scope": "JOB",
    "priority": 3,
    "createdAt": "2026-08-01T04:00:00.123Z",
    "updatedAt": None,
    "body": {"html": "<p>x</p>"},
}


def test_a_row_has_the_fields_of_rest() -> None:
    assert annotation_row(NODE, "0198f0c2-0000-7000-8000-000000000002") == {
        "id": "0198f0c2-0000-7000-8000-000000000001",
        "context": "tests",
        "style": "warning",
        "scope": "job",
        "job_id": "0198f0c2-0000-7000-8000-000000000002",
        "priority": 3,
        "body_html": "<p>x</p>",
        "created_at": "2026-08-01T04:00:00.123Z",
        "updated_at": None,
    }


@pytest.mark.parametrize("style", ["DEFAULT", None])
def test_no_style_is_none(style: Any) -> None:
    assert annotation_row(NODE | {"style": style}, None)["style"] is None


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("2026-08-01T04:00:00.123Z", "2026-08-01T04:00:00.123Z"),
        ("2026-08-01T04:00:00Z", "2026-08-01T04:00:00.000Z"),
        ("2026-08-01T04:00:00.123999Z", "2026-08-01T04:00:00.123Z"),
        ("2026-08-01T06:00:00.5+02:00", "2026-08-01T04:00:00.500Z"),
        ("2026-08-01T04:00:00", "2026-08-01T04:00:00.000Z"),
        ("soon", "soon"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        (None, None),
        (5, 5),
    ],
)
def test_times_are_written_as_rest_writes_them(told: Any, written: Any) -> None:
    assert rest_time(told) == written
