"""How a package's SQL names what it reads: Jinja in the place of a table's name."""

from collections.abc import Sequence

from sqlglot import exp

from buildkite_source.warehouse.queries import text_of

SOURCE = "buildkite"


def source(name: str) -> str:
    """Return the call that names a table of the dataset."""
    return f"source('{SOURCE}', '{name}')"


def ref(name: str) -> str:
    """Return the call that names a model."""
    return f"ref('{name}')"


def jinja(call: str) -> exp.Expr:
    """Return a call of Jinja as a part of a query, which is written as it is."""
    return exp.Var(this=f"{{{{ {call} }}}}")


def repeated(relation: str, key: Sequence[str], dialect: str) -> str:
    """Return the query of the keys that more than one row has; NULL is a value like others.

    Args:
        relation: The call that names what is looked at.
        key: Columns that no two rows are to share.
        dialect: As sqlglot names it.
    """
    columns = [exp.column(name) for name in key]
    rows = exp.Count(this=exp.Star(), big_int=True)
    query = (
        exp.select(*columns, rows.as_("found"))
        .from_(exp.Table(this=jinja(relation)))
        .group_by(*columns)
        .having(exp.GT(this=rows.copy(), expression=exp.Literal.number(1)))
    )
    return text_of(query, dialect, pretty=True)
