"""What names mean to an engine, and what joins and windows give that find nothing."""

from collections.abc import Iterator

from sqlglot import exp

from .tree import call, replaced

_NULLS = "join_use_nulls"
_OVER_ROWS = (exp.Lag, exp.Lead, exp.Max, exp.Min, exp.Sum)


def columns_of_recursions(query: exp.Expr) -> exp.Expr:
    """Name the columns of parts of a WITH that read themselves, as Redshift wants it."""
    for part in query.find_all(exp.CTE):
        if any(table.name == part.alias for table in part.this.find_all(exp.Table)):
            names = [exp.to_identifier(name) for name in part.this.named_selects]
            part.args["alias"].set("columns", names)
    return query


def columns_of_their_table(query: exp.Expr) -> exp.Expr:
    """Say of each column which table it is of, and what it is named in the answer.

    To ClickHouse a name alone is what the query itself gives that name to, be it a column of the
    table as well; and of a name that two joined tables have, the table becomes a part. What an
    answer is ordered by is what the query gives the name to, to all engines.
    """
    for select in query.find_all(exp.Select):
        sources = _sources(select)
        if len(sources) != 1:
            continue
        ordered = _ordered_by_answer(select)
        for column in select.find_all(exp.Column):
            if not column.table and column.parent_select is select and id(column) not in ordered:
                column.set("table", exp.to_identifier(sources[0].alias_or_name))
    for select in query.find_all(exp.Select):
        select.set("expressions", [one for chosen in select.selects for one in _named(chosen)])
    return query


def _ordered_by_answer(select: exp.Select) -> set[int]:
    """Return the ids of what a query is ordered by and gives a name to itself."""
    given = {one.alias for one in select.selects if isinstance(one, exp.Alias)}
    order = select.args.get("order")
    by = [one.this for one in order.expressions] if order else []
    return {id(one) for one in by if isinstance(one, exp.Column) and one.name in given}


def _sources(select: exp.Select) -> list[exp.Expr]:
    """Return the tables and subqueries that a query itself reads."""
    source = select.args.get("from_")
    joins = select.args.get("joins") or []
    return [source.this, *(join.this for join in joins)] if source else []


def _named(chosen: exp.Expr) -> Iterator[exp.Expr]:
    if not isinstance(chosen, exp.Column):
        yield chosen
    elif chosen.is_star:
        yield from _wanted(chosen)
    else:
        yield exp.alias_(chosen, chosen.name)


def _wanted(star: exp.Column) -> Iterator[exp.Expr]:
    """Yield the columns of `table.*` that are asked for, by whatever reads the query it is in.

    Raises:
        ValueError: It is in no part of a WITH.
    """
    part, select = star.find_ancestor(exp.CTE), star.parent_select
    if not part or not select:
        raise ValueError(f"All columns of a join are asked for: {star.sql()}")
    given = {one.alias_or_name for one in select.selects if one is not star}
    names = dict.fromkeys(
        column.name
        for reader in star.root().find_all(exp.Select)
        for source in _sources(reader)
        if isinstance(source, exp.Table) and source.name == part.alias
        for column in reader.find_all(exp.Column)
        if column.table == source.alias_or_name and column.parent_select is reader
    )
    for name in names:
        if name not in given:
            yield exp.alias_(exp.column(name, star.table), name)


def nulls_where_nothing_is_joined(query: exp.Expr) -> exp.Expr:
    """Have an outer join give NULL for what it does not find, not 0 or empty text."""
    query.set("settings", [exp.column(_NULLS).eq(1)])
    return query


def nulls_of_empty_windows(query: exp.Expr) -> exp.Expr:
    """Have a window without a row give NULL: of a type that is never NULL it gives 0."""

    def change(node: exp.Window) -> exp.Expr:
        if isinstance(node.this, _OVER_ROWS):
            node.this.set("this", call("toNullable", node.this.this))
        return node

    return replaced(query, exp.Window, change)
