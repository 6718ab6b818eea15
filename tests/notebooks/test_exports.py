"""Every notebook as a script and as an HTML file: on loaded data, and in the hard cases."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import PROGRAMS, run
from tests.destinations.conftest import postgres
from tests.destinations.server import PostgresServer

from .conftest import Project
from .running import FOLDER, NOTEBOOKS
from .worlds import CASES, become

__all__ = ["postgres"]

_FILES = [FOLDER / f"{name}.py" for name in NOTEBOOKS]


def test_marimo_finds_nothing_to_mend(project: Project) -> None:
    command = (PROGRAMS / "marimo", "check", "--strict", *_FILES)
    outcome = run(*command, cwd=project.folder, env=project.env)
    assert outcome.code == 0, outcome.text


@pytest.mark.parametrize("file", _FILES, ids=NOTEBOOKS)
def test_a_notebook_becomes_an_html_file(project: Project, file: Path) -> None:
    made = project.folder / f"{file.stem}.html"
    command = (PROGRAMS / "marimo", "export", "html", file, "-o", made, "--no-include-code")
    outcome = run(*command, cwd=project.folder, env=project.env)
    assert outcome.code == 0, outcome.text
    text = made.read_text()
    assert "vegalite" in text
    assert "An internal error" not in text


# Runs all notebooks on each of some pipelines, and prints the outputs of their cells as HTML.
_SCRIPT = """
import json, os, runpy, sys
sys.path.insert(0, {folder!r})
for pipeline in sys.argv[1:]:
    os.environ["NOTEBOOKS__PIPELINE"] = pipeline
    for file in {files!r}:
        outputs, _ = runpy.run_path(file)["app"].run()
        text = "".join(getattr(output, "text", "") for output in outputs)
        print(json.dumps([pipeline, text]))
"""


def outputs(project: Project, *pipelines: str, **settings: str) -> list[tuple[str, str]]:
    """Return the pipeline and the HTML of each notebook, run as a script."""
    script = project.folder / "run_all.py"
    files = [str(file) for file in _FILES]
    script.write_text(_SCRIPT.format(folder=str(FOLDER), files=files))
    env = {**project.env, **settings}
    outcome = run(PROGRAMS / "python", script, *pipelines, cwd=project.folder, env=env)
    assert outcome.code == 0, outcome.err
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(found) == len(_FILES) * len(pipelines)
    return found


def test_hard_cases_look_right(project: Project) -> None:
    for case in CASES:
        become(case, project.database)
    for case, text in outputs(project, *CASES):
        assert text.find("<img src=x") == -1
        assert text.find("No builds are loaded" if case == "empty" else "<h1") > 0, case


def test_what_is_not_there_yet_is_told(project: Project) -> None:
    for _, text in outputs(project, "nowhere"):
        assert "Nothing is loaded yet" in text
    assert not (project.folder / "nowhere.duckdb").exists()


def test_notebooks_ask_postgres(project: Project, postgres: PostgresServer) -> None:
    settings = {"DESTINATION__POSTGRES__CREDENTIALS": postgres.url}
    loaded = replace(project, env={**project.env, **settings})
    loaded.load("--destination", "postgres", "--since", "60d", "--dataset", "looked_at")
    place = {"NOTEBOOKS__DESTINATION": "postgres", "NOTEBOOKS__DATASET": "looked_at"}
    for _, text in outputs(loaded, "buildkite_pipeline", **place):
        assert "<h1" in text
        assert "vega-lite" in text
