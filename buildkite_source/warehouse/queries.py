"""What a parsed query is made of, and how it is written for a destination."""

from collections.abc import Iterator

from sqlglot import exp


def tables_of(query: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables and views that a query names; names of its own WITH are none.

    They may be changed, also into something else, while they are gone through.
    """
    own = {part.alias for part in query.find_all(exp.CTE)}
    yield from [table for table in query.find_all(exp.Table) if table.name not in own]


def text_of(query: exp.Expr, dialect: str | None, *, pretty: bool = False) -> str:
    """Return a query as SQL of a dialect.

    Args:
        query: A parsed query.
        dialect: As sqlglot names it.
        pretty: Over several lines.
    """
    # SQLite takes a column `commit` for a statement. Where case counts in quotes, as in Snowflake,
    # quoted names would be others.
    return query.sql(dialect=dialect, identify=dialect == "sqlite", pretty=pretty)
