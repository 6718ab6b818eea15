"""No argument is ignored: what does not belong to a command is refused, whatever it is."""

import shlex
from itertools import chain

import pytest

from buildkite_source.cli.arguments import OPTIONS
from buildkite_source.cli.command_names import COMMANDS, WORDS
from buildkite_source.cli.option import Option
from buildkite_source.cli.options import parse

_OPTIONS = [*chain(*OPTIONS.values())]
# Examples that show one argument in company of others.
_OWN = [option for option in _OPTIONS if set(option.commands) != set(COMMANDS)]


def typed(option: Option) -> list[str]:
    """Return the argument itself, as its example has it."""
    words = shlex.split(option.example)
    names = [name for name in (option.name, option.short) if name in words]
    place = words.index(names[0])
    return words[place : place + (1 if option.rest.get("action") == "store_true" else 2)]


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("option", _OWN, ids=lambda option: option.name)
def test_an_argument_of_other_commands_is_refused(
    option: Option, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in COMMANDS.keys() - set(option.commands):
        word = [WORDS[command].name] if command in WORDS else []
        text = refused([command, *word, *typed(option)], capsys)
        assert f"{option.name} goes with {option.commands[0]}" in text


def test_every_command_can_be_watched_quietened_and_pointed_elsewhere() -> None:
    everywhere = {option.name for option in _OPTIONS if set(option.commands) == set(COMMANDS)}
    assert everywhere == {
        "--dataset",
        "--demo",
        "--destination",
        "--progress",
        "--quiet",
        "--verbose",
        "--version",
    }


def test_a_method_is_one_in_small_letters_too() -> None:
    assert parse(["api", "user", "-X", "patch", "-F", "name=x"]).method == "PATCH"
