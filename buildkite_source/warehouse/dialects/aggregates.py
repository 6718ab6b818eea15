"""Aggregates that engines write differently, or do not have."""

from collections.abc import Container

from sqlglot import exp

from .tree import call, pattern, replaced

_TOGETHER = "together"


def conditions_in_cases(query: exp.Expr) -> exp.Expr:
    """Write `FILTER (WHERE …)` as a `CASE` within the aggregate."""
    return replaced(query, exp.Filter, _condition_in_case)


def _condition_in_case(node: exp.Filter) -> exp.Expr:
    aggregate: exp.Expr = node.this
    condition = node.expression.this
    value = aggregate.this
    if isinstance(value, exp.Distinct):
        (one,) = value.expressions
        value.set("expressions", [exp.Case().when(condition, one)])
        return aggregate
    counted = exp.Literal.number(1) if isinstance(value, exp.Star) else value
    aggregate.set("this", exp.Case().when(condition, counted))
    return aggregate


def percentiles_of_spark(query: exp.Expr) -> exp.Expr:
    """Write percentiles as Spark's aggregate, which is exact and goes between two values."""
    return replaced(
        query, exp.PercentileCont, lambda node: call("PERCENTILE", node.this, node.expression)
    )


def percentiles_of_clickhouse(query: exp.Expr) -> exp.Expr:
    """Write percentiles as that aggregate of ClickHouse's which goes between two values."""

    def change(node: exp.PercentileCont) -> exp.Expr:
        name = exp.to_identifier("quantileExactInclusive")
        return exp.ParameterizedAgg(this=name, expressions=[node.expression], params=[node.this])

    return replaced(query, exp.PercentileCont, change)


def percentiles_by_place(query: exp.Expr) -> exp.Expr:
    """Write percentiles as sums, for engines without an aggregate for them.

    Each row gets its place among those of its group. Of the values at the two places next to the
    percentile, each counts the more the closer it lies.
    """
    for select in list(query.find_all(exp.Select)):
        if any(node.parent_select is select for node in select.find_all(exp.PercentileCont)):
            _place(select)
    return query


def _place(select: exp.Select) -> None:
    """Rewrite a query that is grouped by its columns."""
    if select.args.get("joins") or select.args.get("where"):
        _read_as_one(select)
    groups, source = _groups(select), select.args["from_"].this
    ranked = exp.select("*").from_(source.copy())
    places: dict[exp.Expr, int] = {}
    for node in list(select.find_all(exp.PercentileCont)):
        value = node.this
        if value not in places:
            number = places[value] = len(places) + 1
            window = {"partition_by": [group.copy() for group in groups]}
            order = exp.Order(expressions=[exp.Ordered(this=value.copy(), nulls_first=False)])
            place = exp.Window(this=exp.RowNumber(), order=order, **window)
            count = exp.Window(this=exp.Count(this=value.copy()), **_copies(window))
            ranked = ranked.select(
                place.as_(f"place_{number}"), count.as_(f"places_{number}"), copy=False
            )
        number = places[value]
        distance = f"abs(place_{number} - 1 - :p * (places_{number} - 1))"
        weighted = f"sum(:v * CASE WHEN {distance} < 1 THEN 1 - {distance} ELSE 0 END)"
        node.replace(pattern(weighted, v=value, p=node.expression))
    source.replace(ranked.subquery(source.alias_or_name, copy=False))


def _read_as_one(select: exp.Select) -> None:
    """Have a query read its tables, joined and chosen from, as one of the columns it asks for."""
    together = exp.Select()
    for part in ("from_", "joins", "where"):
        together.set(part, select.args.get(part))
        select.set(part, None)
    # Names of results, which may be ordered by.
    results = set(select.named_selects)
    for item in select.expressions:
        if isinstance(item, exp.Column):
            item.replace(exp.alias_(item.copy(), item.name))
    taken: dict[str, exp.Expr] = {}
    for column in _columns(select, results):
        name = f"{column.table}_{column.name}"
        taken[name] = exp.alias_(column.copy(), name)
        column.replace(exp.column(name, table=_TOGETHER))
    together.set("expressions", list(taken.values()))
    select.from_(together.subquery(_TOGETHER), copy=False)


def _columns(select: exp.Select, results: Container[str]) -> list[exp.Column]:
    """Return the columns that a query asks of its tables."""
    asked = [column for item in select.expressions for column in item.find_all(exp.Column)]
    for part in ("group", "having", "order"):
        if clause := select.args.get(part):
            found = clause.find_all(exp.Column)
            asked += [column for column in found if column.table or column.name not in results]
    return asked


def _copies(window: dict[str, list[exp.Expr]]) -> dict[str, list[exp.Expr]]:
    return {name: [one.copy() for one in found] for name, found in window.items()}


def _groups(select: exp.Select) -> list[exp.Expr]:
    """Return the columns that a query is grouped by, which it may name by their numbers."""
    group = select.args.get("group")
    found = group.expressions if group else []
    return [
        select.selects[int(one.name) - 1].unalias() if isinstance(one, exp.Literal) else one
        for one in found
    ]
