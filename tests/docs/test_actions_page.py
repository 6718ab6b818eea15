"""docs/actions.md: its tables are those of the definitions, and every example works."""

import contextlib
import io
import json
import re
import shlex
from typing import Any

import pytest

from buildkite_source.actions import Status
from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.actions.documentation import with_generated
from buildkite_source.cli import options
from tests.actions.cases import CASES
from tests.actions.conftest import ORGANIZATION, Acts, act, loader, of
from tests.actions.conftest import simulator as simulator
from tests.actions.conftest import world_config as world_config
from tests.cli.running import REPOSITORY

__all__ = ["act", "loader", "simulator", "world_config"]

_PAGE = (REPOSITORY / "docs" / "actions.md").read_text()
_TARGET = ("organization", "pipeline", "number", "job_id", "agent_id", "annotation_id")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_what_the_definitions_generate() -> None:
    assert with_generated(_PAGE) == _PAGE, "Run: python -m buildkite_source.actions.documentation"
    assert all(f"[`{name}`]" in _PAGE for name in ACTIONS)


def test_every_command_is_one() -> None:
    commands = [shlex.split(line) for block in _blocks("sh") for line in _lines(block)]
    assert {words[1] for words in commands} >= {"act", "build", "rebuild", "retry", "cancel"}
    for program, *words in commands:
        assert program == "buildkite-pipeline"
        options.parse(words)


def test_each_action_has_an_example_that_works(act: Acts) -> None:
    examples = [json.loads(line) for line in _blocks("json")[0].splitlines()]
    assert [one["action"] for one in examples] == [name for name in ACTIONS if name != "api"]
    rows = []
    for example, case in zip(examples, CASES, strict=True):
        # The world is another one than the page's.
        real = {name: value for name, value in case.row(act).items() if name in _TARGET}
        assert real.keys() == example.keys() & set(_TARGET)
        rows.append({**example, **real})
    for outcome in act(*rows):
        assert outcome.status is Status.DONE, outcome


def test_the_python_works(act: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = "SOURCES__BUILDKITE_SOURCE__"
    monkeypatch.setenv(f"{prefix}ACCESS_TOKEN", act.loader.simulator.token)
    monkeypatch.setenv(f"{prefix}BASE_URL", act.loader.simulator.base_url)
    monkeypatch.setenv(f"{prefix}ACTIONS__ACCESS_TOKEN", act.writing)
    monkeypatch.setenv(f"{prefix}ACTIONS__PIPELINES", f'["{ORGANIZATION}/*"]')
    monkeypatch.setenv(f"{prefix}ACTIONS__ACTIONS", '["rebuild", "annotate"]')
    build = of(act.builds("passed")[0])
    (code,) = _blocks("python")
    for name, value in {"acme": build["organization"], "web": build["pipeline"]}.items():
        code = code.replace(f'"{name}"', f'"{value}"')
    code = code.replace('"number": 12', f'"number": {build["number"]}')
    made: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as told:
        exec(compile(code, "actions.md", "exec"), made)
    assert f"{build['pipeline']} #{build['number']}: done, #" in told.getvalue()
    rows = made["warehouse"].dataset()("SELECT key, status FROM actions ORDER BY key").fetchall()
    assert rows == [("nightly/12", "done"), ("nightly/12/note", "done")]
    # The same rows once more, and nothing is done twice.
    before = len(act.writes)
    exec(compile(code, "actions.md", "exec"), made)
    assert len(act.writes) == before == 2


def _lines(block: str) -> list[str]:
    """Return the commands of a block; one in quotes goes over several lines."""
    return [line for line in re.split(r"\n(?=buildkite-pipeline)", block.strip()) if line]
