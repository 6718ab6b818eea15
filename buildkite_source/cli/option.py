"""One argument of the command line, or word."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import argument_types as types


@dataclass(frozen=True)
class Option:
    """One argument.

    Attributes:
        name: With its dashes.
        commands: Those it belongs to; others refuse it.
        meaning: In a sentence.
        example: Words after the program's name.
        rest: Further arguments of `add_argument`.
        short: A letter that stands for it, with its dash; "" for none.
    """

    name: str
    commands: tuple[str, ...]
    meaning: str
    example: str
    rest: dict[str, Any] = field(default_factory=dict)
    short: str = ""

    @property
    def dest(self) -> str:
        """Under which the rest of the program finds its value."""
        return self.name.strip("-").replace("-", "_")


@dataclass(frozen=True)
class Word:
    """A word behind a command.

    Attributes:
        name: Under which the rest of the program finds it.
        metavar: What it is called in the help.
        meaning: In a sentence.
        is_needed: The command does nothing without it.
    """

    name: str
    metavar: str
    meaning: str
    is_needed: bool = True


def option(
    name: str,
    commands: tuple[str, ...],
    meaning: str,
    example: str,
    short: str = "",
    **rest: Any,
) -> Option:
    """Return an argument with a value."""
    return Option(name, commands, meaning, example, rest, short)


def flag(name: str, commands: tuple[str, ...], meaning: str, example: str) -> Option:
    """Return an argument without a value."""
    return Option(name, commands, meaning, example, {"action": "store_true"})


def repeatable(
    name: str,
    commands: tuple[str, ...],
    meaning: str,
    example: str,
    metavar: str,
    type: Callable[[str], Any] = types.name,  # noqa: A002 - as argparse calls it
    short: str = "",
) -> Option:
    """Return an argument that may be given several times, with a name each time unless told."""
    rest = {"action": "append", "type": type, "default": [], "metavar": metavar}
    return Option(name, commands, meaning, example, rest, short)
