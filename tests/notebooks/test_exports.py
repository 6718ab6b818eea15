"""Every notebook as a script and as an HTML file: on loaded data, and in the hard cases."""

import json
from pathlib import Path

import pytest

from tests.cli.running import PROGRAMS, run

from .conftest import Project
from .running import FOLDER, NOTEBOOKS
from .worlds import CASES, become

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


# Runs notebooks one after the other and prints the output of every cell as HTML.
_SCRIPT = """
import json, runpy, sys
sys.path.insert(0, {folder!r})
for file in {files!r}:
    outputs, _ = runpy.run_path(file)["app"].run()
    print(json.dumps([getattr(output, "text", "") for output in outputs]))
"""


@pytest.mark.parametrize("case", CASES)
def test_hard_cases_look_right(project: Project, case: str, tmp_path: Path) -> None:
    become(case, project.database, tmp_path)
    script = tmp_path / "run_all.py"
    files = [str(file) for file in _FILES]
    script.write_text(_SCRIPT.format(folder=str(FOLDER), files=files))
    env = {**project.env, "DLT_LOCAL_DIR": str(tmp_path)}
    outcome = run(PROGRAMS / "python", script, cwd=tmp_path, env=env)
    assert outcome.code == 0, outcome.err
    pages = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(pages) == len(_FILES)
    for page in pages:
        text = "".join(page)
        assert text.find("<img src=x") == -1
        assert text.find("No builds are loaded" if case == "empty" else "<h1") > 0
