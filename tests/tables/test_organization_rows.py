import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import (
    AGENT_OBSERVATIONS,
    AGENT_TABLES,
    AGENTS,
    TESTS,
    Kind,
    Shaper,
    Table,
)
from buildkite_source.tables.shape import shape_of

from ..client.examples import examples
from .documented import BOTH_TIMES
from .kept import lost
from .organization_pages import (
    EACH_TABLE,
    drawn,
    expected,
    family,
    full,
    load,
    load_rows,
    own_keys,
)
from .pages import items, rows


@EACH_TABLE
@given(data=st.data())
@examples(6)
def test_rows_are_what_the_obvious_mapping_gives(table: Table, data: st.DataObject) -> None:
    values = data.draw(st.lists(drawn(table, BOTH_TIMES), max_size=2))
    assert load_rows(table, values) == [expected(table, value) for value in values]


@EACH_TABLE
def test_a_full_object_fills_every_column_by_the_fast_path(table: Table) -> None:
    value = full(table)
    msgspec.json.decode(json.dumps(value), type=shape_of(family(table)).struct)
    (row,) = load_rows(table, [value])
    assert row == expected(table, value)
    empty = {name for name, loaded in row.items() if loaded is None}
    # Documented of people elsewhere, but not of these.
    untold = {name for name in row if name.endswith("enabled_by_email")}
    assert empty == untold | ({"extra", "export_key"} & set(row))


def with_surprises(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an object with an unknown field in itself and each object in it, and those alone."""
    known = {k: with_surprises(v) if isinstance(v, dict) else (v, {}) for k, v in value.items()}
    whole = {key: inner[0] for key, inner in known.items()}
    alone = {key: inner[1] for key, inner in known.items() if inner[1]}
    surprise = {"unheard_of": {"a": [1]}}
    return whole | surprise, alone | surprise


def without_left_out(table: Table, value: dict[str, Any], at: str = "") -> dict[str, Any]:
    """Return what is in no object that is left out as a whole."""
    return {
        key: without_left_out(table, inner, f"{at}{key}.") if isinstance(inner, dict) else inner
        for key, inner in value.items()
        if f"{at}{key}" not in table.omitted
    }


@EACH_TABLE
def test_unknown_fields_are_kept_where_they_were(table: Table) -> None:
    value = full(table)
    surprising, surprises = with_surprises(value)
    (row,) = load_rows(table, [surprising])
    kept = without_left_out(table, surprises)
    assert row == expected(table, value) | ({"extra": kept} if "extra" in row else {})


@EACH_TABLE
def test_a_row_without_its_key_is_a_value_error(table: Table) -> None:
    for key in own_keys(table):
        with pytest.raises(ValueError, match=f"without {key}|without agent_id"):
            load_rows(table, [full(table) | {key: None}])
    context = [c.name for c in table.columns if c.required and c.path.startswith("@")]
    if context:
        with pytest.raises(ValueError, match=f"{table.name} without .*{context[0]}"):
            Shaper(family(table))(table, without_context(full(table)))


def without_context(value: dict[str, Any]) -> list[Any]:
    page = items([value])
    page[0].context = {}
    return page


@pytest.mark.parametrize(
    ("value", "expected_value"),
    [
        (0.25, 0.25),
        (3, 3.0),
        ("1.5", 1.5),
        ("-17", -17.0),
        (2**70, float(2**70)),
        (None, None),
    ],
)
def test_a_number_may_be_written_in_any_way(value: Any, expected_value: float | None) -> None:
    for unknown in ({}, {"unheard_of": 1}):
        (row,) = load_rows(TESTS, [{"id": "t", "duration_avg": value} | unknown])
        assert row["duration_avg"] == expected_value
        assert row["extra"] == (unknown or None)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("true", True),
        ('"soon"', "soon"),
        ('"1e5"', "1e5"),
        ('"nan"', "nan"),
        ("[1.5]", [1.5]),
        ("NaN", "nan"),
        ("1e999", "inf"),
        ("1" + "0" * 400, int("1" + "0" * 400)),
    ],
)
def test_what_is_no_number_is_kept_as_it_came(text: str, kept: Any) -> None:
    raw = f'{{"id": "t", "name": "x", "duration_avg": {text}}}'.encode()
    (row,) = rows(TESTS, load((TESTS,), [raw])["tests"])
    assert (row["duration_avg"], row["extra"]) == (None, {"duration_avg": kept})
    assert row["name"] == "x"


ODD = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 17, 2**64, 0.5, "", "x", "7", "true"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=3,
)


@EACH_TABLE
@given(data=st.data())
@examples(5)
def test_no_surprise_costs_a_value(table: Table, data: st.DataObject) -> None:
    value = data.draw(drawn(table))
    places = st.sampled_from([k for k in [*full(table), "new"] if k not in own_keys(table)])
    value |= data.draw(st.dictionaries(places, ODD, min_size=1, max_size=2))
    (row,) = load_rows(table, [value])
    if any(column.kind is Kind.JSON and column.convert for column in table.columns):
        value = {k: v for k, v in value.items() if k not in ("context", "data")}
    if "extra" in row:
        raw = load(family(table), [json.dumps(value).encode()])[table.name].to_pylist()[0]
        assert lost(table, raw, value) == []


def test_agents_and_their_observations_are_read_from_one_object() -> None:
    agent = {
        "id": "a",
        "queue": "default",
        "creator": {"id": "u", "badge": "gold"},
        "job": {"id": "j", "state": "running", "mood": "good"},
    }
    raw = json.dumps(agent).encode()
    loaded = load(AGENT_TABLES, [raw])
    (known,) = rows(AGENTS, loaded["agents"])
    (seen,) = rows(AGENT_OBSERVATIONS, loaded["agent_observations"])
    assert (known["id"], known["creator_id"], known["known_from"]) == ("a", "u", "list")
    assert known["extra"] == {"creator": {"badge": "gold"}}
    assert (seen["agent_id"], seen["queue"], seen["job_id"]) == ("a", "default", "j")
    for table in AGENT_TABLES:
        alone = load((table,), [raw])[table.name]
        assert alone.equals(loaded[table.name])
