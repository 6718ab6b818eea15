import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import BUILDS, JOBS, ORGANIZATIONS, PIPELINES, Table

from ..client.examples import examples
from .documented import BUILD, JOB, ORGANIZATION, PIPELINE, builds, organizations, pipelines
from .kept import inside, leaves, lost, read_json, readable, same
from .pages import FAMILIES, item, one_job, one_row, shape

TEXTS = st.sampled_from(
    [
        "",
        "x",
        "007",
        "-5",
        "9" * 30,
        "true",
        "null",
        "{}",
        "🚀",
        "a\x00b",
        "cut \ud83d off",
        "\udfff",
        "2026-08-01T04:00:00.123Z",
        "2013-09-03 13:24:38 UTC",
    ]
)
INTEGERS = st.sampled_from([0, -1, 17, 2**63 - 1, 2**63, -(2**63) - 1, 10**400])
FLOATS = st.sampled_from([1.0, 2.5, 1e15, 1e300, -0.0, math.inf, -math.inf, math.nan])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "email", "new", "k\ud800", "n\x00", "unknown_", "ä"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
UNKNOWN = ["new", "unknown_", "creator.badge", "agent.gpu.count", "author.x", "provider.y", "self"]


def drifts(documented: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON in a few places, known and unknown ones."""
    whole = {path.partition(".")[0] for path in documented}
    places = st.sampled_from(sorted({*documented, *whole, *UNKNOWN}))
    return st.dictionaries(places, ANY_JSON, max_size=5)


def drifted(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, change in changes.items():
        *parents, last = path.split(".")
        target = value
        for key in parents:
            if not isinstance(target.get(key), dict):
                target[key] = {}
            target = target[key]
        target[last] = change
    return value


ODD_JOBS = st.builds(drifted, builds().map(lambda b: (b.get("jobs") or [{}])[0]), drifts(JOB))
ODD_OBJECTS = {
    "organizations": st.builds(drifted, organizations(), drifts(ORGANIZATION)),
    "pipelines": st.builds(drifted, pipelines(), drifts(PIPELINE)),
    "builds": st.builds(
        lambda build, changes, jobs: drifted(build, changes) | jobs,
        builds(),
        drifts(BUILD),
        st.just({})
        | st.lists(ODD_JOBS | ANY_JSON, max_size=3).map(lambda rows: {"jobs": rows})
        | ANY_JSON.map(lambda odd: {"jobs": odd}),
    ),
}


@st.composite
def written(draw: st.DrawFn, value: Any) -> bytes:
    """JSON text of any writing, with the odd characters escaped or as broken UTF-8."""
    ascii_only = draw(st.booleans())
    text = json.dumps(value, ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 1])))
    return text.encode("utf-8", "surrogatepass")


def has_key(value: dict[str, Any]) -> bool:
    return value.get("id") is not None and not isinstance(value["id"], dict | list)


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
@examples(60)
def test_no_surprise_costs_a_page_or_a_value(family: str, data: st.DataObject) -> None:
    value = data.draw(ODD_OBJECTS[family])
    raw = data.draw(written(value))
    listed = value.get("jobs") if family == "builds" else None
    listed = listed if isinstance(listed, list) else []
    jobs = [job for job in listed if isinstance(job, dict)]
    if not all(map(has_key, [value, *jobs])):
        with pytest.raises(ValueError, match=r"without id$"):
            shape(FAMILIES[family], [item(raw)])
        return
    loaded = {name: t.to_pylist() for name, t in shape(FAMILIES[family], [item(raw)]).items()}
    (row,) = loaded[family]
    table = FAMILIES[family][0]
    assert lost(table, row, value) == []
    if family == "builds":
        assert len(loaded["jobs"]) == len(jobs)
        for job_row, job in zip(loaded["jobs"], jobs, strict=True):
            assert lost(JOBS, job_row, job) == []
        strays = [readable(job) for job in listed if not isinstance(job, dict)]
        if any(stray is not None for stray in strays):
            assert read_json(row["extra"])["jobs"] == read_json(json.dumps(strays))
        if value.get("jobs") is not None and not isinstance(value["jobs"], list):
            kept = read_json(row["extra"])["jobs"]
            assert all(same(inside(kept, p), leaf) for p, leaf in leaves(readable(value["jobs"])))


@given(raw=st.binary(max_size=40) | st.text('{}[]":,0id\\ ue', max_size=20).map(str.encode))
@examples(120)
def test_any_bytes_are_a_row_or_a_value_error(raw: bytes) -> None:
    try:
        shape(FAMILIES["builds"], [item(raw)])
    except ValueError:
        return


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("message", 17, "17"),
        ("message", 2.5, "2.5"),
        ("message", True, "true"),
        ("message", 10**30, "1" + "0" * 30),
        ("message", math.inf, "inf"),
        ("number", "17", 17),
        ("number", "-17", -17),
        ("number", 17.0, 17),
        ("number", 2**63 - 1, 2**63 - 1),
        ("blocked", "true", True),
        ("blocked", "false", False),
        ("message", "a\x00b", "a\ufffdb"),
        ("message", "a\ud83db", "a\ufffdb"),
        ("message", "🚀", "🚀"),
    ],
)
def test_a_value_of_another_type_is_cast_when_nothing_is_lost(
    column: str, value: Any, expected: Any
) -> None:
    row = one_row(BUILDS, {"id": "b", column: value})
    assert same(row[column], expected)
    assert row["extra"] is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", 17.5),
        ("number", "seventeen"),
        ("number", ""),
        ("number", True),
        ("number", 2**63),
        ("number", -(2**63) - 1),
        ("number", "9" * 30),
        ("number", [17]),
        ("number", "1_7"),
        ("number", "\u0661\u0667"),
        ("blocked", 1),
        ("blocked", "yes"),
        ("blocked", {}),
        ("message", ["two", "lines"]),
        ("message", {"text": "x"}),
        ("created_at", 1722484800),
        ("created_at", {}),
        ("creator", "Kim"),
        ("creator", ["Kim"]),
        ("pull_request", False),
        ("author", 17),
        ("jobs", "many"),
        ("jobs", {"total": 4}),
        ("jobs", [None]),
        ("jobs", ["j", 1]),
    ],
)
def test_a_value_that_fits_nowhere_is_kept_as_it_came(column: str, value: Any) -> None:
    row = one_row(BUILDS, {"id": "b", "branch": "main", column: value})
    assert row["extra"] == {column: value}
    assert row["branch"] == "main"
    assert row.get(column) is None


def test_unknown_fields_are_kept_where_they_were() -> None:
    row = one_row(
        BUILDS,
        {
            "id": "b",
            "new": {"a": [1, {"b": None}]},
            "creator": {"name": "Kim", "badge": "gold"},
            "rebuilt_from": {"id": "a", "url": "left out", "why": 1},
        },
    )
    assert row["extra"] == {
        "new": {"a": [1, {"b": None}]},
        "creator": {"badge": "gold"},
        "rebuilt_from": {"why": 1},
    }
    assert (row["creator_name"], row["rebuilt_from_id"]) == ("Kim", "a")
    job = one_job(agent={"id": "a", "connection_state": "left out", "gpu": {"count": 2}}, mood=1)
    assert job["extra"] == {"agent": {"gpu": {"count": 2}}, "mood": 1}
    assert job["agent_id"] == "a"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(rb'{"id": "b", "branch": "main", "message": "\ud83d"}', id="lone surrogate"),
        pytest.param(b'{"id": "b", "branch": "main", "message": "\xc3("}', id="broken UTF-8"),
        pytest.param(
            rb'{"id": "b", "branch": "main", "meta_data": {"\u0000": "\u0000"}}', id="NUL"
        ),
        pytest.param(b'{"id": "b", "branch": "main", "number": NaN}', id="NaN"),
        pytest.param(b'{"id": "b", "branch": "main", "meta_data": [1e999]}', id="endless float"),
        pytest.param(
            b'{"id": "b", "branch": "main", "number": 1' + b"0" * 5000 + b"}", id="endless integer"
        ),
        pytest.param(b'{"id": "a", "branch": "x", "branch": "main", "id": "b"}', id="twice"),
        pytest.param(b'\n {"id":\t"b", "branch": "main"} ', id="space around"),
    ],
)
def test_odd_text_costs_nothing_else(raw: bytes) -> None:
    row = one_row(BUILDS, raw)
    assert (row["id"], row["branch"]) == ("b", "main")


def test_an_integer_without_end_is_kept_as_text() -> None:
    digits = "1" + "0" * 5000
    row = one_row(BUILDS, b'{"id": "b", "number": %s, "new": %s}' % ((digits.encode(),) * 2))
    assert row["number"] is None
    assert row["extra"] == {"number": digits, "new": digits}


@pytest.mark.parametrize("place", ["meta_data", "unheard_of"])
@pytest.mark.parametrize("depth", [100, 300, 5000, 100_000])
def test_nesting_of_any_depth_is_a_row_or_a_value_error(place: str, depth: int) -> None:
    nested = b'{"a":[' * depth + b"]}" * depth
    raw = b'{"id": "b", "unknown": 1, "%s": %s}' % (place.encode(), nested)
    try:
        row = shape(FAMILIES["builds"], [item(raw)])["builds"].to_pylist()[0]
    except ValueError:
        assert depth > 100
        return
    assert row["id"] == "b"


@pytest.mark.parametrize("table", [ORGANIZATIONS, PIPELINES, BUILDS], ids=lambda t: t.name)
def test_extra_is_null_when_nothing_is_unknown(table: Table) -> None:
    known = {c.path: None for c in table.columns if not re.search(r"[@/.]", c.path)}
    left_out = {path: "left out" for path in table.omitted if "." not in path}
    known |= left_out | {"id": "x"}
    if "pipeline" in known:
        known["pipeline"] = {"left": "out"}
    assert one_row(table, known)["extra"] is None
