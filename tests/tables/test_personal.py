import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import (
    BUILDS,
    EVERY_TABLE,
    JOBS,
    PIPELINES,
    Column,
    Kind,
    PersonalData,
    Shaper,
    Table,
    protected,
)
from buildkite_source.tables.personal import without_people

from ..client.examples import examples
from .pages import item, items, rows

HASH, DROP = PersonalData.HASH, PersonalData.DROP
BOTH = pytest.mark.parametrize("personal", [HASH, DROP])
KIM = "kim@acme.dev"
BUILD = {
    "id": "b",
    "branch": "kim/fix",
    "author": {"username": "kim", "name": "Kim Ö", "email": KIM},
    "creator": {"id": "user-1", "name": "Kim Ö", "email": KIM},
    "jobs": [
        {"id": "j", "agent": {"ip_address": "10.0.0.1"}, "unblocked_by": {"email": KIM}},
    ],
}


def row_of(table: Table, value: dict[str, Any]) -> dict[str, Any]:
    (row,) = rows(table, Shaper((table,))(table, items([value])))
    return row


def test_what_is_kept_is_the_definition_itself() -> None:
    assert all(protected(table, PersonalData.KEEP, "salt") is table for table in EVERY_TABLE)


@pytest.mark.parametrize("table", EVERY_TABLE, ids=lambda table: table.name)
@BOTH
def test_only_the_values_of_personal_columns_change(table: Table, personal: PersonalData) -> None:
    reduced = protected(table, personal)
    assert replace(reduced, columns=table.columns) == table
    for before, after in zip(table.columns, reduced.columns, strict=True):
        assert replace(after, convert=before.convert) == before
        changed = before.personal or before.mentions_people
        assert (after.convert is not before.convert) is changed


@pytest.mark.parametrize("table", EVERY_TABLE, ids=lambda table: table.name)
def test_nothing_that_identifies_a_row_is_personal(table: Table) -> None:
    for column in table.columns:
        key = column.required or column.name in table.primary_key or column.name.endswith("_id")
        assert not (key and (column.personal or column.mentions_people))
        assert column.kind in (Kind.TEXT, Kind.JSON) or not column.mentions_people


def test_a_hash_joins_whatever_table_and_column_the_value_is_in() -> None:
    builds, jobs = (protected(table, HASH, "salt") for table in (BUILDS, JOBS))
    shaper, page = Shaper((builds, jobs)), items([BUILD])
    (build,), (job,) = shaper(builds, page).to_pylist(), shaper(jobs, page).to_pylist()
    assert build["author_email"] == build["creator_email"] == job["unblocked_by_email"]
    assert build["author_name"] == build["creator_name"] != build["author_email"]
    hashed = [build["author_username"], build["author_email"], job["agent_ip_address"]]
    assert len(set(hashed)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in hashed)
    assert (build["creator_id"], build["branch"]) == ("user-1", "kim/fix")


def test_a_hash_is_the_same_in_every_load_and_another_for_another_salt() -> None:
    def hashed(salt: str) -> str:
        return row_of(protected(BUILDS, HASH, salt), {"id": "b", "author": KIM})["author_email"]

    assert hashed("") == "7bfff0eb6a927c7c3ee652e509af2bb0"
    assert hashed(" salt\n") == hashed("salt")
    assert len({hashed(salt) for salt in ("", "salt", "x" * 64, "x" * 65)}) == 4


def test_what_is_dropped_is_null_and_the_rest_stays() -> None:
    row = row_of(protected(BUILDS, DROP), {key: BUILD[key] for key in BUILD if key != "jobs"})
    assert {name for name, value in row.items() if value is not None} == {
        *("id", "organization_id", "branch", "creator_id", "fetched_at", "loaded_from")
    }


@BOTH
@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
def test_a_missing_value_stays_what_it_is(personal: PersonalData, value: str | None) -> None:
    build = {"id": "b", "author": {"email": value}, "message": value, "meta_data": None}
    row = row_of(protected(BUILDS, personal), build)
    assert (row["author_email"], row["message"], row["meta_data"]) == (value, value, None)


@BOTH
def test_unknown_fields_are_told_and_not_kept(personal: PersonalData) -> None:
    heard: list[Any] = []
    table = protected(BUILDS, personal)
    shaper = Shaper((table,), lambda *told: heard.append(told))
    page = items([{"id": "b", "approver": KIM, "creator": {"nick": "kim"}, "author": [KIM]}])
    assert KIM not in str(shaper(table, page).to_pylist())
    assert shaper(table, page)["extra"].to_pylist() == [None]
    assert heard[0] == ("builds", {"approver", "creator", "author"})


