"""A project that is moved, or cloned once more, where dlt remembers the folder of its first run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import dlt
import pytest
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import WorldConfig
from buildkite_source.answers.questions import Warehouse
from buildkite_source.cli.options import DATASET, PIPELINE
from buildkite_source.load.report import location_of
from buildkite_source.warehouse.local_folder import folder_of, settle
from buildkite_source.warehouse.reader import Dataset, Reader
from tests.reading import query

from .running import Cli, words
from .test_runs import held_by_another_thread

Enter = Callable[[str], Path]

_BUILDS = ("--since", "3d", "--resources", "builds")


@pytest.fixture
def world_config() -> WorldConfig:
    return WorldConfig.tiny()


@pytest.fixture
def enter(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Go into a folder, as into a project of its own."""

    def change(name: str) -> Path:
        folder = cli.folder / name
        folder.mkdir(exist_ok=True)
        for setting in ("DLT_LOCAL_DIR", "DLT_PROJECT_DIR"):
            monkeypatch.setenv(setting, str(folder))
        monkeypatch.chdir(folder)
        switch_context(str(folder))
        return folder

    return change


def builds(folder: Path) -> int:
    database = folder / "buildkite_pipeline.duckdb"
    ((count,),) = query(database, f"SELECT count(*) FROM {DATASET}.builds")
    return int(count)


def read() -> int:
    found = Warehouse(Dataset(PIPELINE, "duckdb", DATASET)).ask("SELECT count(*) AS n FROM builds")
    return int(found.rows.iloc[0]["n"])


def goes_on(cli: Cli) -> str:
    """Run once more: only who follows changes asks for what has finished since."""
    cli.simulator.reset_requests()
    told = cli.loads(*_BUILDS).out
    assert any("finished_from" in dict(request.query) for request in cli.simulator.requests)
    return words(told)


def test_a_project_that_is_moved_goes_on_with_its_file(cli: Cli, enter: Enter) -> None:
    first = enter("first")
    cli.loads(*_BUILDS)
    loaded = builds(first)
    first.rename(cli.folder / "second")
    second = enter("second")
    assert read() == loaded
    said = f"{first}, where earlier runs loaded, is gone. This one loads in {second}."
    assert said in goes_on(cli)
    assert builds(second) == loaded
    assert not first.exists()
    # The next run has nothing to say of it.
    assert folder_of(cli.folder / "dlt" / "pipelines" / PIPELINE) == str(second)
    second.rename(cli.folder / "third")
    enter("third")
    assert "Metric views: 3 made" in cli.loads("views").out


@pytest.mark.slow
def test_a_second_clone_has_a_file_of_its_own(
    cli: Cli, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enter("first")
    cli.loads(*_BUILDS)
    loaded = builds(first)
    second = enter("second")
    told = words(cli.loads(*_BUILDS, "--since", "1d").out)
    own = f"this one loads into files of its own in {second}."
    assert f"Earlier runs loaded in {first}, {own}" in told
    assert 0 < builds(second) < loaded
    assert read() == builds(second)
    enter("first")
    # Both have one folder of dlt's: a run of the other one does nothing for this one.
    with held_by_another_thread(PIPELINE):
        told = words(cli.fails(*_BUILDS))
        assert f"under way in {second}, and nothing is done in {first}" in told
        # Of one file for both, that run does the work of both.
        with monkeypatch.context() as both:
            both.setenv(
                "DESTINATION__DUCKDB__CREDENTIALS", str(second / "buildkite_pipeline.duckdb")
            )
            assert "this one leaves the work to it" in words(cli.loads(*_BUILDS).err)
    goes_on(cli)
    assert builds(first) == read() == loaded


def test_what_runs_in_no_project_loads_where_it_first_did(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script of a scheduler's, whose working folder is anywhere."""
    for name in ("DLT_LOCAL_DIR", "DLT_PROJECT_DIR"):
        monkeypatch.delenv(name)
    first, elsewhere = workspace / "first", workspace / "elsewhere"
    for folder in (first, elsewhere):
        folder.mkdir()
        switch_context(str(folder))
        pipeline = dlt.pipeline("settled", destination="duckdb")
        assert settle(pipeline) is None
        pipeline.run([{"a": 1}], table_name="rows")
        pipeline.deactivate()
        for found in (pipeline, Reader(Dataset("settled", "duckdb", DATASET)).origin):
            assert str(first / "settled.duckdb") in location_of(found)
    shutil.rmtree(first)
    pipeline = dlt.pipeline("settled", destination="duckdb")
    assert settle(pipeline) == (str(first), str(elsewhere))
    assert settle(pipeline) is None
    # A script in a project has the files of the project, as the command line has.
    project = workspace / "project"
    (project / ".dlt").mkdir(parents=True)
    (project / ".dlt" / "config.toml").touch()
    switch_context(str(project))
    assert settle(pipeline) == (str(elsewhere), str(project))
    assert str(project / "settled.duckdb") in location_of(pipeline)
