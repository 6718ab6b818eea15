"""Every failure: exit code 1, one paragraph that says what to do, nothing secret, nothing lost."""

import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import dlt
import pytest
from dlt.common.configuration.providers.toml import SecretsTomlProvider, TomlProviderReadException

from buildkite_simulator.api.tokens import ALL_SCOPES
from buildkite_source.load import advice

from .running import REPOSITORY, Cli, check_paragraph, words

_TOKEN = "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"
_BASE_URL = "SOURCES__BUILDKITE_SOURCE__BASE_URL"


@pytest.mark.parametrize("token", [None, "", "  "], ids=["unset", "empty", "blank"])
def test_no_token(cli: Cli, monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    monkeypatch.delenv(_TOKEN)
    if token is not None:
        monkeypatch.setenv(_TOKEN, token)
    text = cli.fails()
    assert "No Buildkite access token is set" in text
    assert ".dlt/secrets.toml" in text
    assert "[sources.buildkite_source]" in text
    assert _TOKEN in text
    for scope in ("read_organizations", "read_pipelines", "read_builds", "--demo"):
        assert scope in text
    assert cli.simulator.requests == []


def test_the_example_file_left_as_it_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_TOKEN)
    (example,) = (REPOSITORY / ".dlt").glob("*example*")
    (cli.folder / ".dlt").mkdir()
    shutil.copy(example, cli.folder / ".dlt" / "secrets.toml")
    dlt.current.run_context().reload()
    assert "The setting access_token" in cli.fails()


