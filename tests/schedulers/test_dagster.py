"""The assets of `pipelines/schedulers`, made by Dagster."""

from pathlib import Path

import pytest

from tests.source.conftest import asks_history

from .isolated import SCHEDULERS, Isolated

pytestmark = pytest.mark.slow

# Brings dagster 1.13.27.
DAGSTER = "dagster-dlt==0.29.27"


@pytest.mark.parametrize(
    ("file", "prefix"),
    [("dagster_assets.py", ""), ("dagster_dlt_assets.py", "dlt_buildkite_source_")],
)
def test_assets_load_and_one_alone_reads_no_history(
    isolated: Isolated, workspace: Path, file: str, prefix: str
) -> None:
    home = workspace / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    isolated.env |= {"DAGSTER_HOME": str(home)}
    example = str(SCHEDULERS / file)

    def make(selection: str) -> int:
        made = ("dagster", "asset", "materialize", "-f", example, "--select", selection)
        isolated(DAGSTER, *made)
        asked = isolated.requests()
        if selection != "*":
            assert not any(map(asks_history, asked))
        return len(asked)

    isolated(DAGSTER, "dagster", "asset", "list", "-f", example, env={})
    assert isolated.requests() == []
    isolated(DAGSTER, "dagster", "instance", "concurrency", "set", "buildkite", "1")
    make("*")
    isolated.assert_true()
    assert make(f"{prefix}builds") <= 4
    assert make(f"{prefix}slices") <= 1
    assert make("*") <= 5
    isolated.assert_true()
