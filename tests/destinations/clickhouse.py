"""ClickHouse of our own: its engine, as chdb has it, behind the ports of a server on loopback.

uv run --with chdb --with 'dlt[clickhouse]' pytest -m slow tests/destinations
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.errors import NetworkError

from .emulator import Emulator, free_port


class ClickHouseServer(Emulator):
    """Runs the engine; use it as a context manager."""

    refused = NetworkError

    def __init__(self) -> None:
        super().__init__()
        self._http = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="clickhouse"))

    def settings(self) -> dict[str, str]:
        """Return dlt's settings of the destination for a new database."""
        database = self._name().replace("-", "_")
        self._client().execute(f"CREATE DATABASE {database}")
        told = {
            "HOST": "127.0.0.1",
            "PORT": self._port,
            "HTTP_PORT": self._http,
            "DATABASE": database,
            "USERNAME": "default",
            "PASSWORD": "unused",
            "SECURE": 0,
        }
        prefix = "DESTINATION__CLICKHOUSE__CREDENTIALS__"
        return {f"{prefix}{name}": str(value) for name, value in told.items()}

    def _command(self) -> list[Any]:
        program = Path(__file__).with_name("clickhouse_ports.py")
        return [sys.executable, program, self._folder, str(self._port), str(self._http)]

    def _ask(self) -> None:
        self._client().execute("SELECT 1")

    def _client(self) -> Client:
        return Client("127.0.0.1", self._port)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self._folder, ignore_errors=True)
