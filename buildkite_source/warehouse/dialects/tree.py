"""Small helpers to change sqlglot's trees."""

from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp, parse_one

from buildkite_source.warehouse.queries import filled

Node = TypeVar("Node", bound=exp.Expr)


def replaced(query: exp.Expr, kind: type[Node], change: Callable[[Node], exp.Expr]) -> exp.Expr:
    """Return a query with each node of a kind replaced by what `change` makes of it.

    Those that lie within others are changed first, so that a node that is changed holds no other
    of its kind that is not.

    Args:
        query: It is changed.
        kind: Class of the nodes.
        change: Returns what takes the place of a node; the node itself leaves it as it is.
    """
    for node in reversed(list(query.find_all(kind))):
        new = change(node)
        if new is node:
            continue
        if node is query:
            query = new
        else:
            node.replace(new)
    return query


def call(name: str, *arguments: exp.Expr | str | float) -> exp.Expr:
    """Return the call of a function that sqlglot writes as it is named here.

    Args:
        name: Of the function.
        arguments: Expressions, which are copied, or constants.
    """
    return exp.Anonymous(
        this=name,
        expressions=[exp.convert(one, copy=True) for one in arguments],
    )


def pattern(sql: str, **values: exp.Expr) -> exp.Expr:
    """Return an expression in DuckDB's SQL with values in place of `:name`; values are copied."""
    return filled(parse_one(sql, dialect="duckdb"), **values)
