"""MariaDB, from the packages of a distribution: apt-get install mariadb-server."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from buildkite_source.tables import Kind

from .engine import DATASET, Engine, assert_equal
from .rows import every_row

pytestmark = pytest.mark.slow

# As SQLAlchemy names what dlt stores.
_TYPES = {
    Kind.TEXT: "LONGTEXT",
    Kind.INTEGER: "BIGINT",
    Kind.BOOLEAN: "BOOL",
    Kind.TIMESTAMP: "DATETIME(6)",
    Kind.JSON: "JSON",
    Kind.NUMBER: "DOUBLE",
    Kind.BINARY: "LONGBLOB",
}


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a server of the test's own, which listens on a socket only."""
    pymysql = pytest.importorskip("pymysql", reason="uv run --with pymysql")
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if not server:
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    folder = tmp_path_factory.mktemp("mariadb")
    data, socket, user = folder / "data", folder / "socket", getpass.getuser()
    places = ["--no-defaults", f"--datadir={data}", f"--user={user}"]
    install = ["mariadb-install-db", *places, "--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        run = [server, *places, f"--socket={socket}", "--skip-networking"]
        process = subprocess.Popen(run, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(socket, process)
        made = pymysql.connect(unix_socket=str(socket), user="root", charset="utf8mb4")
        made.autocommit(True)
        yield made
        made.close()
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(socket: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while not socket.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    assert socket.exists(), (socket.parent / "log").read_text()


@pytest.mark.skipif(os.name == "nt", reason="it listens on a socket")
def test_all_views_answer_as_in_duckdb(connection: Any) -> None:
    cursor = connection.cursor()

    def fetch(sql: str) -> Sequence[Any]:
        cursor.execute(sql)
        found: Sequence[Any] = cursor.fetchall()
        return found

    cursor.execute(f"CREATE DATABASE {DATASET} CHARACTER SET utf8mb4")
    engine = Engine("mysql", cursor.execute, fetch, _TYPES, quote="`")
    rows = every_row(1)
    engine.fill(rows)
    views, refused = engine.views()
    assert refused == {}
    assert_equal(engine, rows, views)