def test_a_token_with_a_line_break_is_never_repeated(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.secrets = ["bkua_half", "other_half"]
    monkeypatch.setenv(_TOKEN, "bkua_half\nother_half")
    assert f"setting access_token ({_TOKEN}) holds characters that no token has" in cli.fails()


@pytest.mark.parametrize("sections", ["ACCOUNTS__WORK", "ACTIONS"])
def test_a_token_that_cannot_be_used_is_named_as_it_was_set(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, sections: str
) -> None:
    cli.secrets = ["bkua_half", "other_half"]
    name = f"SOURCES__BUILDKITE_SOURCE__{sections}__ACCESS_TOKEN"
    monkeypatch.setenv(name, "bkua_half\nother_half")
    words = ["check", "--account", "work"]
    if sections == "ACTIONS":
        monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ACTIONS__PIPELINES", '["acme/*"]')
        monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ACTIONS__ACTIONS", '["rebuild"]')
        words = ["rebuild", "acme/web/12", "--yes"]
    assert f"The setting access_token ({name}) holds characters" in cli.fails(*words)


def test_a_base_url_without_its_version_is_guessed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = cli.simulator.base_url.removesuffix("/v2")
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__BASE_URL", base)
    assert "answered 404: Not Found. Should the setting base_url end with /v2" in cli.fails(
        "api", "user"
    )


def test_a_key_that_is_no_key_is_named_and_never_repeated(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.secrets = ["planted-key"]
    monkeypatch.delenv(_TOKEN)
    monkeypatch.setenv(_TOKEN.replace("ACCESS_TOKEN", "PRIVATE_KEY"), "planted-key")
    assert "The setting token_id (SOURCES__BUILDKITE_SOURCE__TOKEN_ID) is missing" in cli.fails()
    monkeypatch.setenv(_TOKEN.replace("ACCESS_TOKEN", "TOKEN_ID"), str(UUID(int=7)))
    assert "The setting private_key" in cli.fails()


def test_a_wrong_token(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.secrets = ["bkua_mistyped"]
    monkeypatch.setenv(_TOKEN, "bkua_mistyped")
    text = cli.fails()
    assert "answered 401" in text
    assert "mistyped, expired or revoked" in text
    assert "https://buildkite.com/user/api-access-tokens" in text
    assert "ended early" in cli.loads("status").out


@pytest.mark.parametrize(
    "scope",
    [
        "read_builds",
        pytest.param("read_organizations", marks=pytest.mark.slow),
        pytest.param("read_pipelines", marks=pytest.mark.slow),
    ],
)
def test_a_missing_scope_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch, scope: str) -> None:
    token = cli.simulator.add_token(scopes=set(ALL_SCOPES) - {scope})
    cli.secrets = [token]
    monkeypatch.setenv(_TOKEN, token)
    text = cli.fails()
    assert "answered 403" in text
    assert f"It needs the scope {scope}." in text


@pytest.mark.parametrize("kind", ["organization", "pipeline"])
def test_an_unknown_slug_lists_the_visible_ones(cli: Cli, kind: str) -> None:
    organization = cli.simulator.world.organizations[0]
    visible = {
        "organization": [organization.slug],
        "pipeline": sorted(pipeline.slug for pipeline in organization.pipelines),
    }[kind]
    text = cli.fails(f"--{kind}", "no-such-thing")
    assert f"Unknown {kind}: no-such-thing. This token sees: {', '.join(visible)}." in text
    assert f"Check --{kind}" in text


def test_an_api_that_cannot_be_reached(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    monkeypatch.setenv(_BASE_URL, "http://127.0.0.1:9/v2")
    text = cli.fails()
    assert "http://127.0.0.1:9 cannot be reached: the connection failed (6 attempts)" in text
    assert "Check the network, a proxy, or base_url" in text
    assert len(slept) == 5


def slow(*strange: Any) -> Any:
    """Strange in a way of which another one is tried."""
    return pytest.param(*strange, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("fault", "sign"),
    [
        ({"kind": "body", "body": b"<html>Sign in</html>"}, "is not the JSON the API documents"),
        ({"kind": "body", "body": b'{"id": "x"}'}, "an object where the API documents a list"),
        slow({"kind": "body", "body": b'["text"]'}, "is not the JSON the API documents"),
        pytest.param(
            {"kind": "body", "body": b'[{"name": "no id"}]'},
            "is not what the API documents",
        ),
        slow({"kind": "body", "body": b""}, "is not the JSON the API documents"),
        slow({"kind": "truncate"}, "is not the JSON the API documents"),
        ({"kind": "truncate", "claim_full_length": True}, "the answer was cut off"),
        slow({"kind": "reset"}, "the connection failed"),
        ({"kind": "status", "status": 502}, "answered 502 in each of 6 attempts"),
        ({"kind": "status", "status": 404, "body": b'{"message": "Not Found"}'}, "does not exist"),
        slow({"kind": "rate_limit"}, "The rate limit stayed exhausted"),
        ({"kind": "redirect", "location": "http://127.0.0.1:9/x"}, "not the configured host"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value.replace(" ", "-"),
)
@pytest.mark.usefixtures("slept")
def test_an_api_that_answers_strangely(cli: Cli, fault: dict[str, Any], sign: str) -> None:
    cli.simulator.faults.add(match="/builds", times=None, **fault)
    text = cli.fails()
    assert sign in text
    assert "unexpected" not in text


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("BUDGET_SHARE", "lots", "The setting budget_share cannot be used: it is no float"),
        ("BUDGET_SHARE", "2", "The setting budget_share must be above 0 and at most 1"),
        ("BASE_URL", "api.buildkite.com/v2", "The setting base_url must begin with https://"),
        (
            "SINCE",
            "soon",
            "The setting since cannot be used: 'soon' is no date and no duration. Use",
        ),
        (
            "PIPELINES",
            "web",
            'The setting pipelines cannot be used: it is no list, such as ["one"',
        ),
        ("LOG_TAIL", "-5", "The setting log_tail must be 0 or more, unlike -5."),
        ("INCLUDE_SECRETS", "perhaps", "The setting include_secrets cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sign: str
) -> None:
    monkeypatch.setenv(f"SOURCES__BUILDKITE_SOURCE__{name}", value)
    assert sign in cli.fails()


def test_a_settings_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text('[sources.buildkite_source]\naccess_token = "bkua_half')
    with pytest.raises(TomlProviderReadException) as raised:
        SecretsTomlProvider(str(tmp_path))
    text = advice.explain(raised.value, "duckdb")
    assert text.startswith("The settings in .dlt/secrets.toml cannot be read: ")
    assert "bkua_half" not in text


def test_what_lies_in_the_future_is_told_by_the_clock_of_the_api(cli: Cli) -> None:
    text = cli.fails("--since", "2999-01-01")
    assert words(text) == (
        "The setting since cannot be used: '2999-01-01' lies in the future; it is "
        "2026-09-16T14:00:00Z at Buildkite."
    )


@pytest.mark.parametrize(
    ("arguments", "sign"),
    [
        (["--since", "yesterday"], "Use a date such as 2026-08-01"),
        (["--since", "99999999999d"], "is no date and no duration"),
        (["--resources", "builds,log"], "unknown: log. Known: core, details, logs, account"),
        (["--resources", ","], "nothing named"),
        (["--progress", "loud"], "invalid choice: 'loud'"),
        (["--quiet", "--verbose"], "not allowed with argument"),
        (["--organisation", "acme"], "unrecognized arguments: --organisation"),
        (["--org", "acme"], "unrecognized arguments: --org"),
        (["--pipeline"], "expected one argument"),
        (["load"], "argument command: invalid choice: 'load'"),
        (["--organization", ""], "a name is needed"),
        (["report", "--yes"], "--yes goes with --post"),
        (["report", "--when", "red"], "--when goes with --post"),
        (["act", "rows", "--format", "json"], "what act reads is csv, else JSON lines"),
        (["--dataset", "buildkite_pipeline"], "is the name of the DuckDB file"),
        (["--demo", "--dataset", "buildkite_demo"], "is the name of the DuckDB file"),
        (["--destination", " "], "a name is needed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments_exit_with_2(cli: Cli, arguments: list[str], sign: str) -> None:
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert sign in words(outcome.err)
    assert "Traceback" not in outcome.err
    assert cli.simulator.requests == []


def test_verbose_adds_the_traceback_but_no_token(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.secrets = ["bkua_mistyped"]
    monkeypatch.setenv(_TOKEN, "bkua_mistyped")
    outcome = cli("--verbose")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "mistyped, expired or revoked" in outcome.err.splitlines()[-1]


def test_quiet_still_tells_errors(cli: Cli) -> None:
    outcome = cli("--quiet", "--organization", "no-such-thing")
    assert outcome.code == 1
    check_paragraph(outcome)
