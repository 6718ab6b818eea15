"""Temporary folders of readers: gone with the reader, or with the next one."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from buildkite_source.warehouse.private_folder import PrivateFolder

READER = """
import sys, time
from buildkite_source.warehouse.private_folder import PrivateFolder
kept = PrivateFolder()
print(kept.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_goes_with_its_owner(tmp_path: Path) -> None:
    folder = PrivateFolder()
    assert folder.path.parent == tmp_path
    assert folder.path.stat().st_mode & 0o077 == 0
    path = folder.path
    del folder
    gc.collect()
    assert not path.exists()


def test_what_a_killed_reader_left_goes_with_the_next_and_what_is_in_use_stays() -> None:
    reader = subprocess.Popen([sys.executable, "-c", READER], stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    path = Path(reader.stdout.readline().strip())
    other = PrivateFolder()
    assert path.is_dir()
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    reader.stdout.close()
    assert path.is_dir()
    PrivateFolder()
    assert not path.exists()
    assert other.path.is_dir()


def test_folders_of_older_versions_go_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / "buildkite-answers-old", tmp_path / "buildkite-answers-young"
    other = tmp_path / "buildkite-copies-0"
    for folder in (old, young, other):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (1, 1))
    PrivateFolder()
    assert {each.name for each in tmp_path.iterdir()} == {other.name, young.name}
