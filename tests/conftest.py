"""Isolation: every test has its own folders, and no setting of the machine reaches it."""

import os
from pathlib import Path

import pytest

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the pipeline's state, settings and data of one test."""
    for name in list(os.environ):
        if name.startswith(("SOURCES__", "DESTINATION__", "DLT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("DLT_LOCAL_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path
