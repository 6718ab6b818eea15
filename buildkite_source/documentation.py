"""What each setting means, for `help(buildkite_source)` and the README's table.

`python -m buildkite_source.documentation` prints the table.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from inspect import cleandoc
from typing import Any, TypeVar

from dlt.common.configuration.specs import BaseConfiguration

from .settings import THEMES

F = TypeVar("F", bound=Callable[..., Any])
_LINE = re.compile(r"^    (\w+): (.+(?:\n      .+)*)", re.MULTILINE)


def documented(*themes: type[BaseConfiguration]) -> Callable[[F], F]:
    """Return what adds the arguments of these themes to a function's docstring."""

    def add(function: F) -> F:
        parts = cleandoc(function.__doc__ or "").split("\n\nReturns:", 1)
        lines = [
            f"    {name}: {meaning[0].upper()}{meaning[1:]}."
            for theme in themes
            for name, meaning in explained(theme).items()
        ]
        arguments = "\n".join(["", "", "Args:", *lines])
        function.__doc__ = "\n\nReturns:".join([parts[0] + arguments, *parts[1:]])
        return function

    return add


def explained(theme: type[BaseConfiguration]) -> dict[str, str]:
    """Return what each setting of a theme means, by name."""
    told = _LINE.findall(cleandoc(theme.__doc__ or ""))
    return {name: " ".join(meaning.split()) for name, meaning in told}


def table() -> Iterator[str]:
    """Yield the lines of the README's table of settings."""
    yield from settings_table(THEMES)


def settings_table(themes: Iterable[type[BaseConfiguration]]) -> Iterator[str]:
    """Yield the lines of a table of the settings of some themes."""
    yield "| Setting | Default | Meaning |"
    yield "| --- | --- | --- |"
    for theme in themes:
        meanings = explained(theme)
        for field in fields(theme):
            if field.name in meanings:
                yield f"| `{field.name}` | {_shown(field.default)} | {meanings[field.name]} |"


def _shown(default: Any) -> str:
    if default is None:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201
