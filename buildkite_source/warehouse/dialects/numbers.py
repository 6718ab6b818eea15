"""Arithmetic that engines do with fewer digits."""

from sqlglot import exp

from .tree import replaced


def fractions_in_floats(query: exp.Expr) -> exp.Expr:
    """Divide floats: of whole numbers some engines keep a few digits after the point only."""

    def change(node: exp.Div) -> exp.Expr:
        node.set("this", exp.cast(node.this, exp.DType.DOUBLE))
        return node

    return replaced(query, exp.Div, change)
