"""What a parsed query is made of."""

from collections.abc import Iterator

from sqlglot import exp


def tables_of(query: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables and views that a query names; names of its own WITH are none.

    They may be changed, also into something else, while they are gone through.
    """
    own = {part.alias for part in query.find_all(exp.CTE)}
    yield from [table for table in query.find_all(exp.Table) if table.name not in own]
