"""The assets of `pipelines/schedulers`, made by Dagster."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.source.conftest import asks_history

from .isolated import SCHEDULERS, Isolated

pytestmark = pytest.mark.slow

# Brings dagster 1.13.27.
DAGSTER = "dagster-dlt==0.29.27"

_MAKE = """
import sys
import dagster as dg
from {module} import buildkite, defs

made = dg.materialize([buildkite], selection=sys.argv[1], resources=defs.resources)
for event in made.get_asset_materialization_events():
    print(event.asset_key.to_user_string())
"""
# Each in a process of its own, as Dagster has it: dagster-dlt takes the schema it loads by apart.
_EACH = 'for selection in "$@"; do python make.py "$selection" || exit 1; done'


@pytest.mark.parametrize(
    ("module", "prefix"),
    [("dagster_assets", ""), ("dagster_dlt_assets", "dlt_buildkite_source_")],
)
def test_assets_load_and_one_alone_reads_no_history(
    isolated: Isolated, workspace: Path, module: str, prefix: str
) -> None:
    home = workspace / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    isolated.env |= {"DAGSTER_HOME": str(home), "PYTHONPATH": str(SCHEDULERS)}

    definitions = f"dagster definitions validate -m {module}"
    pool = "dagster instance concurrency set buildkite 1"
    isolated(DAGSTER, "sh", "-c", f"{definitions} && {pool}", env={})
    assert isolated.requests() == []

    one, other = f"{prefix}builds", f"{prefix}slices"
    (workspace / "make.py").write_text(_MAKE.format(module=module))
    told = isolated(DAGSTER, "sh", "-c", _EACH, "sh", "*", one, other, "*").out.split()
    isolated.assert_true()
    every = set(told)
    assert {f"{prefix}{name}" for name in ("organizations", "pipelines", "jobs")} < every
    assert told[len(every) : -len(every)] == [one, other]

    # Each load begins with the organizations.
    asked = isolated.requests()
    begins = [at for at, each in enumerate(asked) if each.path.endswith("/organizations")]
    _, *later = [asked[begin:end] for begin, end in pairwise([*begins, len(asked)])]
    assert [len(load) for load in later] == [4, 1, 5]
    assert not any(asks_history(request) for load in later for request in load)
