"""`check` on the two tokens: a warning where one can do more than it is for, never an error."""

import json

import pytest

from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli

from .conftest import Acts
from .test_commands import may_act

__all__ = ["cli", "may_act", "without_views"]

_PREFIX = "SOURCES__BUILDKITE_SOURCE__"
_READS = ("read_organizations", "read_pipelines", "read_builds")


def test_both_tokens_are_held_against_what_they_are_for(
    cli: Cli, may_act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = cli("check")
    assert told.code == 0, told.text
    assert "Mind: the token that reads can write: delete_packages" in told.out
    assert "can do more than is allowed here: write_agents, write_pipelines" in told.out
    assert "Actions: rebuild: yes" in told.out
    assert "Actions: on lumen-freight/*" in told.out

    reads = cli.simulator.add_token(scopes=_READS)
    writes = cli.simulator.add_token(scopes=("write_builds",), user="robot")
    cli.secrets += [reads, writes]
    monkeypatch.setenv(f"{_PREFIX}ACCESS_TOKEN", reads)
    monkeypatch.setenv(f"{_PREFIX}ACTIONS__ACCESS_TOKEN", writes)
    assert json.loads(cli("check", "--json").out)["warnings"] == []

    monkeypatch.setenv(f"{_PREFIX}ACTIONS__ACTIONS", '["stop_agent", "rebuild"]')
    found = json.loads(cli("check", "--json").out)
    (warning,) = found["warnings"]
    assert "stop_agent is allowed" in warning
    assert "write_agents" in warning
    assert [one["may"] for one in found["acting"]["actions"]] == [False, True]
    assert found["ok"]

    monkeypatch.setenv(f"{_PREFIX}ACTIONS__ACCESS_TOKEN", "bkua_mistyped")
    cli.secrets.append("bkua_mistyped")
    told = cli("check")
    assert "Mind: the actions' token was not accepted" in told.out
    assert told.code == 0
