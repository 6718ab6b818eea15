"""What an installation brings: two packages, the notebooks in one of them, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.running import REPOSITORY, environment, run

_SCRIPT = """
import pipelines, buildkite_source
from buildkite_source.cli.notebooks import _FOLDERS
from buildkite_source.load import load
assert pipelines.OWN and buildkite_source.__file__.startswith({site!r})
print([folder.is_dir() for folder in _FOLDERS])
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has what the wheel brings, as `pip install` puts it there."""
    uv = shutil.which("uv")
    assert uv, "the README's test command installs uv"
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--out-dir", str(made)], cwd=REPOSITORY, check=True
    )
    (wheel,) = made.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def test_two_packages_and_nothing_else(site: Path) -> None:
    names = {path.name for path in site.iterdir() if path.suffix != ".dist-info"}
    assert names == {"buildkite_source", "buildkite_simulator"}


def test_the_notebooks_come_along(site: Path) -> None:
    notebooks = site / "buildkite_source" / "notebooks"
    every = {path.name for path in (REPOSITORY / "notebooks").glob("*.py")}
    assert {path.name for path in notebooks.glob("*.py")} == every
    assert (notebooks / "shared" / "page.py").is_file()
    assert not list(notebooks.rglob("__*__/*"))


def test_a_project_with_a_package_named_pipelines(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "__init__.py").write_text("OWN = True\n")
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT.format(site=str(site)))
    env = environment(tmp_path, PYTHONPATH=str(site))
    outcome = run(sys.executable, script, cwd=tmp_path, env=env)
    assert outcome.code == 0, outcome.text
    assert outcome.out == "[True, False]\n"
