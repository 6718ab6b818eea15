"""Schedules that are no Python: each names commands that exist, in a form its scheduler takes."""

import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from buildkite_source.cli import options
from buildkite_source.cli.command_names import PROGRAM
from buildkite_source.settings import THEMES
from tests.cli.running import REPOSITORY

from .isolated import SCHEDULERS

_SYSTEMD = SCHEDULERS / "systemd"
_SCRIPT = "pipelines/buildkite_pipeline.py"
_PREFIX = "SOURCES__BUILDKITE_SOURCE__"
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def _yaml(name: str) -> Any:
    return yaml.safe_load((SCHEDULERS / name).read_text())


def _crontab() -> Iterator[tuple[list[str], str]]:
    for line in (SCHEDULERS / "crontab").read_text().splitlines():
        if line[:1].isdigit() or line.startswith("*"):
            *times, command = line.split(maxsplit=5)
            yield times, command


def _service() -> str:
    return (_SYSTEMD / "buildkite-pipeline.service").read_text()


def _container() -> Any:
    pod = _yaml("kubernetes.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return container


def _commands() -> Iterator[list[str]]:
    for _, command in _crontab():
        yield shlex.split(command.partition(" && ")[2])
    yield shlex.split(re.findall(r"^ExecStart=(.*)$", _service(), re.MULTILINE)[0])
    yield _container()["command"]
    yield shlex.split(_yaml("buildkite.yml")["steps"][0]["command"])
    for step in _yaml("github_actions.yml")["jobs"]["load"]["steps"]:
        if step.get("run", "").startswith("uv run"):
            yield shlex.split(step["run"])


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_a_command_exists(words: list[str]) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    if words[:3] == ["uv", "run", "--extra"]:
        assert words[3] in project["optional-dependencies"]
        assert words[4] == _SCRIPT
        arguments = words[5:]
    else:
        assert Path(words[0]).name == PROGRAM in project["scripts"]
        arguments = words[1:]
    chosen = options.parse(arguments)
    # Nobody looks on: bars would fill a log.
    assert chosen.quiet or chosen.progress == "plain" or chosen.command == "check"


def test_the_secrets_are_settings() -> None:
    known = {name for theme in THEMES for name in theme().get_resolvable_fields()}
    named = {
        *_yaml("buildkite.yml")["steps"][0]["secrets"],
        *_yaml("github_actions.yml")["jobs"]["load"]["env"],
        *re.findall(r"[A-Z]+(?:__[A-Z_]+)+", _service()),
        *re.findall(r"[A-Z]+(?:__[A-Z_]+)+", (SCHEDULERS / "kubernetes.yaml").read_text()),
    }
    of_source = {name for name in named if name.startswith(_PREFIX)}
    assert of_source == {f"{_PREFIX}ACCESS_TOKEN"}
    assert {name.removeprefix(_PREFIX).lower() for name in of_source} <= known
    assert named - of_source == {"DESTINATION__POSTGRES__CREDENTIALS"}


def test_the_crontab() -> None:
    lines = list(_crontab())
    assert len(lines) == 2
    for times, _ in lines:
        for text, (lowest, highest) in zip(times, _FIELDS, strict=True):
            match = re.fullmatch(r"\*(?:/(\d+))?|(\d+)", text)
            assert match, text
            assert not match[2] or lowest <= int(match[2]) <= highest
    # cron ends a command at a percent sign.
    assert not any("%" in command for _, command in lines)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_units_are_verified(tmp_path: Path) -> None:
    for file in _SYSTEMD.iterdir():
        # It looks for the program, which is installed on the machine that loads.
        (tmp_path / file.name).write_text(
            file.read_text().replace(f"/opt/buildkite/bin/{PROGRAM}", "/bin/true")
        )
    units = [str(file) for file in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    calendar = re.findall(r"^OnCalendar=(.*)$", Path(units[1]).read_text(), re.MULTILINE)
    subprocess.run(["systemd-analyze", "calendar", *calendar], capture_output=True, check=True)


def test_the_units_belong_together() -> None:
    names = {file.stem for file in _SYSTEMD.iterdir()}
    assert names == {"buildkite-pipeline"}
    folder = re.findall(r"^StateDirectory=(.*)$", _service(), re.MULTILINE)
    assert re.findall(r"^WorkingDirectory=/var/lib/(.*)$", _service(), re.MULTILINE) == folder
    # The exit code of a run that was told to stop.
    assert "SuccessExitStatus=130" in _service()


def test_the_workflow() -> None:
    told = _yaml("github_actions.yml")
    # YAML 1.1 takes the key `on` for a truth value.
    assert set(told) == {"name", True, "concurrency", "permissions", "jobs"}
    assert set(told[True]) == {"schedule", "workflow_dispatch"}
    assert set(told["jobs"]["load"]) == {"runs-on", "timeout-minutes", "env", "steps"}
    for step in told["jobs"]["load"]["steps"]:
        assert set(step) in ({"uses"}, {"run"})
    # Two runs may not load at once from two machines.
    assert told["concurrency"] == {"group": "load-buildkite"}


def test_the_pipeline_of_buildkite() -> None:
    (step,) = _yaml("buildkite.yml")["steps"]
    # Of Buildkite's documentation of command steps.
    documented = {"label", "command", "secrets", "concurrency", "concurrency_group"}
    assert set(step) == documented | {"timeout_in_minutes", "retry"}
    assert step["concurrency"] == 1
    (rule,) = step["retry"]["automatic"]
    assert set(rule) == {"exit_status", "limit"}
    assert rule["limit"] <= 10
    # Buildkite keeps secrets of this name to itself.
    assert not any(name.startswith(("BUILDKITE", "BK")) for name in step["secrets"].values())


def test_the_cron_job() -> None:
    told = _yaml("kubernetes.yaml")
    assert (told["apiVersion"], told["kind"]) == ("batch/v1", "CronJob")
    spec = told["spec"]
    assert set(spec) == {"schedule", "concurrencyPolicy", "startingDeadlineSeconds", "jobTemplate"}
    assert spec["concurrencyPolicy"] in ("Allow", "Forbid", "Replace")
    job = spec["jobTemplate"]["spec"]
    assert set(job) == {"backoffLimit", "activeDeadlineSeconds", "template"}
    pod = job["template"]["spec"]
    assert set(pod) == {"restartPolicy", "containers"}
    assert pod["restartPolicy"] in ("Never", "OnFailure")
    assert set(_container()) == {"name", "image", "command", "env", "envFrom"}
