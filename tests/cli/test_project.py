"""The three ways to start a run find the project's `.dlt`, and the data can be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_source.cli import main
from buildkite_source.project import find_project
from tests.reading import query
from tests.source.conftest import PRESENT

from .running import PROGRAMS, Outcome, copy_project, environment, run

pytestmark = pytest.mark.with_views


@dataclass
class Project:
    """A copy of the project, with settings in its `.dlt` and none in the environment."""

    folder: Path
    env: dict[str, str]
    simulator: Simulator

    def run(self, *command: str | Path, inside: str = ".", **env: str) -> Outcome:
        cwd = self.folder / inside
        cwd.mkdir(exist_ok=True)
        return run(*command, cwd=cwd, env={**self.env, **env})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    home = tmp_path_factory.mktemp("home")
    folder = copy_project(tmp_path_factory.mktemp("projekt ü"))
    with Simulator(WorldConfig.tiny(), clock=ManualClock(PRESENT)) as simulator:
        (folder / ".dlt" / "secrets.toml").write_text(
            "[sources.buildkite_source]\n"
            f'access_token = "{simulator.token}"\nbase_url = "{simulator.base_url}"\n'
        )
        yield Project(folder, environment(home), simulator)


@pytest.fixture
def loaded(project: Project) -> None:
    """Load unless a test before has."""
    if not (project.folder / "buildkite_pipeline.duckdb").exists():
        assert project.run(PROGRAMS / "buildkite-pipeline").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "inside", "encoding"),
    [
        # The demo is started so.
        ([PROGRAMS / "python", "pipelines/buildkite_pipeline.py"], ".", "utf-8"),
        ([PROGRAMS / "python", "buildkite_pipeline.py"], "pipelines", "utf-8"),
        # A terminal that knows no umlaut is no reason to fail.
        ([PROGRAMS / "buildkite-pipeline"], "dashboards", "ascii"),
    ],
    ids=["script from the root", "script from its folder", "console command from a sub folder"],
)
def test_every_way_to_start_uses_the_project(
    project: Project, command: list[str | Path], inside: str, encoding: str
) -> None:
    database = project.folder / "buildkite_pipeline.duckdb"
    outcome = project.run(*command, inside=inside, PYTHONIOENCODING=encoding)
    assert outcome.code == 0, outcome.text
    place = str(database).encode(encoding, "backslashreplace").decode(encoding)
    assert f"Data: dataset buildkite_data in {place}\n" in outcome.out
    assert list(project.folder.rglob("*.duckdb")) == [database]
    ((builds,),) = query(database, "SELECT count(*) FROM buildkite_data.builds")
    assert builds == len(project.simulator.world.truth()["builds"])


@pytest.mark.slow
@pytest.mark.usefixtures("loaded")
def test_dlt_tells_about_the_pipeline_and_its_data(project: Project) -> None:
    outcome = project.run(PROGRAMS / "dlt", "pipeline", "buildkite_pipeline", "info")
    assert outcome.code == 0, outcome.text
    assert "buildkite_pipeline" in outcome.out
    assert "duckdb" in outcome.out
    assert project.simulator.token not in outcome.text

    code = (
        "import dlt; print(len(dlt.pipeline('buildkite_pipeline').dataset().builds.df())); "
        "print(dlt.pipeline('buildkite_pipeline').dataset()"
        "('SELECT * FROM buildkite_data.builds LIMIT 10').df().shape[0])"
    )
    outcome = project.run(PROGRAMS / "python", "-c", code)
    builds = len(project.simulator.world.truth()["builds"])
    assert outcome.out.split() == [str(builds), "10"], outcome.text


def test_the_version() -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])


@pytest.mark.parametrize(
    ("projects", "start", "found"),
    [
        (["a"], "a", "a"),
        (["a"], "a/b/c", "a"),
        (["a", "a/b"], "a/b/c", "a/b"),
        (["installed"], "elsewhere", "installed"),
        ([], "elsewhere", None),
        (["home"], "home/work", None),
        (["home"], "home", "home"),
        (["home", "installed"], "home/work", "installed"),
    ],
)
def test_the_nearest_settings_make_the_project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    projects: list[str],
    start: str,
    found: str | None,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for name in projects:
        settings = tmp_path / name / ".dlt"
        settings.mkdir(parents=True)
        (settings / "config.toml").touch()
    place = find_project(tmp_path / start, fallback=tmp_path / "installed")
    assert place == (tmp_path / found if found else None)
