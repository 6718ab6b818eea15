"""Groups of resources on the command line: what came with a group is left out with a line."""

import pytest

from .conftest import Cli

_TOKEN = "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"


def test_a_group_is_loaded_beside_the_core(cli: Cli) -> None:
    outcome = cli.loads("--resources", "core,teams,account")
    truth = cli.simulator.world.truth(include=("teams", "team_members"))
    assert cli.count("teams") == len(truth["teams"])
    assert cli.count("team_members") == len(truth["team_members"])
    assert cli.count("rate_limits") == len(truth["organizations"])
    assert "Left out" not in outcome.out.replace("Left out, as it may hold credentials", "")


def test_what_a_group_brought_and_the_token_may_not_read_is_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = cli.simulator.add_token(scopes=["read_organizations", "read_teams"])
    cli.secrets.append(token)
    monkeypatch.setenv(_TOKEN, token)
    outcome = cli.loads("--resources", "teams,packages,organizations")
    assert "Left out: registries, which needs the scope read_registries" in outcome.out
    assert cli.count("teams") > 0
    text = cli.fails("--resources", "registries")
    assert "read_registries" in text


def test_unknown_names_list_the_known_ones(cli: Cli) -> None:
    outcome = cli("--resources", "core,teens")
    assert outcome.code == 2
    assert "unknown: teens" in outcome.err
    assert "team_members" in outcome.err
