"""Objects that lack what their table cannot be without: set aside, told, and all else is loaded."""

import json
from datetime import timedelta
from typing import Any

import pytest

from buildkite_simulator import WorldConfig
from tests.oracle import differences, expected
from tests.reading import from_duckdb, query
from tests.source.conftest import PRESENT

from .running import Cli, words

_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig(pipelines=3, days=2, builds_per_day=8, end=PRESENT)


@pytest.fixture(autouse=True)
def by_rest(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}ANNOTATIONS_BY", "rest")


def spoil(cli: Cli, match: str, field: str, **traits: Any) -> None:
    cli.simulator.faults.add(match=match, kind="without_field", field=field, times=None, **traits)


def rejected(cli: Cli) -> list[dict[str, Any]]:
    columns = ("id", "table_name", "reason", "list", "number", "raw")
    rows = query(
        cli.database, f"SELECT {', '.join(columns)} FROM buildkite_data.rejected ORDER BY ALL"
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def newest(cli: Cli) -> list[dict[str, Any]]:
    """Return the builds in the order of their list."""
    builds = cli.simulator.world.truth()["builds"]
    return sorted(builds, key=lambda build: (build["created_at"], build["number"]), reverse=True)


def off_by(cli: Cli, table: str, lost: dict[str, Any]) -> list[Any]:
    """Return where the tables differ from the truth, one row aside, which must not be there."""
    want = expected(cli.simulator.world.truth())
    del want[table][lost["id"]]
    got = from_duckdb(cli.database, "buildkite_data")
    for job in got["jobs"].values():
        # Jobs of a build without an id are loaded; nobody knows whose they are.
        if job["build_id"] is None and job["id"] in want["jobs"]:
            assert want["jobs"][job["id"]]["build_id"] == lost["id"]
            job["build_id"] = lost["id"]
    return differences(got, want)


def again(cli: Cli) -> None:
    """Meet the same rows once more: nothing is doubled."""
    before = rejected(cli)
    cli.loads("--quiet", "backfill", "--since", "31d")
    cli.loads("--quiet")
    after = rejected(cli)
    assert [row for row in after if row in before] == before
    assert len({row["id"] for row in after}) == len(after)
    assert len(after) <= len(before) + 2


SPOILT: dict[str, dict[str, Any]] = {
    "no id": {"field": "id"},
    "no created_at": {"field": "created_at"},
    "no time": {"field": "created_at", "value": "no time"},
    "no time at all": {"field": "created_at", "value": {"at": 5}},
    "null": {"field": "id", "value": None},
}


# All but the first differ from it in their reason only.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if number else ())
        for number, name in enumerate(SPOILT)
    ],
)
def test_a_build(cli: Cli, name: str) -> None:
    spoil(cli, "/builds?", index=3, **SPOILT[name])
    outcome = cli.loads("--progress", "off")
    build = newest(cli)[3]
    lacks = SPOILT[name]["field"]
    assert f"builds with no {lacks}: {build['url']} number {build['number']}" in outcome.out
    rows = [row for row in rejected(cli) if row["table_name"] == "builds"]
    assert [(row["reason"], row["list"], row["number"]) for row in rows] == [
        (f"no {lacks}", build["url"], build["number"])
    ]
    raw = json.loads(rows[0]["raw"])
    assert raw["branch"] == build["branch"]
    assert not {"env", "steps"} & raw.keys()
    assert "planted-secret" not in rows[0]["raw"]
    assert off_by(cli, "builds", build) == []
    again(cli)
    # What is sent whole some day is loaded then.
    cli.simulator.faults.clear()
    cli.simulator.world.clock.advance(timedelta(days=1, hours=1))
    cli.loads("--quiet")
    truth = expected(cli.simulator.world.truth())
    assert differences(from_duckdb(cli.database, "buildkite_data"), truth) == []


