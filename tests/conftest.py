"""Isolation: every test has its own folders, and no setting of the machine reaches it."""

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

_MEMORY = Path("/dev/shm")
_ENOUGH = 6 * 2**30
_SLOWEST = 20
_PURPOSE = "purpose"


def pytest_configure() -> None:
    """Keep databases in memory where there is plenty: a third of the time went into syncing disks.

    PYTEST_DEBUG_TEMPROOT or --basetemp name another place.
    """
    # Nothing that is imported becomes garbage.
    gc.disable()
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not among what was imported.

    Python goes through all objects whenever many new ones are there; those of dlt, pandas and
    their like are a million. It took a tenth of each load.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each report say what its test is for."""
    for item in items:
        told = (getattr(getattr(item, "function", None), "__doc__", None) or "").strip()
        name = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
        item.user_properties.append((_PURPOSE, told.partition("\n")[0] or name))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the slowest tests, with what each is for: who adds seconds is to see them."""
    seconds: Counter[str] = Counter()
    purposes: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] += report.duration
                purposes[report.nodeid] = dict(report.user_properties).get(_PURPOSE, "")
    terminalreporter.section(f"{_SLOWEST} slowest of {len(seconds)} tests")
    for test, took in seconds.most_common(_SLOWEST):
        terminalreporter.line(f"{took:6.1f} s  {test}: {purposes[test]}")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that holds the pipeline's state, settings and data of one test."""
    for name in list(os.environ):
        if name.startswith(("SOURCES__", "DESTINATION__", "DLT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("DLT_LOCAL_DIR", str(tmp_path))
    # Copies of DuckDB files go with the test.
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    # Not above: dlt is to find the settings of this file.
    from dlt.common.configuration.container import Container
    from dlt.common.pipeline import PipelineContext

    # Or a test without a pipeline would find this one, whose folder is gone.
    active = Container()[PipelineContext]
    if active.is_active():
        active.deactivate()


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Loads that many tests begin with; see `tests.beginnings`."""
    from tests.beginnings import Beginnings

    return Beginnings(tmp_path_factory.mktemp("beginnings"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser that keeps what it has fetched, as people's do; one for all of a worker's tests."""
    from tests.notebooks.running import browse, find_browser

    program = find_browser()
    if not program:
        says = "No Chromium on this machine: apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(says)
        pytest.skip(says)
    with browse(program) as opened:
        yield opened
