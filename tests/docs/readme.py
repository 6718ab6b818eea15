"""README.md taken apart: code blocks by language, tables by their headings."""

import re
import shlex
import textwrap

from tests.cli.running import REPOSITORY

TEXT = (REPOSITORY / "README.md").read_text()

_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return [textwrap.dedent(code) for _, kind, code in _FENCE.findall(TEXT) if kind == language]


def commands() -> list[list[str]]:
    """Return every shell command, split into words."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    return [shlex.split(part) for line in lines for part in line.split(" && ")]


def run_commands() -> list[list[str]]:
    """Return what follows `uv run` in the commands that begin so."""
    return [words[2:] for words in commands() if words[:2] == ["uv", "run"]]


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading."""
    section = re.split(r"^#+ ", TEXT.split(f" {heading}\n", 1)[1], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(cell: str) -> list[str]:
    """Return what a cell shows as code."""
    return re.findall(r"`([^`]+)`", cell)
