"""Spark for tests: a session on this machine, or on a standalone cluster on loopback."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.destinations.emulator import free_port

_ADDRESS = "127.0.0.1"
# Small, as two workers and the driver share a machine with other tests.
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": _ADDRESS,
    "spark.driver.bindAddress": _ADDRESS,
    # Tables of a few rows: parts and compiled code take longer than they save.
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.executor.memory": "512m",
    # Without a cluster all is done in the driver, and a view that reads itself keeps what each
    # of its steps has joined.
    "spark.driver.memory": "3g",
    # What users live in has nothing to do with what the views answer.
    "spark.sql.session.timeZone": "Asia/Kolkata",
}


def settings(folder: Path, master: str) -> Mapping[str, str]:
    """Return Spark's settings that keep the catalog in a folder."""
    database = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    return {
        **_SETTINGS,
        "spark.master": master,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": database,
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder / 'derby.log'}",
    }


@contextlib.contextmanager
def session(folder: Path, master: str) -> Iterator[Any]:
    """Give a session whose catalog lies in a folder."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.enableHiveSupport()
    for name, value in settings(folder, master).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """Give the URL of the master of a standalone cluster, with its workers up."""
    import pyspark

    home = Path(pyspark.__file__).parent
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": _ADDRESS}
    start = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    port = free_port()
    url = f"spark://{_ADDRESS}:{port}"
    places = ["--host", _ADDRESS, "--webui-port", "0"]
    commands = [[start[0], f"{start[1]}.master.Master", *places, "--port", str(port)]]
    small = ["--cores", "1", "--memory", "600m"]
    commands += [[start[0], f"{start[1]}.worker.Worker", *places, *small, url]] * workers
    with contextlib.ExitStack() as stack:
        for number, command in enumerate(commands):
            log = stack.enter_context((folder / f"spark-{number}.log").open("wb"))
            # A folder of its own: workers keep what they are sent.
            own = folder / f"spark-{number}"
            own.mkdir()
            process = subprocess.Popen(command, env=env, cwd=own, stdout=log, stderr=log)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        _wait_for(folder / "spark-0.log", "Registering worker", workers)
        yield url


def _wait_for(log: Path, words: str, times: int) -> None:
    end = time.monotonic() + 60
    while log.read_text().count(words) < times:
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