# A build is always met again.
@pytest.mark.parametrize("met_again", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_job(cli: Cli, met_again: bool) -> None:
    spoil(cli, "/builds?", "id", within="jobs", index=0)
    outcome = cli.loads("--progress", "off")
    (row,) = rejected(cli)
    build = next(one for one in newest(cli) if one["url"] == row["list"])
    assert (row["table_name"], row["reason"]) == ("jobs", "no id")
    assert row["number"] == build["number"]
    assert f"jobs with no id: {build['url']} number {build['number']}" in outcome.out
    raw = json.loads(row["raw"])
    jobs = [job for job in cli.simulator.world.truth()["jobs"] if job["build_id"] == build["id"]]
    found = {key for (key,) in query(cli.database, "SELECT id FROM buildkite_data.jobs")}
    (lost,) = [job for job in jobs if job["id"] not in found]
    assert raw["type"] == lost["type"]
    assert "planted-secret" not in row["raw"]
    assert off_by(cli, "jobs", lost) == []
    if met_again:
        again(cli)


@pytest.mark.slow
def test_a_pipeline(cli: Cli) -> None:
    spoil(cli, "/pipelines?", "id", index=1)
    outcome = cli.loads("--progress", "off")
    (row,) = rejected(cli)
    (lost,) = [one for one in cli.simulator.world.truth()["pipelines"] if one["url"] == row["list"]]
    assert (row["table_name"], row["reason"]) == ("pipelines", "no id")
    assert f"pipelines with no id: {lost['url']}" in outcome.out
    assert not {"env", "steps", "configuration"} & json.loads(row["raw"]).keys()
    assert "planted-secret" not in row["raw"]
    assert "webhook_url" not in row["raw"]
    assert off_by(cli, "pipelines", lost) == []
    again(cli)


def test_an_organization(cli: Cli) -> None:
    """All else hangs on its id."""
    spoil(cli, "/organizations?", "id")
    text = cli.fails()
    assert "The API sent an organization or pipeline without id or slug (http" in text


def test_what_others_hang_on(cli: Cli) -> None:
    spoil(cli, "/teams?", "id")
    text = words(cli.fails("--resources", "teams"))
    assert "without what is needed to ask for what hangs on it: " in text
    assert "`teams_pages`" in text


OTHERS = {
    "rules": ("/rules?", "uuid"),
    "agents": ("/agents?", "id"),
    "annotations": ("/annotations?", "id"),
    "artifacts": ("/artifacts?", "id"),
}


# They take the same way.
@pytest.mark.slow
@pytest.mark.parametrize("table", OTHERS)
def test_others(cli: Cli, table: str) -> None:
    cli.has_loaded()
    match, field = OTHERS[table]
    cli.simulator.faults.add(match=match, kind="without_field", field=field, times=1)
    arguments = ("--resources", table, "--max-age", "99d", "--max-requests", "9999")
    outcome = cli.loads("--progress", "off", *arguments)
    rows = rejected(cli)
    assert {row["table_name"] for row in rows} >= {table}
    assert f"{table} with no {field}: " in outcome.out
    every = {row[field] for row in cli.simulator.world.truth(include=(table,))[table]}
    got = {key for (key,) in query(cli.database, f"SELECT {field} FROM buildkite_data.{table}")}
    if table == "agents":
        # Those that the jobs know are filled in, among them perhaps the one without an id.
        assert len(every - got) <= 1
        return
    assert got < every
    if table == "rules":
        assert len(every - got) == 1


@pytest.mark.parametrize("personal", ["hash", pytest.param("drop", marks=pytest.mark.slow)])
def test_personal_data(cli: Cli, monkeypatch: pytest.MonkeyPatch, personal: str) -> None:
    monkeypatch.setenv(f"{_PREFIX}PERSONAL_DATA", personal)
    spoil(cli, "/builds?", "id", index=3)
    cli.loads("--quiet")
    rows = rejected(cli)
    assert rows
    assert {row["raw"] for row in rows} == {None}
    assert {row["number"] for row in rows} == {newest(cli)[3]["number"]}


@pytest.mark.slow
def test_rejected_rows_may_fail_the_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}REJECTED_ROWS", "fail")
    monkeypatch.setenv(f"{_PREFIX}METRIC_VIEWS", "true")
    spoil(cli, "/builds?", "id", index=3)
    outcome = cli("--progress", "off")
    assert outcome.code == 1
    assert "builds with no id: " in outcome.out
    assert "Metric views: " in outcome.out
    assert "see the table rejected. Everything else is loaded" in words(outcome.err)
    assert off_by(cli, "builds", newest(cli)[3]) == []
    assert cli("--quiet", "backfill", "--since", "31d").code == 1
    # Nothing new that is unusable: no failure.
    cli.simulator.faults.clear()
    cli.loads("--quiet")


@pytest.mark.parametrize("value", ["stop", "Fail", "1"])
def test_the_setting_is_one_of_two(cli: Cli, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(f"{_PREFIX}REJECTED_ROWS", value)
    text = cli.fails()
    assert f"The setting rejected_rows must be keep_going or fail, unlike {value!r}." in text
    assert cli.simulator.requests == []
