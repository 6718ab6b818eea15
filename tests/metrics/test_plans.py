"""What DuckDB makes of the views: nothing is joined of which nothing is asked."""

import duckdb
import pytest
from sqlglot import exp

from buildkite_source.metrics import every_view

from .warehouse import Warehouse


def joins(warehouse: Warehouse, sql: str) -> int:
    ((_, plan),) = warehouse.query(f"EXPLAIN {sql}")
    return int(plan.count("Join Type"))


@pytest.mark.xfail(
    duckdb.__version__.startswith("1."),
    reason="DuckDB 1 follows joins that nobody asks anything of; dlt 1.31 needs it",
    strict=True,
)
def test_retry_chains_are_followed_only_where_they_are_asked_for(in_duckdb: Warehouse) -> None:
    # To the build, its pipeline, and the names of steps.
    assert joins(in_duckdb, "SELECT max(agent_seconds) FROM ci.metric_attempts") <= 3
    assert joins(in_duckdb, "SELECT max(attempt_number) FROM ci.metric_attempts") > 3


def test_no_list_of_constants_becomes_a_join() -> None:
    for view in every_view():
        assert not any(node.expressions for node in view.query.find_all(exp.In)), view.name
