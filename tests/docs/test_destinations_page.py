"""docs/destinations.md: its commands load and answer."""

import re
import shlex
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from tests.cli.running import PROGRAMS, REPOSITORY, project_environment, run
from tests.destinations.places import install_extensions
from tests.source.conftest import simulator, world_config

__all__ = ["simulator", "world_config"]

_PAGE = (REPOSITORY / "docs" / "destinations.md").read_text()
# A server of somebody's own is not there.
_BLOCKS = [block for block in re.findall(r"```sh\n(.*?)```", _PAGE, re.DOTALL) if "…@" not in block]


def commands(block: str, folder: Path) -> tuple[dict[str, str], list[list[str]]]:
    """Return the settings and the commands of a block, in a folder of the test's own."""
    settings, found = {}, []
    for line in block.replace("/srv/ci", str(folder)).splitlines():
        match shlex.split(line, comments=True):
            case ["export", setting]:
                name, _, value = setting.partition("=")
                settings[name] = value
            case ["uv", "run", *words]:
                # The tests' own environment has what `--with` asks for.
                found.append(words[2:] if words[0] == "--with" else words)
    return settings, found


@pytest.mark.slow
@pytest.mark.parametrize("block", _BLOCKS, ids=["files", "Delta", "DuckLake", "SQLite"])
def test_commands_load_and_answer(simulator: Simulator, tmp_path: Path, block: str) -> None:
    settings, found = commands(block, tmp_path)
    if "ducklake" in block:
        install_extensions("ducklake", "sqlite_scanner", home=tmp_path)
        settings["HOME"] = str(tmp_path)
    env = project_environment(tmp_path, simulator, **settings)
    assert found
    for script, *arguments in found:
        outcome = run(PROGRAMS / "python", REPOSITORY / script, *arguments, cwd=tmp_path, env=env)
        assert outcome.code == 0, outcome.text
