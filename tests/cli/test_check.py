"""`check`: what a load would meet, in a dozen requests, for people and for machines."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import WorldConfig
from tests.source.conftest import PRESENT

from .conftest import Cli
from .running import run_with_small_files

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
