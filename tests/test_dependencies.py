"""Bounds in pyproject.toml that wait for somebody else: each test fails when its bound may go."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest


def relation_fetches(module: str) -> Iterator[int]:
    """Yield the lines of a module that call `….sql(…).fetchone()`, on a relation of DuckDB."""
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.origin
    for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    attr="fetchone", value=ast.Call(func=ast.Attribute(attr="sql" | "query"))
                )
            ):
                yield node.lineno


@pytest.mark.parametrize("destination", ["duckdb", "ducklake"])
def test_duckdb_is_bound_below_2_as_long_as_dlt_fetches_from_relations(destination: str) -> None:
    assert list(relation_fetches(f"dlt.destinations.impl.{destination}.sql_client")), (
        f"dlt's {destination} no longer needs Relation.fetchone: try DuckDB 2 with a second load "
        "into a bucket and into DuckLake, and widen the bound in pyproject.toml."
    )


def test_the_bound_leaves_a_duckdb_that_dlt_works_with() -> None:
    assert duckdb.sql("SELECT 1").fetchone() == (1,)
