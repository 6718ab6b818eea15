"""What is printed: no escape, no mark and no missing letter of others' text does any harm."""

import io
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import requests

from buildkite_simulator import Simulator
from buildkite_source.cli.console import CleanConsole
from buildkite_source.cli.progress import LiveProgress
from buildkite_source.cli.terminal import clean_output
from buildkite_source.client import Waiting

from .conftest import Cli
from .running import PROGRAMS, Outcome, project_environment, run

pytestmark = pytest.mark.with_views

_EVIL = "\x1b[31mred\x1b]0;title\x07 \u202eevil\u2066\x9b31m\u200b\r\nLoaded in 0.0 s:"
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


def check_clean(text: str) -> None:
    found = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs")}
    assert found <= {"\n"}, text
    # A message on several lines could pass for lines of ours.
    assert not re.search(r"^Loaded in 0\.0 s:", text, re.MULTILINE), text


def test_what_the_api_says(cli: Cli) -> None:
    body = json.dumps({"message": _EVIL}).encode()
    cli.simulator.faults.add(kind="status", match="/builds", status=422, body=body, times=None)
    text = cli.fails()
    assert "red" in text
    check_clean(text)


def test_a_body_that_is_no_json(cli: Cli) -> None:
    cli.simulator.faults.add(
        kind="status", match="/builds", status=422, body=_EVIL.encode(), times=None
    )
    check_clean(cli.fails())


def test_the_description_of_a_token(cli: Cli) -> None:
    url = f"{cli.simulator.base_url}/access-token"
    token = requests.get(url, headers={"Authorization": f"Bearer {cli.simulator.token}"}).json()
    body = json.dumps({**token, "description": _EVIL}).encode()
    cli.simulator.faults.add(kind="body", match="/access-token", body=body, times=None)
    outcome = cli("check")
    assert "Token: [31mred" in outcome.out
    check_clean(outcome.text)
    assert json.loads(cli("check", "--json").out)["token"]["description"] == _EVIL


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pipeline", _EVIL],
        ["--organization", _EVIL],
        ["--organization", "\udcff"],
        ["--destination", _EVIL],
        ["--since", _EVIL],
        [f"--{_EVIL}"],
        ["report", "--pipeline", _EVIL],
        ["report", "--output", f"no/{_EVIL}"],
        ["status", "--dataset", _EVIL],
    ],
    ids=lambda arguments: " ".join(arguments).replace(_EVIL, "EVIL").encode("ascii", "replace"),
)
def test_arguments_that_are_repeated(cli: Cli, arguments: list[str]) -> None:
    outcome = cli(*arguments)
    assert "Traceback" not in outcome.text
    found = {char for char in outcome.text if unicodedata.category(char) in ("Cc", "Cf", "Cs")}
    assert found <= {"\n"}


def test_names_in_bars_are_no_markup_and_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with clean_output():
        bars = LiveProgress(CleanConsole())
        with bars("Extract buildkite_source"):
            bars.shown("[/red] \x1b]0;title\x07\u202e", 1, 2, "pages")
            bars.on_event(Waiting(3, _EVIL))
    text = out.getvalue()
    # The console's own escapes are still there.
    assert "\x1b[" in text
    assert "[/red]" in text
    for mark in ("\x1b]", "\x07", "\u202e", "\x9b", "\x1b[31mred"):
        assert mark not in text


# In the second the file system's names are ASCII to Python too.
_ASCII = {
    "terminal": ("projekt ü", {"PYTHONIOENCODING": "ascii", f"{_PREFIX}METRIC_VIEWS": "false"}),
    "locale": (
        "project",
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["terminal", "locale"])
def test_a_terminal_that_knows_ascii_alone(
    simulator: Simulator, workspace: Path, which: str
) -> None:
    name, settings = _ASCII[which]
    project = workspace / name
    project.mkdir()
    env = project_environment(project, simulator, **settings)

    def runs(*arguments: str, code: int = 0) -> Outcome:
        outcome = run(PROGRAMS / "buildkite-pipeline", *arguments, cwd=workspace, env=env)
        assert outcome.code == code, outcome.text
        assert "UnicodeEncodeError" not in outcome.text
        assert "Traceback" not in outcome.text
        assert outcome.text.isascii()
        return outcome

    shown = str(project).encode("ascii", "backslashreplace").decode()
    assert shown in runs("--progress", "plain", "--since", "20d").out
    assert shown in runs("status").out
    if which == "terminal":
        return
    assert shown in runs("check").out
    json.loads(runs("check", "--json").out)
    assert "# CI of" in runs("report").out
    assert json.loads(runs("report", "--format", "json").out)["sections"]
    page = runs("report", "--format", "html").out
    assert "\\u" not in page
    assert "&#" in page
    assert "Unknown pipeline" in runs("--pipeline", "été", code=1).err
    runs("views")
    assert "artifacts" in runs("download-artifacts", code=1).err
    runs("--help")


@pytest.mark.parametrize("progress", ["plain", pytest.param("live", marks=pytest.mark.slow)])
def test_a_load_goes_on_when_nobody_reads_what_it_says(cli: Cli, progress: str) -> None:
    """As with `| head` and `2>&1 | head`."""
    program = PROGRAMS / "buildkite-pipeline"
    with subprocess.Popen(
        [program, "--progress", progress],
        cwd=cli.folder,
        env=project_environment(cli.folder, cli.simulator, **{f"{_PREFIX}METRIC_VIEWS": "false"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        running.stderr.close()
        assert running.wait(120) == 0
    assert cli.count("builds") == len(cli.simulator.world.truth()["builds"])
