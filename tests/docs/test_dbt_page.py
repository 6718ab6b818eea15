"""docs/dbt.md: its commands load, write the package, build and test it."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from tests.cli.running import PROGRAMS, REPOSITORY, project_environment, run
from tests.dbt_project.dbt import NEWEST, OLDEST, TRIED, uv_cache
from tests.source.conftest import simulator, world_config

__all__ = ["simulator", "world_config"]

_FILE = REPOSITORY / "docs" / "dbt.md"
_PAGE = _FILE.read_text()


def test_the_versions_are_those_that_tests_run() -> None:
    assert f"Tried with dbt Core {OLDEST} and {NEWEST}," in _PAGE


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", _PAGE))
def test_links_lead_somewhere(link: str) -> None:
    assert (_FILE.parent / link).exists()


@pytest.mark.slow
def test_commands_build_what_is_loaded(simulator: Simulator, tmp_path: Path) -> None:
    if not shutil.which("uvx"):
        pytest.skip("uv is not installed: pip install uv")
    (commands,) = re.findall(r"```sh\n(.*?)```", _PAGE, re.DOTALL)
    (profile,) = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)
    (tmp_path / "profiles.yml").write_text(profile)
    settings = {"UV_CACHE_DIR": uv_cache(), "UV_EXCLUDE_NEWER": TRIED, "DO_NOT_TRACK": "1"}
    env = project_environment(tmp_path, simulator, **settings)
    env["PATH"] = os.environ["PATH"]
    told = ""
    for line in commands.splitlines():
        match shlex.split(line):
            case ["uv", "run", script, *arguments]:
                words = [str(PROGRAMS / "python"), str(REPOSITORY / script), *arguments]
            case words:
                assert words[0] == "uvx"
        outcome = run(*words, cwd=tmp_path, env=env, timeout=900)
        assert outcome.code == 0, outcome.text
        told += outcome.out
    assert "ERROR=0 SKIP=0" in told
    assert "PASS freshness of buildkite.runs" in told
