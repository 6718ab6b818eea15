"""Every notebook as a script and as an HTML file: on loaded data, and in the hard cases."""

import json
from pathlib import Path

import pytest

from tests.cli.running import PROGRAMS, run

from . import every_notebook
from .conftest import Project
from .running import FOLDER, NOTEBOOKS
from .worlds import CASES, become

_PROGRAM = Path(every_notebook.__file__)


@pytest.mark.slow
def test_marimo_finds_nothing_to_mend(project: Project) -> None:
    files = [FOLDER / f"{name}.py" for name in NOTEBOOKS]
    command = (PROGRAMS / "marimo", "check", "--strict", *files)
    outcome = run(*command, cwd=project.folder, env=project.env)
    assert outcome.code == 0, outcome.text


@pytest.fixture(scope="module")
def exported(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an HTML file of each notebook."""
    folder = tmp_path_factory.mktemp("exported")
    command = (PROGRAMS / "python", _PROGRAM, "export", folder)
    outcome = run(*command, cwd=project.folder, env=project.env)
    assert outcome.code == 0, outcome.text
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_becomes_an_html_file(exported: Path, notebook: str) -> None:
    text = (exported / f"{notebook}.html").read_text()
    # Charts that are seen: the first cell has one that is not.
    assert text.count("vegalite") > 1
    assert "An internal error" not in text


def outputs(project: Project, *pipelines: str) -> list[tuple[str, str]]:
    """Return the pipeline and the HTML of each notebook, run as a script."""
    command = (PROGRAMS / "python", _PROGRAM, "run", *pipelines)
    outcome = run(*command, cwd=project.folder, env=project.env)
    assert outcome.code == 0, outcome.err
    found = [(where, text) for _, where, text in map(json.loads, outcome.out.splitlines())]
    assert len(found) == len(NOTEBOOKS) * len(pipelines)
    return found


@pytest.mark.slow
def test_hard_cases_look_right(project: Project) -> None:
    for case in CASES:
        become(case, project.database)
    nowhere = "nowhere"
    for case, text in outputs(project, *CASES, nowhere):
        assert text.find("<img src=x") == -1
        says = {"empty": "No builds are loaded", nowhere: "Nothing is loaded yet"}
        assert text.find(says.get(case, "<h1")) > 0, case
    assert not (project.folder / f"{nowhere}.duckdb").exists()
