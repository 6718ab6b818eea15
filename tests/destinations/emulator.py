"""A server of storage as a program of its own, on loopback, gone with the tests."""

import socket
import subprocess
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Self

_PATIENCE = 60


class Emulator:
    """Runs a program until it is left; use it as a context manager.

    Attributes:
        refused: What its client raises as long as it does not answer.
    """

    refused: ClassVar[type[Exception]]

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def _command(self) -> Sequence[Any]:
        raise NotImplementedError

    def _ask(self) -> None:
        """Ask it anything."""
        raise NotImplementedError

    def _name(self) -> str:
        """Return a new name of a place in it."""
        self._made += 1
        return f"ci-{self._made}"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._ask()
            except self.refused:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    raise
                time.sleep(0.2)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
