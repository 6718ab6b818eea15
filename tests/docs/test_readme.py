"""What the README says is what happens: its arguments, settings, commands and snippets."""

import argparse
import inspect
import re
import shlex
import tomllib
from itertools import chain
from typing import Any

import duckdb
import pytest

from buildkite_source import buildkite_source, documentation, settings
from buildkite_source.cli import options
from buildkite_source.cli.arguments import OPTIONS
from buildkite_source.cli.command_names import COMMANDS
from buildkite_source.tables import TABLES
from tests.cli.conftest import cli, simulator, without_views, world_config
from tests.cli.running import REPOSITORY, Cli

from . import readme

__all__ = ["cli", "simulator", "without_views", "world_config"]

_SCRIPT = "pipelines/buildkite_pipeline.py"
_ARGUMENTS = readme.table("Arguments")


def test_the_newest_changes_are_those_of_the_version() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert project["version"] == f"{newest[1]}.0"


def _actions() -> dict[str, argparse.Action]:
    actions = options.build_parser()._actions
    return {action.option_strings[-1]: action for action in actions if action.dest != "help"}


def test_the_commands_are_explained() -> None:
    told = options.build_parser().format_help()
    for command, meaning in COMMANDS.items():
        assert re.search(rf"`{command}\b|buildkite_pipeline.py {command}\b", readme.TEXT), command
        assert re.search(rf"^  {command} +{re.escape(meaning)}$", told, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_helps_with_its_own_arguments(command: str) -> None:
    told = " ".join(options.build_parser(command).format_help().split())
    for option in chain.from_iterable(OPTIONS.values()):
        assert (f"Example: {option.example}" in told) is (command in option.commands), option.name


def test_the_arguments_table_lists_all_arguments() -> None:
    documented = [code for row in _ARGUMENTS for code in readme.code(row[0]) if code[:2] == "--"]
    defined = [
        f"{name} {action.metavar}" if action.metavar else name
        for name, action in _actions().items()
    ]
    assert sorted(documented) == sorted(defined)


@pytest.mark.parametrize(
    "row",
    [row for row in _ARGUMENTS if row[0].startswith("`--")],
    ids=lambda row: readme.code(row[0])[0].split()[0],
)
def test_each_argument_has_an_example_that_works(
    row: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = readme.code(row[0])[0].split()[0]
    (example,) = readme.code(row[2])
    (option,) = [one for one in chain.from_iterable(OPTIONS.values()) if one.name == name]
    assert option.example == example
    if name == "--version":
        with pytest.raises(SystemExit, match="0"):
            options.parse(shlex.split(example))
        assert re.fullmatch(r"buildkite-pipeline \d\S*\n", capsys.readouterr().out)
    else:
        chosen = vars(options.parse(shlex.split(example)))
        key = name.lstrip("-").replace("-", "_")
        assert chosen[key] != vars(options.parse([]))[key]


def test_the_progress_modes_are_the_documented_ones() -> None:
    (meaning,) = [row[1] for row in _ARGUMENTS if "--progress" in row[0]]
    assert set(readme.code(meaning)) == set(_actions()["--progress"].choices or ())


def test_the_settings_table_is_that_of_the_settings() -> None:
    assert "\n".join(documentation.table()) in readme.TEXT


def test_the_settings_are_those_of_the_source() -> None:
    parameters = inspect.signature(buildkite_source).parameters
    defaults = {
        name: getattr(theme(), name)
        for theme in settings.OF_SOURCE
        for name in theme().get_resolvable_fields()
    }
    assert {name: one.default for name, one in parameters.items()} == {
        **defaults,
        "session": None,
        "graphql": None,
        "exports": None,
        "hints": None,
    }
    for theme in settings.THEMES:
        assert list(documentation.explained(theme)) == list(theme().get_resolvable_fields())


def test_the_first_table_lists_all_tables() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", readme.TEXT, re.MULTILINE)
    assert rows[: len(TABLES)] == [table.name for table in TABLES]


def test_every_command_names_what_exists() -> None:
    scripts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["scripts"]
    known = {"python", "pytest", "dlt", "marimo", *scripts}
    for words in readme.commands():
        assert words[:2] in (["uv", "run"], ["pip", "install"]), words
    for program, *arguments in readme.run_commands():
        assert program in known or (REPOSITORY / program).is_file()
        if program == _SCRIPT:
            options.parse(arguments)
    assert [_SCRIPT] in readme.run_commands()
    assert [_SCRIPT, "--demo"] in readme.run_commands()
    assert ["pytest"] in readme.run_commands()
    assert ["dlt", "pipeline", "buildkite_pipeline", "info"] in readme.run_commands()


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", readme.TEXT))
def test_links_lead_somewhere(link: str) -> None:
    assert (REPOSITORY / link).exists()


def test_the_secrets_are_where_the_source_looks_for_them() -> None:
    example, accounts = readme.blocks("toml")
    assert set(tomllib.loads(example)["sources"]["buildkite_source"]) == {"access_token"}
    named = tomllib.loads(accounts)["sources"]["buildkite_source"]["accounts"]
    assert all(set(account) == {"access_token"} for account in named.values())
    file = next((REPOSITORY / ".dlt").glob("secrets*example*")).read_text()
    assert tomllib.loads(file) == tomllib.loads(example)


def test_the_snippets_work_on_loaded_data(cli: Cli) -> None:
    cli.has_loaded()
    (sql,) = readme.blocks("sql")
    with duckdb.connect(str(cli.database), read_only=True) as connection:
        assert len(connection.execute(sql).fetchall()) == 10

    read, own, whole = readme.blocks("python")
    found: dict[str, Any] = {}
    exec(compile(read, "README.md", "exec"), found)
    assert len(found["builds"]) == cli.count("builds")

    made: dict[str, Any] = {}
    exec(compile(own, "README.md", "exec"), made)
    pipeline = made["pipeline"]
    assert 0 < len(pipeline.dataset().builds.df()) <= cli.count("builds")
    counts = pipeline.last_trace.last_normalize_info.row_counts
    assert {name for name in counts if not name.startswith("_dlt")} == {"builds", "jobs"}

    exec(compile(whole, "README.md", "exec"), made)
    assert made["report"].asdict()["rows"]["annotations"] > 0
    assert cli.count("job_logs") == made["report"].rows["job_logs"] > 0
