"""Where artifacts are put: a local folder, or any other file system that fsspec knows.

Names come from `names`, with `/` between their parts (https://filesystem-spec.readthedocs.io).
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import fsspec
from fsspec.implementations.local import LocalFileSystem

from .errors import TargetError
from .model import Artifact
from .names import PARTIAL, digest, partial_name

_BLOCK = 1 << 20


class Found(Enum):
    """What is at a name of the target."""

    NOTHING = 0
    SAME = 1
    OTHER = 2


class Target(Protocol):
    """A place for artifacts."""

    def find(self, name: str, artifact: Artifact) -> Found:
        """Tell whether `name` is there and is `artifact`, by size and SHA-1 as far as known."""

    def partial(self, name: str, artifact: Artifact) -> Path:
        """Return the local file to collect an artifact in; its folder exists."""

    def publish(self, partial: Path, name: str) -> None:
        """Let a complete file appear as `name`."""

    def clean(self, partial: Path) -> None:
        """Remove a partial file without content, and what was made for it."""

    def close(self) -> None:
        """Remove what was temporary."""


def matches(file: BinaryIO, artifact: Artifact) -> bool:
    """Tell whether a file, read from where it stands, has the SHA-1 of an artifact."""
    if artifact.sha1sum is None:
        return True
    found = hashlib.sha1(usedforsecurity=False)
    while block := file.read(_BLOCK):
        found.update(block)
    return found.hexdigest() == artifact.sha1sum.strip().lower()


class LocalTarget:
    """A local folder; partial files stand beside their targets and are renamed."""

    def __init__(self, root: Path, *, trust_size: bool = False) -> None:
        self.root = root
        self._trust_size = trust_size

    def find(self, name: str, artifact: Artifact) -> Found:
        """See `Target`."""
        path = self.root / name
        if path.is_symlink() or not path.is_file():
            return Found.OTHER if os.path.lexists(path) else Found.NOTHING
        if artifact.file_size not in (None, path.stat().st_size):
            return Found.OTHER
        if self._trust_size and artifact.file_size is not None:
            return Found.SAME
        with path.open("rb") as file:
            return Found.SAME if matches(file, artifact) else Found.OTHER

    def partial(self, name: str, artifact: Artifact) -> Path:
        """See `Target`."""
        folder = (self.root / name).parent
        folder.mkdir(parents=True, exist_ok=True)
        return folder / partial_name(artifact)

    def publish(self, partial: Path, name: str) -> None:
        """See `Target`."""
        partial.replace(self.root / name)

    def clean(self, partial: Path) -> None:
        """See `Target`."""
        with suppress(OSError):
            if partial.stat().st_size == 0:
                partial.unlink()
        for folder in partial.parents:
            if folder == self.root or not folder.is_relative_to(self.root):
                return
            try:
                folder.rmdir()
            except OSError:
                return

    def close(self) -> None:
        """See `Target`."""


class RemoteTarget:
    """Any other file system; files are collected in a local folder and put there when complete.

    Where the file system can rename, a file is put under another name first. Object stores
    cannot, and need not: an object appears when it is complete.
    """

    def __init__(
        self, system: Any, root: str, scratch: Path | None, *, trust_size: bool = False
    ) -> None:
        self._system = system
        self._root = root.rstrip("/")
        self._trust_size = trust_size
        self._own = None if scratch else tempfile.TemporaryDirectory(prefix="artifacts-")
        self._scratch = scratch or Path(self._own.name if self._own else "")

    def find(self, name: str, artifact: Artifact) -> Found:
        """See `Target`."""
        path = f"{self._root}/{name}"
        with _explained(f"{name} cannot be looked up"):
            try:
                info = self._system.info(path)
            except FileNotFoundError:
                return Found.NOTHING
            if info.get("type") != "file" or artifact.file_size not in (None, info.get("size")):
                return Found.OTHER
            if self._trust_size and artifact.file_size is not None:
                return Found.SAME
            if artifact.sha1sum is None:
                return Found.SAME
            with self._system.open(path, "rb") as file:
                return Found.SAME if matches(file, artifact) else Found.OTHER

    def partial(self, name: str, artifact: Artifact) -> Path:  # noqa: ARG002 - see `Target`
        """See `Target`."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch / partial_name(artifact)

    def publish(self, partial: Path, name: str) -> None:
        """See `Target`."""
        path = f"{self._root}/{name}"
        renames = type(self._system).mv is not fsspec.AbstractFileSystem.mv
        first = f"{self._root}/.{digest(name)}{PARTIAL}" if renames else path
        with _explained(f"{name} cannot be written"):
            self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._system.put_file(str(partial), first)
            if renames:
                self._system.mv(first, path)
        partial.unlink()

    def clean(self, partial: Path) -> None:
        """See `Target`."""
        with suppress(OSError):
            if partial.stat().st_size == 0:
                partial.unlink()

    def close(self) -> None:
        """See `Target`."""
        if self._own:
            self._own.cleanup()


def open_target(
    url: str, scratch: Path | None, storage_options: dict[str, Any], *, trust_size: bool
) -> Target:
    """Return the target of a local path or an fsspec URL; nothing is written yet.

    Raises:
        TargetError: No such protocol, its package is not installed, or its settings are wrong.
    """
    with _explained("The target cannot be opened"):
        system, root = fsspec.core.url_to_fs(url, **storage_options)
    if isinstance(system, LocalFileSystem):
        return LocalTarget(Path(root), trust_size=trust_size)
    return RemoteTarget(system, root, scratch, trust_size=trust_size)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn whatever the library of a file system raises into an error for people."""
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise TargetError(f"{what}: {type(error).__name__}: {said}") from None
