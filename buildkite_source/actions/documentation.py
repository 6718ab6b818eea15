"""The generated parts of docs/actions.md: its settings, and its table of actions.

`python -m buildkite_source.actions.documentation` writes them anew into the page.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from buildkite_source.documentation import settings_table
from buildkite_source.settings import Acting

from .definitions import ACTIONS
from .model import Action, Field

_PART = "<!-- {name} -->\n{text}\n<!-- end of {name} -->"


def with_generated(page: str) -> str:
    """Return the page with its generated parts as they are to be."""
    for name, lines in (("settings", settings_table((Acting,))), ("actions", _actions())):
        text = "\n".join(lines)
        part = _PART.format(name=name, text=text).replace("\\", r"\\")
        page = re.sub(_PART.format(name=name, text=".*?"), part, page, flags=re.DOTALL)
    return page


def _actions() -> Iterator[str]:
    yield "| Action | Does | Target | Fields (**needed**) | Scope | Request | In doubt, looks at |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for action in ACTIONS.values():
        cells = (
            f"[`{action.name}`]({action.documentation})",
            action.meaning,
            ", ".join(f"`{name}`" for name in action.needs),
            "; ".join(map(_field, action.fields)),
            f"`{action.scope}`" if action.scope else "that of the address",
            _request(action),
            action.repeat,
        )
        yield f"| {' | '.join(cells)} |"


def _field(field: Field) -> str:
    name = f"**`{field.name}`**" if field.required else f"`{field.name}`"
    choices = f" ({', '.join(field.choices)})" if field.choices else ""
    return f"{name} {field.type}: {field.meaning}{choices}"


def _request(action: Action) -> str:
    if not action.method:
        return "its fields"
    answers = ", ".join(map(str, action.expected))
    return f"`{action.method} {action.path}` → {answers}"


if __name__ == "__main__":
    PAGE = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/actions.md")
    PAGE.write_text(with_generated(PAGE.read_text("utf-8")), "utf-8")
