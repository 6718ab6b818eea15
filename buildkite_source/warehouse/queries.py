"""What a parsed query is made of, and how it is written for a destination."""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from sqlglot import ErrorLevel, exp
from sqlglot.tokens import Tokenizer


def tables_of(query: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables and views that a query names; names of its own WITH are none.

    They may be changed, also into something else, while they are gone through.
    """
    own = {part.alias for part in query.find_all(exp.CTE)}
    yield from [table for table in query.find_all(exp.Table) if table.name not in own]


def filled(query: exp.Expr, **values: Any) -> exp.Expr:
    """Return a copy of a query with a copy of a value in place of each `:name`.

    sqlglot's own function puts one and the same into all places of a name: to change it in one is
    to change it in the others, of which it then knows one.
    """

    def value_of(node: exp.Expr) -> exp.Expr:
        is_named = isinstance(node, exp.Placeholder) and node.name in values
        return exp.convert(values[node.name], copy=True) if is_named else node

    return query.transform(value_of)


# To these no name of ours is a word of SQL. In Snowflake quoted names would be others: case counts.
_UNQUOTED = (None, "duckdb", "postgres", "snowflake")

# Where a table lies, part by part, as the destination's SQL client knows it; a part that is no
# text is written as it is.
PathOf = Callable[[str], Sequence[str | exp.Expr | None]]


def located(query: exp.Expr, path: PathOf, *, beside: Container[str] = ()) -> exp.Expr:
    """Return a query whose tables are named as the destination names them.

    Without the database: a copy of a DuckDB file under another name is asked as well.

    Args:
        query: On tables by their own names; it is changed.
        path: The parts of a table's name there, of which the last two count.
        beside: Names that are left as they are.
    """
    for table in tables_of(query):
        if table.name not in beside:
            *_, dataset, name = path(table.name)
            alias = table.alias or table.name
            # Some names, such as current_user, are words of SQL.
            is_word = alias.upper() in Tokenizer.KEYWORDS
            named = exp.TableAlias(this=exp.to_identifier(alias, quoted=is_word or None))
            table.set("alias", named)
            table.set("this", _part(name))
            table.set("db", _part(dataset))
    return query


def _part(name: str | exp.Expr | None) -> exp.Expr | None:
    return name if isinstance(name, exp.Expr) else exp.to_identifier(name, quoted=True)


def text_of(query: exp.Expr, dialect: str | None, *, pretty: bool = False) -> str:
    """Return a query as SQL of a dialect.

    Args:
        query: A parsed query.
        dialect: As sqlglot names it.
        pretty: Over several lines.
    """
    # Some names are words of SQL: `commit` to SQLite, `lead` to MySQL.
    return query.sql(
        dialect=dialect,
        identify=dialect not in _UNQUOTED,
        pretty=pretty,
        unsupported_level=ErrorLevel.IGNORE,
    )