@BOTH
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "tolerant"])
def test_personal_data_of_any_kind_and_place(personal: PersonalData, strict: bool) -> None:
    def personal_column(name: str, kind: Kind, path: str, **more: Any) -> Column:
        return Column(name, kind, path, "Of a person", personal=True, **more)

    table = Table(
        "people",
        "One row per person",
        "https://buildkite.com/docs",
        (
            Column("id", Kind.TEXT, "id", "Id", required=True),
            personal_column("age", Kind.INTEGER, "age"),
            personal_column("born_at", Kind.TIMESTAMP, "born_at"),
            personal_column("home", Kind.JSON, "home"),
            personal_column("mail", Kind.TEXT, "@organization_id"),
            personal_column("domain", Kind.TEXT, "mail", convert=lambda mail: mail[4:]),
            personal_column("same", Kind.TEXT, "domain"),
        ),
    )
    value = {"age": 7, "born_at": "2013-09-03T13:24:38Z", "home": {"street": "x"}, "mail": KIM}
    value |= {"id": "p", "domain": KIM[4:]} | ({} if strict else {"unknown": 1})
    page = [item(json.dumps(value).encode())]
    page[0].context = {"organization_id": KIM}
    reduced = protected(table, personal)
    (row,) = Shaper((reduced,))(reduced, page).to_pylist()
    assert (row["age"], row["born_at"], row["home"]) == (None, None, None)
    assert row["domain"] == row["same"]
    assert (row["domain"] is None, row["mail"] is None) == (personal is DROP, personal is DROP)
    assert KIM not in str(row)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Fix it\n\nCo-authored-by: Kim Ö <kim@acme.dev>", "Fix it\n\nCo-authored-by: ***"),
        ("Signed-off-by: Kim\nReviewed-By: Bo\r\nx", "Signed-off-by: ***\nReviewed-By: ***\nx"),
        ("Reviewed By: kim\nCc: bo@acme.dev", "Reviewed By: ***\nCc: ***"),
        (
            "commit 9f3c\nAuthor:     José <Pepe> Núñez <pepe@acme.dev>\n"
            "Commit:     Kim <kim@mac>\nDate: now\n\n    Fix: by hand",
            "commit 9f3c\nAuthor: ***\nCommit: ***\nDate: now\n\n    Fix: by hand",
        ),
        ("Ask kim.ö+ci@mail.acme.dev, or (o'brien@acme.dev).", "Ask ***, or (***)."),
        ("mailto:kim@acme.dev?x=bo@acme.dev", "mailto:***?x=***"),
        ("Thanks to Kim Ö <kim@acme.dev>!", "Thanks to Kim Ö <***>!"),
        ("git@github.com:acme/web.git", "git@github.com:acme/web.git"),
        ("Bump left-pad@1.3.0, actions/checkout@v4", "Bump left-pad@1.3.0, actions/checkout@v4"),
        ("@kim: see #12 (by hand)", "@kim: see #12 (by hand)"),
    ],
)
def test_text_loses_addresses_and_who_trailers_name(text: str, kept: str) -> None:
    assert without_people(text) == kept
    for personal in (HASH, DROP):
        assert row_of(protected(BUILDS, personal), {"id": "b", "message": text})["message"] == kept
    build = {"id": "b", "meta_data": {text: [text, {"deep": text}], "n": 1}}
    told = row_of(protected(BUILDS, HASH), build)["meta_data"]
    assert told == {kept: [kept, {"deep": kept}], "n": 1}


PEOPLE = st.sampled_from([KIM, f"By-by: {KIM}", 'a "b\\', "Author: Kim", "ok", "\n", "\ud800"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | PEOPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | PEOPLE, inner),
    max_leaves=8,
)


def redacted(value: Any) -> Any:
    """The obvious way: every string of the value, one by one."""
    if isinstance(value, str):
        return without_people(value)
    if isinstance(value, list):
        return [redacted(element) for element in value]
    if isinstance(value, dict):
        return {redacted(key): redacted(element) for key, element in value.items()}
    return value


HASHED_BUILDS = protected(BUILDS, HASH)
AS_IT_IS, HASHED = Shaper((BUILDS,)), Shaper((HASHED_BUILDS,))


@given(value=st.dictionaries(st.text(), JSON, min_size=1), ascii_only=st.booleans())
@examples(60)
def test_json_keeps_all_but_people(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps({"id": "b", "meta_data": value}, ensure_ascii=ascii_only)
    raw = text.encode(errors="surrogatepass")
    (before,) = rows(BUILDS, AS_IT_IS(BUILDS, [item(raw)]))
    (after,) = rows(HASHED_BUILDS, HASHED(HASHED_BUILDS, [item(raw)]))
    assert after["meta_data"] == redacted(before["meta_data"])
    assert KIM not in json.dumps(after["meta_data"])


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a-" * 100_000, "x:" + "<a@" * 60_000, "a@b." * 50_000, " \t\n" * 70_000],
    ids=lambda text: text[:8].strip(),
)
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    page = items([{"id": "b", "message": text, "meta_data": {"k": text}}])
    table = protected(BUILDS, HASH)
    (kept,) = Shaper((table,))(table, page)["message"].to_pylist()
    assert kept == without_people(text)


def test_secrets_and_people_are_left_out_together() -> None:
    table = protected(PIPELINES.without_secrets(), DROP)
    value = {"id": "p", "description": f"Ask {KIM}", "env": {"A": "s"}, "created_by": {"name": KIM}}
    row = row_of(table, value)
    assert row["description"] == "Ask ***"
    assert "env" not in row
    assert row["created_by_name"] is None
