"""What is missing for Spark is said in a sentence; pyspark itself is not needed for that."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from buildkite_source.spark import SparkError, open_session
from tests.cli.conftest import cli, simulator, world_config
from tests.cli.running import Cli

__all__ = ["cli", "simulator", "world_config"]


@pytest.fixture
def pyspark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Something that looks installed."""
    package, errors, sql = (ModuleType(f"pyspark{part}") for part in ("", ".errors", ".sql"))
    package.__version__ = "4.1.0"  # type: ignore[attr-defined]
    errors.PySparkException = type("PySparkException", (Exception,), {})  # type: ignore[attr-defined]
    sql.SparkSession = _Session  # type: ignore[attr-defined]
    for module in (package, errors, sql):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return package


class _Builder:
    def __init__(self) -> None:
        self.hive = False

    def appName(self, _: str) -> "_Builder":  # noqa: N802 - Spark's name
        return self

    def enableHiveSupport(self) -> "_Builder":  # noqa: N802 - Spark's name
        self.hive = True
        return self

    def getOrCreate(self) -> "_Builder":  # noqa: N802 - Spark's name
        return self


class _Session:
    builder = _Builder()


def java(folder: Path, version: str) -> str:
    """Return a folder with a Java that tells its version."""
    program = folder / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)
    return str(folder)


def test_without_pyspark_the_command_says_how_to_install_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    told = cli.fails("spark-views", "--destination", "filesystem")
    assert told == "Spark is not installed: pip install 'buildkite-source[spark]'.\n"


def test_an_old_spark_is_named(pyspark: ModuleType) -> None:
    pyspark.__version__ = "3.5.6"  # type: ignore[attr-defined]
    with pytest.raises(SparkError, match=r"Spark 3\.5\.6 is too old: the views need 4\.1"):
        open_session()


def test_without_java_it_is_asked_for(
    pyspark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkError, match="needs Java 17 or later, and there is none: install it"):
        open_session()
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(SparkError, match=r"there is none in JAVA_HOME \(/nowhere\)"):
        open_session()


@pytest.mark.skipif(sys.platform == "win32", reason="the Java of these tests is a shell script")
def test_an_old_java_is_named(
    pyspark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, "11.0.2"))
    with pytest.raises(SparkError, match=r"needs Java 17 or later, unlike .*, which is 11"):
        open_session()


@pytest.mark.skipif(sys.platform == "win32", reason="the Java of these tests is a shell script")
def test_a_catalog_lasts_and_a_server_needs_no_java_here(
    pyspark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_Session, "builder", _Builder())
    monkeypatch.setenv("SPARK_REMOTE", "sc://spark.example:15002")
    assert not open_session().hive
    monkeypatch.delenv("SPARK_REMOTE")
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, "21.0.1"))
    assert open_session().hive
