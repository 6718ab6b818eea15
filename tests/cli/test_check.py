"""`check`: what a load would meet, in a dozen requests, for people and for machines."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import WorldConfig
from buildkite_source.cli.exports_settings import exports_of
from buildkite_source.load.guards import one_at_a_time
from tests.source.conftest import PRESENT

from .conftest import Cli
from .running import run_with_small_files
from .test_readers import read_by_another

_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig.tiny().but(end=PRESENT, organizations=2)


def found(cli: Cli, *arguments: str, code: int = 0) -> dict[str, Any]:
    outcome = cli("check", "--json", *arguments)
    assert outcome.code == code, outcome.text
    told: dict[str, Any] = json.loads(outcome.out)
    assert told["ok"] is (code == 0)
    return told


def test_all_is_well(cli: Cli) -> None:
    told = found(cli, "--resources", "all")
    assert told["spent"] == len(cli.simulator.requests) <= 12
    assert told["organizations"] == [
        row["slug"] for row in cli.simulator.world.truth()["organizations"]
    ]
    assert told["exports"] == dict.fromkeys(told["organizations"], "off")
    assert told["first_load"]["pages_of_builds"] >= 1
    assert all(one["readable"] for one in told["resources"])
    assert told["place"]["error"] == ""
    assert not any(request.path.endswith("/jobs") for request in cli.simulator.requests)
    text = cli.loads("check").out
    assert re.search(r"Ready; \d+ requests spent", text)
    assert re.search(r"builds +yes", text)
    # Nothing was loaded, and nothing is left behind.
    assert not cli.database.exists()
    outcome = cli.loads("status")
    assert "Nothing is loaded yet" in outcome.out


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"build_exports": {"enabled": True, "strategy_id": "s3", "location": "ci"}},
            "on, to s3 ci",
        ),
        ({"build_exports": {"available": False}}, "not in the plan"),
        ({"build_exports": None}, "not known"),
        ([], "not known"),
    ],
)
def test_how_build_exports_are_set(told: Any, words: str) -> None:
    response = requests.Response()
    response._content = json.dumps(told).encode()
    assert exports_of("acme", lambda _: response) == words


def test_missing_scopes_are_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    token = cli.simulator.add_token(scopes=["read_organizations", "read_pipelines"])
    monkeypatch.setenv(f"{_PREFIX}ACCESS_TOKEN", token)
    cli.secrets.append(token)
    told = found(cli, "--resources", "core,automation", code=1)
    assert any("builds needs the scope read_builds" in error for error in told["errors"])
    # What a group brought is left out by a load, so it is no error.
    assert not any("read_rules" in error for error in told["errors"])
    lacking = {one["resource"]: one["scope"] for one in told["resources"] if not one["readable"]}
    assert lacking["rules"] == "read_rules"
    told = found(cli, "--resources", "organizations,teams,team_members", code=1)
    assert sum("read_teams" in error for error in told["errors"]) == 2
    text = cli("check").out
    assert re.search(r"builds +no +lacks read_builds", text)
    assert "Not ready" in text


def test_a_bad_token(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}ACCESS_TOKEN", "bkua_mistyped")
    told = found(cli, code=1)
    assert "The access token was not accepted" in told["errors"][0]
    assert len(cli.simulator.requests) == 1
    assert told["place"]["error"] == ""


def test_no_network(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}BASE_URL", "http://127.0.0.1:9/v2")
    told = found(cli, code=1)
    assert "cannot be reached" in told["errors"][0]


def test_a_destination_that_cannot_be_written(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "duckdb:////proc/no/such.duckdb")
    told = found(cli, code=1)
    assert told["place"]["error"]
    assert told["errors"] == [told["place"]["error"]]
    assert told["token"]["uuid"]


@pytest.mark.slow
def test_a_disk_without_room(cli: Cli) -> None:
    outcome = run_with_small_files(cli, 4096, "check", "--json")
    assert outcome.code == 1, outcome.text
    told = json.loads(outcome.out)
    assert told["place"]["error"]


def test_accounts_are_checked_one_after_the_other(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_accounts(cli)
    monkeypatch.delenv(f"{_PREFIX}ACCESS_TOKEN")
    outcome = cli("check", "--json", "--account", "work", "--account", "home")
    told = [json.loads(line) for line in outcome.out.splitlines()]
    assert [one["account"] for one in told] == ["work", "home"]
    assert [len(one["organizations"]) for one in told] == [1, 1]
    assert told[0]["organizations"] != told[1]["organizations"]
    assert outcome.code == 0


def test_accounts_load_into_one_dataset(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _two_accounts(cli)
    monkeypatch.delenv(f"{_PREFIX}ACCESS_TOKEN")
    cli.loads("--account", "work", "--account", "home", "--since", "99d")
    truth = cli.simulator.world.truth()
    assert cli.count("organizations") == len(truth["organizations"])
    assert cli.count("pipelines") == len(truth["pipelines"])
    assert cli.count("runs") == 2
    text = cli.fails("--account", "nobody")
    assert "[sources.buildkite_source.accounts.nobody]" in text


def _two_accounts(cli: Cli) -> None:
    """Give each of two accounts a token that sees one organization."""
    lines = []
    slugs = [each.slug for each in cli.simulator.world.organizations]
    for name, slug in zip(("work", "home"), slugs, strict=True):
        token = cli.simulator.add_token(organizations=[slug], user=name)
        cli.secrets.append(token)
        lines += [f"[sources.buildkite_source.accounts.{name}]", f'access_token = "{token}"']
    folder = Path(cli.folder) / ".dlt"
    folder.mkdir(exist_ok=True)
    (folder / "secrets.toml").write_text("\n".join(lines))
    switch_context(str(cli.folder))


def test_how_old_the_data_is(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    told = found(cli, "--fresh", "2h")
    # Nothing that check does not ask anyway.
    asked, plain = len(cli.simulator.requests), found(cli)
    assert told["spent"] == asked == plain["spent"]
    assert plain["fresh"] is None
    slugs = sorted(row["slug"] for row in cli.simulator.world.truth()["organizations"])
    fresh = told["fresh"]
    assert sorted(one["organization"] for one in fresh["organizations"]) == slugs
    assert all(one["seconds"] < 60 for one in fresh["organizations"])
    assert (fresh["ok"], fresh["at_most_seconds"], fresh["error"]) == (True, 7200, "")

    cli.simulator.world.clock.advance(timedelta(hours=3))
    told = found(cli, "--fresh", "2h", code=1)
    assert told["fresh"]["ok"] is False
    assert all(3 * 3600 <= one["seconds"] < 3.1 * 3600 for one in told["fresh"]["organizations"])
    text = cli("check", "--fresh", "2h").out
    assert re.search(rf"Data: {slugs[0]} as of 2026-09-16 14:00 UTC, 3.0 h old", text)
    assert f"To mend: The data of {slugs[0]} is 3.0 h old; at most 2.0 h were asked for" in text
    assert found(cli, "--fresh", "4h")["fresh"]["ok"]


def test_data_is_fresh_also_when_nobody_builds(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    with duckdb.connect(str(cli.database)) as connection:
        # As after a Sunday without builds: the runs were there, and none brought anything.
        connection.execute(
            "UPDATE buildkite_data.builds SET fetched_at = fetched_at - INTERVAL 2 DAY"
        )
    assert found(cli, "--fresh", "1h")["fresh"]["ok"]


def test_what_was_never_loaded_is_not_fresh(cli: Cli) -> None:
    told = found(cli, "--fresh", "2h", code=1)
    assert told["fresh"]["organizations"] == []
    assert told["errors"] == ["No builds are loaded yet: there is nothing that could be fresh."]
    assert not cli.database.exists()
    # What else is loaded is not what is asked about.
    cli.loads("--quiet", "--resources", "organizations")
    found(cli, "--fresh", "2h", code=1)


def test_a_freshness_that_is_no_duration(cli: Cli) -> None:
    for text in ("soon", "0h", "2026-09-01", "999999999999999d"):
        outcome = cli("check", "--fresh", text)
        assert (outcome.code, "is no duration" in outcome.err) == (2, True)
    assert "--fresh goes with check" in cli("--fresh", "2h").err


@pytest.mark.slow
def test_of_several_accounts_each_is_as_old_as_its_own_organizations(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_accounts(cli)
    monkeypatch.delenv(f"{_PREFIX}ACCESS_TOKEN")
    cli.loads("--quiet", "--account", "work", "--account", "home")
    cli.simulator.world.clock.advance(timedelta(hours=3))
    cli.loads("--quiet", "--account", "home")
    outcome = cli("check", "--json", "--fresh", "2h", "--account", "work", "--account", "home")
    told = [json.loads(line) for line in outcome.out.splitlines()]
    assert [one["fresh"]["ok"] for one in told] == [False, True]
    assert outcome.code == 1


def test_the_age_is_told_when_the_api_cannot_be(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.has_loaded("--since", "20d")
    monkeypatch.setenv(f"{_PREFIX}BASE_URL", "http://127.0.0.1:9/v2")
    told = found(cli, "--fresh", "2h", code=1)
    assert len(told["fresh"]["organizations"]) == 2
    assert len(told["errors"]) == 3


def test_a_load_under_way_is_no_alert(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    with read_by_another(cli.database):
        told = found(cli, "--fresh", "2h", code=1)
        assert told["fresh"]["ok"]
        assert "duckdb" in told["place"]["error"]
        with one_at_a_time("buildkite_pipeline"), ThreadPoolExecutor(1) as other:
            assert other.submit(cli, "check", "--fresh", "2h").result().code == 0
            text = other.submit(cli, "check").result().out
    assert "a load is writing to it" in text


def test_quiet_tells_only_what_is_amiss(cli: Cli) -> None:
    cli.has_loaded("--since", "20d")
    assert cli.loads("check", "--quiet", "--fresh", "2h").text == ""
    cli.simulator.world.clock.advance(timedelta(hours=3))
    text = cli.fails("check", "--quiet", "--fresh", "2h")
    assert [line[:12] for line in text.splitlines()] == ["The data of ", "The data of "]
