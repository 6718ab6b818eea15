"""The keys of the views: columns that no two rows share, and that are never NULL but where said."""

import pytest

from buildkite_source.metrics import View, every_view

from .random_rows import random_rows
from .warehouse import Warehouse

# Of these the random worlds have no rows.
_EMPTY = {
    "metric_agent_states",
    "metric_job_states",
    "metric_coverage",
    "metric_failure_annotations",
    "metric_failure_signatures",
    "metric_waiting_now",
}


@pytest.fixture(scope="module")
def filled(in_duckdb: Warehouse) -> Warehouse:
    in_duckdb.clear()
    in_duckdb.zone("UTC")
    in_duckdb.fill(random_rows(7, builds=150))
    return in_duckdb


@pytest.mark.parametrize("view", every_view(), ids=lambda view: view.name)
def test_no_two_rows_share_a_key(filled: Warehouse, view: View) -> None:
    key = ", ".join(view.key)
    missing = " OR ".join(f"{name} IS NULL" for name, nullable in view.key.items() if not nullable)
    ((rows, keys, without),) = filled.query(
        f"SELECT count(*), count(DISTINCT ({key})), count(*) FILTER (WHERE {missing}) "
        f"FROM {filled.dataset}.{view.name}"
    )
    assert (keys, without) == (rows, 0)
    assert bool(rows) is (view.name not in _EMPTY)
