"""Ctrl-C: exit code 130 and a sentence, wherever it strikes; the next run goes on."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from buildkite_source.cli import main
from tests.reading import query

from .running import PROGRAMS, Outcome, environment, run

_STOPPED = "Stopped. What was loaded before is kept; run again to go on."
_COMMAND = [str(PROGRAMS / "buildkite-pipeline"), "--progress", "plain"]


@pytest.fixture
def env(simulator: Simulator, workspace: Path) -> dict[str, str]:
    return environment(
        workspace,
        DLT_PROJECT_DIR=str(workspace),
        DLT_LOCAL_DIR=str(workspace),
        SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN=simulator.token,
        SOURCES__BUILDKITE_SOURCE__BASE_URL=simulator.base_url,
        SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS="false",
    )


def interrupt(
    env: dict[str, str],
    cwd: Path,
    line: str,
    ready: Callable[[], bool] = lambda: True,
    times: int = 1,
) -> Outcome:
    """Start a run, press Ctrl-C once it has printed `line` and is `ready`, and await its end."""
    with subprocess.Popen(
        _COMMAND,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr
        assert running.stdout
        assert any(line in text for text in running.stderr)
        while not ready():
            time.sleep(0.01)
        for _ in range(times):
            running.send_signal(signal.SIGINT)
            time.sleep(0.2)
        err = running.stderr.read()
        outcome = Outcome(running.wait(20), running.stdout.read(), err)
    assert outcome.code == 130, outcome.text
    assert "Traceback" not in outcome.text
    return outcome


def test_ctrl_c_keeps_what_is_read(
    simulator: Simulator, workspace: Path, env: dict[str, str]
) -> None:
    simulator.faults.add(kind="slow", match="/builds", delay=1)
    outcome = interrupt(env, workspace, "fetching", lambda: len(simulator.requests) >= 3)
    assert "Stopped on request; what was read is loaded. Run again to go on." in outcome.out
    database = workspace / "buildkite_pipeline.duckdb"
    assert query(database, "SELECT count(*) > 0 FROM buildkite_data.pipelines") == [(True,)]


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_the_api(
    simulator: Simulator, workspace: Path, env: dict[str, str]
) -> None:
    # However slow the machine is, a program ends sooner.
    answered_after = 300
    simulator.faults.add(kind="slow", match="/builds", delay=answered_after)
    began = time.monotonic()
    outcome = interrupt(env, workspace, "fetching", lambda: len(simulator.requests) >= 3, times=2)
    assert time.monotonic() - began < answered_after
    assert outcome.out == ""
    assert outcome.err.splitlines()[-1] == _STOPPED


@pytest.mark.slow
def test_ctrl_c_while_loading_and_the_run_after_it(
    simulator: Simulator, workspace: Path, env: dict[str, str]
) -> None:
    outcome = interrupt(env, workspace, "loading")
    assert outcome.out == ""
    assert outcome.err.splitlines()[-1] == _STOPPED
    again = run(*_COMMAND, cwd=workspace, env=env)
    assert again.code == 0, again.text
    database = workspace / "buildkite_pipeline.duckdb"
    ((builds,),) = query(database, "SELECT count(*) FROM buildkite_data.builds")
    assert builds == len(simulator.world.truth()["builds"])
    # The stopped run had made the tables, or was about to; the comments come all the same.
    comments = query(database, "SELECT comment FROM duckdb_tables() WHERE table_name = 'builds'")
    assert ("One row per build, as it was when last fetched",) in comments


def test_ctrl_c_before_anything_has_begun(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("buildkite_source.cli._import_commands", interrupted)
    assert main([]) == 130
    assert capsys.readouterr() == ("", "Stopped before anything was begun.\n")
