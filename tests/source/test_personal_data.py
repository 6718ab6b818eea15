"""Names and addresses of people: as they are, as hashes that join, or nowhere."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from buildkite_source import buildkite_source
from buildkite_source.catalog import ENDPOINTS
from buildkite_source.client import BuildkiteError

from .conftest import Loader

# What builds write themselves is left as it is.
WRITTEN_BY_BUILDS = {"body_html", "body_text", "context", "path", "dirname", "filename"}
PLANTED = ("Planted Person", "planted.person@lumen.example")
TRAILER = "Co-authored-by: Zoë <zoe@lumen.example>"
CATALOG = tuple(table.name for each in ENDPOINTS for table in each.tables)
CORE = ("organizations", "pipelines", "builds", "jobs")
DETAILS = ("annotations", "artifacts", "job_env")


@pytest.fixture(autouse=True)
def plant(loader: Loader) -> None:
    """Let a build name somebody in all of its texts."""
    world = loader.simulator.world
    organization = world.organizations[0]
    person = world.add_user(organization, *PLANTED)
    world.create_build(
        organization,
        organization.pipelines[0],
        message=f"Ship it\n\n{TRAILER}\nReviewed-by: {PLANTED[0]}\n\nAsk {PLANTED[1]}.",
        meta_data={"approver": PLANTED[1], "release": "7"},
        author={"username": "planted.person", "name": PLANTED[0], "email": PLANTED[1]},
        creator=person,
        source="ui",
    )
    loader.clock.world.advance(timedelta(minutes=1))


def load(loader: Loader, personal_data: str) -> None:
    """Load everything there is."""
    lists = loader.source(personal_data=personal_data, catalog=None)
    loader.pipeline().run(lists.with_resources(*CORE, *CATALOG))
    # Agents of the past come from the jobs that are loaded.
    loader.load_only(
        *DETAILS,
        "agents",
        personal_data=personal_data,
        env_keys=["BUILDKITE_MESSAGE", "BUILDKITE_COMMIT"],
        max_age="400d",
        max_requests=20,
    )


def people(loader: Loader) -> set[str]:
    """Return all names and addresses of the world as text may show them."""
    world = loader.simulator.world
    users = [user for one in world.organizations for user in one.users]
    agents = [job["agent"] for job in world.truth()["jobs"] if job.get("agent")]
    told = {text for user in users for text in (user.name, user.email)}
    told |= {agent["ip_address"] for agent in agents} | {"zoe@lumen.example", "Zoë <"}
    in_json = {json.dumps(text, ensure_ascii=each)[1:-1] for text in told for each in (True, False)}
    return told | in_json


def cells(loader: Loader) -> Iterator[tuple[str, str, str]]:
    """Yield every distinct text of every column of every table, dlt's own too."""
    with duckdb.connect(str(loader.database), read_only=True) as connection:
        columns = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE data_type IN ('VARCHAR', 'JSON') AND NOT internal"
        ).fetchall()
        for schema, table, column in columns:
            sql = f'SELECT DISTINCT "{column}"::VARCHAR FROM "{schema}"."{table}"'
            for (text,) in connection.execute(sql).fetchall():
                yield table, column, text or ""


def exposed(loader: Loader) -> set[tuple[str, str]]:
    """Return the columns that show somebody; a login only where it is all of the text."""
    wanted = people(loader)
    logins = {text.partition("@")[0] for text in wanted if "@" in text}
    return {
        (table, column)
        for table, column, text in cells(loader)
        if text in logins or any(one in text for one in wanted)
    }


def test_people_are_loaded_by_default(loader: Loader) -> None:
    loader.load()
    shown = exposed(loader)
    assert shown == {
        *(("builds", f"author_{part}") for part in ("username", "name", "email")),
        *(("builds", f"creator_{part}") for part in ("name", "email")),
        *(
            ("jobs", f"{who}_{part}")
            for who in ("retried_by", "unblocked_by")
            for part in ("name", "email")
        ),
        *(("pipelines", f"created_by_{part}") for part in ("name", "email")),
        ("builds", "message"),
        ("builds", "meta_data"),
        ("jobs", "agent_ip_address"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("personal_data", ["hash", "drop"])
def test_nobody_is_shown_in_any_table(loader: Loader, personal_data: str) -> None:
    load(loader, personal_data)
    assert {*DETAILS, "builds", "jobs"} <= {table for table, _, _ in cells(loader)}
    assert {place for place in exposed(loader) if place[1] not in WRITTEN_BY_BUILDS} == set()
    truth = loader.truth()
    builds = {row["id"]: row for row in loader.rows("builds")}
    assert len(builds) > 30
    for build_id, row in builds.items():
        assert row["creator_id"] == truth["builds"][build_id]["creator_id"]
        assert row["branch"] == truth["builds"][build_id]["branch"]
    (planted,) = [row for row in builds.values() if (row["message"] or "").startswith("Ship it")]
    assert planted["message"] == ("Ship it\n\nCo-authored-by: ***\nReviewed-by: ***\n\nAsk ***.")
    assert json.loads(planted["meta_data"]) == {"approver": "***", "release": "7"}
    if personal_data == "hash":
        assert_joined(loader, truth)


def assert_joined(loader: Loader, truth: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Whether an address has the same hash in all tables, and no other has it."""
    hashes: dict[str, set[str]] = {}
    for table, names in (
        ("builds", ("author_email", "creator_email")),
        ("jobs", ("retried_by_email", "unblocked_by_email")),
        ("pipelines", ("created_by_email",)),
    ):
        for row in loader.rows(table):
            for name in names:
                true = truth[table][row["id"]][name]
                if true is None:
                    assert row[name] is None
                else:
                    hashes.setdefault(true, set()).add(row[name])
    assert len(hashes) > 5
    assert all(len(found) == 1 for found in hashes.values())
    assert len(set.union(*hashes.values())) == len(hashes)


def test_the_settings_come_from_dlt(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__PERSONAL_DATA", "hash")
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__PERSONAL_SALT", "pepper")

    def emails(**arguments: str) -> dict[str, str]:
        (table,) = loader.source(catalog=[], **arguments).with_resources("pipelines")
        return {row["id"]: row["created_by_email"] for row in table.to_pylist()}

    by_setting = emails()
    for name in ("DATA", "SALT"):
        monkeypatch.delenv(f"SOURCES__BUILDKITE_SOURCE__PERSONAL_{name}")
    assert emails(personal_data="hash", personal_salt="pepper") == by_setting
    truth = loader.truth()["pipelines"].values()
    assert not {row["created_by_email"] for row in truth} & {*by_setting.values(), None}


def test_another_mode_is_refused_before_anything_is_sent(loader: Loader) -> None:
    with pytest.raises(BuildkiteError, match="keep, hash, drop, unlike 'redact'"):
        buildkite_source("token", loader.simulator.base_url, personal_data="redact")
    assert loader.simulator.requests == []
