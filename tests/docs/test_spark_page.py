"""docs/spark.md: its commands load, register and answer."""

import re
import shutil
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from tests.cli.running import PROGRAMS, REPOSITORY, project_environment, run
from tests.source.conftest import simulator, world_config

from .test_destinations_page import commands

__all__ = ["simulator", "world_config"]

_PAGE = (REPOSITORY / "docs" / "spark.md").read_text()
_SMALL = "--conf spark.sql.shuffle.partitions=1 --conf spark.driver.bindAddress=127.0.0.1"


@pytest.mark.slow
def test_commands_load_register_and_answer(simulator: Simulator, tmp_path: Path) -> None:
    pyspark = pytest.importorskip("pyspark", reason="uv run --with 'pyspark>=4.1,<5'")
    if not shutil.which("java"):
        pytest.skip("Java is not installed: apt-get install openjdk-17-jre-headless")
    (block,) = re.findall(r"```sh\n(.*?)```", _PAGE, re.DOTALL)
    settings, found = commands(block, tmp_path)
    env = project_environment(tmp_path, simulator, **settings)
    env |= {"PYSPARK_SUBMIT_ARGS": f"{_SMALL} pyspark-shell", "SPARK_LOCAL_IP": "127.0.0.1"}
    texts = []
    for program, *arguments in found:
        if program == "spark-sql":
            command = [Path(pyspark.__file__).parent / "bin" / program, *arguments]
        else:
            command = [PROGRAMS / "python", REPOSITORY / program, *arguments]
        outcome = run(*command, cwd=tmp_path, env=env, timeout=600)
        assert outcome.code == 0, outcome.text
        texts.append(outcome.out)
    _, registered, answer = texts
    assert re.search(r"Spark: \d+ tables and \d\d metric views in buildkite_data\.", registered)
    assert "left out" not in registered
    assert re.search(r"^\S+\t\d+\t(NULL|[01]\.\d+)$", answer, re.MULTILINE)
