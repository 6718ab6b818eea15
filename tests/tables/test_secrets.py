import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import BUILDS, JOBS, PIPELINES, Shaper, Table

from ..client.examples import examples
from .pages import FAMILIES, item, items

SECRET = "hunter2-planted"

# Every field that may hold credentials, by what it is read from.
HIDDEN = [
    pytest.param("pipelines", ["env"], {"TOKEN": SECRET}, id="pipeline env"),
    pytest.param("pipelines", ["steps"], [{"command": f"login {SECRET}"}], id="steps"),
    pytest.param("pipelines", ["configuration"], f"env:\n  A: {SECRET}", id="configuration"),
    pytest.param(
        "pipelines", ["provider", "webhook_url"], f"https://webhook/{SECRET}", id="webhook"
    ),
    pytest.param("builds", ["env"], {"TOKEN": SECRET}, id="build env"),
]
NEVER = [
    pytest.param("builds", ["pipeline", "env"], {"TOKEN": SECRET}, id="env of the pipeline"),
    pytest.param("builds", ["pipeline", "steps"], [SECRET], id="steps of the pipeline"),
    pytest.param("builds", ["pipeline", "configuration"], SECRET, id="YAML of the pipeline"),
    pytest.param(
        "builds", ["pipeline", "provider", "webhook_url"], SECRET, id="webhook of the pipeline"
    ),
    pytest.param("builds", ["jobs", 0, "env"], {"TOKEN": SECRET}, id="job env"),
]


def planted(path: list[Any], value: Any) -> dict[str, Any]:
    thing: Any = value
    for key in reversed(path):
        thing = [{"id": "j", **thing}] if key == 0 else {key: thing}
    return {"id": "x", **thing}


def loaded_text(tables: tuple[Table, ...], raw: bytes) -> str:
    shaper = Shaper(tables)
    page = [item(raw)]
    return "\n".join(str(shaper(table, page).to_pylist()) for table in tables)


def without_secrets(family: str) -> tuple[Table, ...]:
    return tuple(table.without_secrets() for table in FAMILIES[family])


@pytest.mark.parametrize(("family", "path", "value"), HIDDEN)
def test_secrets_load_when_asked_for(family: str, path: list[Any], value: Any) -> None:
    table = FAMILIES[family][0]
    (row,) = Shaper(FAMILIES[family])(table, items([planted(path, value)])).to_pylist()
    cell = row["_".join(path)]
    assert (cell if isinstance(value, str) else json.loads(cell)) == value
    assert row["extra"] is None


@pytest.mark.parametrize(("family", "path", "value"), HIDDEN + NEVER)
def test_secrets_stay_out_by_default(family: str, path: list[Any], value: Any) -> None:
    raw = json.dumps(planted(path, value)).encode()
    assert SECRET not in loaded_text(without_secrets(family), raw)


@pytest.mark.parametrize(("family", "path", "value"), NEVER)
def test_some_secrets_stay_out_whatever_is_asked_for(
    family: str, path: list[Any], value: Any
) -> None:
    raw = json.dumps(planted(path, value)).encode()
    assert SECRET not in loaded_text(FAMILIES[family], raw)


ODD_SECRETS = st.recursive(
    st.sampled_from([SECRET, f"a\x00{SECRET}", f"{SECRET}\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("id"), inner, max_size=1),
    max_leaves=3,
)


@pytest.mark.parametrize(("family", "path", "value"), HIDDEN + NEVER)
@given(odd=ODD_SECRETS, unknown=st.booleans())
@examples(20)
def test_secrets_of_an_odd_shape_stay_out_too(
    family: str, path: list[Any], value: Any, odd: Any, unknown: bool
) -> None:
    thing = planted(path, odd) | ({"unheard_of": 1} if unknown else {})
    assert SECRET not in loaded_text(without_secrets(family), json.dumps(thing).encode())


@pytest.mark.parametrize(
    ("family", "value"),
    [
        ("pipelines", {"id": "x", "provider": [{"webhook_url": SECRET}]}),
        ("builds", {"id": "x", "pipeline": [{"env": {"TOKEN": SECRET}}]}),
        ("builds", {"id": "x", "jobs": {"j": {"env": {"TOKEN": SECRET}}}}),
    ],
    ids=["provider in a list", "pipeline in a list", "jobs by id"],
)
def test_secrets_stay_out_when_the_object_around_them_changes_its_shape(
    family: str, value: dict[str, Any]
) -> None:
    assert SECRET not in loaded_text(without_secrets(family), json.dumps(value).encode())


@pytest.mark.parametrize("table", [PIPELINES, BUILDS], ids=lambda table: table.name)
def test_an_error_does_not_show_a_secret(table: Table) -> None:
    family = table.name
    reduced = without_secrets(family)
    page = items([{"id": None, "env": {"TOKEN": SECRET}, "unheard_of": SECRET}])
    with pytest.raises(ValueError, match="without id") as caught:
        Shaper(reduced)(reduced[0], page)
    assert SECRET not in str(caught.value)


def test_leaving_secrets_out_leaves_everything_else_in() -> None:
    build = {"id": "b", "branch": "main", "env": {"A": SECRET}, "new": 1, "jobs": [{"id": "j"}]}
    builds, jobs = without_secrets("builds")
    shaper = Shaper((builds, jobs))
    page = items([build])
    (row,) = shaper(builds, page).to_pylist()
    assert (row["branch"], row["extra"]) == ("main", '{"new":1}')
    assert "env" not in row
    assert shaper(jobs, page).column_names == [column.name for column in JOBS.columns]
