"""Small and read-only disks, where this machine lets a test mount them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Give a folder a disk of its own, of no more than this size."""
    folder.mkdir(exist_ok=True)
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield folder


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Let nobody write to a folder and what is in it; rights do not stop root."""
    folder.mkdir(exist_ok=True)
    with _mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield folder


@contextmanager
def copy_on_write(folder: Path, image: Path) -> Iterator[Path]:
    """Give a folder a disk whose files can share what they have in common."""
    folder.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(200 << 20)
    try:
        subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"This machine makes no disk that shares: {error}")
    with _mounted(folder, "-o", "loop", str(image)):
        yield folder


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    try:
        subprocess.run(["mount", *what, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"This machine lets nobody mount a disk: {error}")
    try:
        yield
    finally:
        # An error that is still looked at may keep a file open.
        subprocess.run(["umount", "--lazy", folder], check=True)
