import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dlt.common.runtime.run_context import switch_context

from buildkite_simulator import Simulator
from buildkite_source.client import SystemClock
from tests.beginnings import Beginnings
from tests.source.conftest import simulator, world_config

from .running import Cli

__all__ = ["simulator", "world_config"]

_PREFIX = "SOURCES__BUILDKITE_SOURCE__"


@pytest.fixture
def cli(
    simulator: Simulator,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    beginnings: Beginnings,
) -> Iterator[Cli]:
    """The command line in an empty project whose environment points at the simulator."""
    monkeypatch.setenv(f"{_PREFIX}ACCESS_TOKEN", simulator.token)
    monkeypatch.setenv(f"{_PREFIX}BASE_URL", simulator.base_url)
    # The command line sets this one; monkeypatch takes it off again.
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "CRITICAL")
    switch_context(str(workspace))
    yield Cli(workspace, simulator, capsys, beginnings)
    monkeypatch.undo()
    switch_context(".")


@pytest.fixture(autouse=True)
def without_views(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making views takes a third of a first load: they are made for those who look at them."""
    if "cli" in request.fixturenames and not request.node.get_closest_marker("with_views"):
        request.getfixturevalue("cli")
        monkeypatch.setenv(f"{_PREFIX}METRIC_VIEWS", "false")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the command line's session slept, in no time."""
    seconds: list[float] = []
    monotonic = time.monotonic
    monkeypatch.setattr(SystemClock, "sleep", lambda _, duration: seconds.append(duration))
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: monotonic() + sum(seconds))
    return seconds
