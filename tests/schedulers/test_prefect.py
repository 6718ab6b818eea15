"""The flow of `pipelines/schedulers`, run by Prefect."""

from pathlib import Path

import pytest

from tests.source.conftest import asks_history

from .isolated import SCHEDULERS, Isolated

pytestmark = pytest.mark.slow

PREFECT = "prefect==3.9.1"


def test_the_flow_loads(isolated: Isolated, workspace: Path) -> None:
    isolated.env |= {
        "PREFECT_HOME": str(workspace / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Its first start makes a database.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "PYTHONPATH": str(SCHEDULERS),
    }
    isolated(PREFECT, "python", "-c", "import prefect_flow", env={})
    assert isolated.requests() == []
    twice = (
        "from prefect_flow import buildkite; first = buildkite()['requests']; "
        "print(first, buildkite()['requests'])"
    )
    told = isolated(PREFECT, "python", "-c", twice).out
    first, again = map(int, told.split())
    isolated.assert_true()
    asked = isolated.requests()
    assert len(asked) == first + again
    assert again <= 5
    assert not any(map(asks_history, asked[first:]))
