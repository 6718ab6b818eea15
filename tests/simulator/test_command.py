import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
import requests

import buildkite_simulator
from buildkite_simulator import ManualClock, Simulator, Switches, WorldConfig
from buildkite_simulator.api.faults import FaultKind
from buildkite_simulator.cli import main

COMMAND = [sys.executable, "-m", "buildkite_simulator"]


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--help"])
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    assert "examples:" in shown
    assert "--rate-limit" in shown


@pytest.mark.parametrize(
    "arguments", [["--rate-limit", "many"], ["--speed", "0"], ["--days", "-1"]]
)
def test_bad_options_are_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "must" in capsys.readouterr().err


def test_a_port_that_another_is_about_to_serve_on_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = Simulator(WorldConfig.tiny().but(days=1), clock=ManualClock())
    port = first.base_url.split(":")[-1].split("/")[0]
    assert main(["--port", port, "--days", "1"]) == 1
    assert capsys.readouterr().err.startswith(f"cannot serve on port {port}: ")
    first.stop()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    options = ["--days", "3", "--token", "bkua_mine", "--rate-limit", "50/200"]
    options += ["--exports", str(tmp_path / "bucket"), "--retention", "2"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        yield running
        running.kill()


def test_serves_until_interrupted(process: subprocess.Popen[str], tmp_path: Path) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    shown = "".join(lines)
    base = re.search(r"BASE_URL=(\S+)", shown)
    assert base is not None
    assert "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN=bkua_mine" in shown
    answer = requests.get(
        f"{base[1]}/organizations", headers={"Authorization": "Bearer bkua_mine"}, timeout=5
    )
    assert answer.status_code == 200
    assert answer.headers["RateLimit-User-Limit"] == "50"
    forgotten = list(tmp_path.glob("bucket/buildkite/build-exports/*/*/*/*/build.json.gz"))
    line = process.stdout.readline()
    assert line == f"Exports of {len(forgotten)} forgotten builds are in {tmp_path / 'bucket'}\n"
    assert forgotten
    graphql = re.search(r"(\S+) \(GraphQL\)", shown)
    assert graphql is not None
    assert requests.post(graphql[1], timeout=5).status_code == 401
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stderr.read() == ""


def test_readme_names_every_switch_and_fault() -> None:
    readme = (Path(buildkite_simulator.__file__).parent / "README.md").read_text()
    kinds = get_args(FaultKind)
    for name in (*(field.name for field in fields(Switches)), *kinds):
        assert f"`{name}`" in readme
