"""A Spark session, or what is missing for one."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from buildkite_source.client import BuildkiteError

# Spark 4 runs on Java 17 or later: https://spark.apache.org/docs/latest/
_JAVA = 17
# 4.1 is the first with WITH RECURSIVE: https://issues.apache.org/jira/browse/SPARK-24497
_SPARK = (4, 1)
_INSTALL = "pip install 'buildkite-source[spark]'"


class SparkError(BuildkiteError):
    """Spark is not there as it must be, or the files are not; the text says what to do."""


def open_session() -> Any:
    """Return Spark's session: the one there is, or a new one with a catalog that lasts.

    Settings are Spark's own: `spark-defaults.conf` in `SPARK_CONF_DIR`, `PYSPARK_SUBMIT_ARGS`, or
    `SPARK_REMOTE` for a server of Spark Connect.

    Raises:
        SparkError: There is no pyspark, it is too old, or there is no Java for it.
    """
    try:
        import pyspark
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError(f"Spark is not installed: {_INSTALL}.") from error
    version = tuple(map(int, pyspark.__version__.split(".")[:2]))
    if version < _SPARK:
        raise SparkError(
            f"Spark {pyspark.__version__} is too old: the views need 4.1, which is the first with "
            f"WITH RECURSIVE: {_INSTALL}."
        )
    builder = SparkSession.builder.appName("buildkite-pipeline")
    if not os.environ.get("SPARK_REMOTE"):
        _check_java()
        # Without Hive's metastore a catalog goes with its session.
        builder = builder.enableHiveSupport()
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkError(f"Spark does not start: {str(error).splitlines()[0]}") from error


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not program or not shutil.which(program):
        raise SparkError(
            f"Spark needs Java {_JAVA} or later, and there is none"
            f"{f' in JAVA_HOME ({home})' if home else ''}: install it, for instance with "
            f"apt-get install openjdk-{_JAVA}-jre-headless."
        )
    told = subprocess.run(  # noqa: S603 - the Java that Spark would start
        [program, "-version"], capture_output=True, text=True, check=False
    )
    found = re.search(r'version "(\d+)', told.stderr)
    if found and int(found[1]) < _JAVA:
        raise SparkError(
            f"Spark needs Java {_JAVA} or later, unlike {program}, which is {found[1]}."
        )
