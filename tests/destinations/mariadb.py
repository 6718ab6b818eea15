"""A MariaDB server of our own: real, on a socket, gone with the tests.

From the packages of a distribution: apt-get install mariadb-server.
"""

import getpass
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import pymysql

_PATIENCE = 60


class MariaServer:
    """Runs MariaDB in a folder of its own; use it as a context manager."""

    def __init__(self) -> None:
        # A name of a socket has at most a hundred letters.
        self._folder = Path(tempfile.mkdtemp(prefix="maria"))
        self._socket = self._folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For SQLAlchemy; dlt makes a database of each dataset, beside the one that is named."""
        return f"mysql+pymysql://root@localhost/mysql?unix_socket={self._socket}"

    def connect(self) -> Any:
        return pymysql.connect(
            unix_socket=str(self._socket), user="root", charset="utf8mb4", autocommit=True
        )

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        places = [
            "--no-defaults",
            f"--datadir={self._folder / 'data'}",
            f"--user={getpass.getuser()}",
        ]
        install = ["mariadb-install-db", *places, "--auth-root-authentication-method=normal"]
        subprocess.run(install, check=True, capture_output=True)
        with (self._folder / "log").open("wb") as log:
            run = [str(program()), *places, f"--socket={self._socket}", "--skip-networking"]
            self._process = subprocess.Popen(run, stdout=log, stderr=log, cwd=self._folder)
        deadline = time.monotonic() + _PATIENCE
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.1)


def program() -> str | None:
    """Return the server's program, if it is installed."""
    return shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
