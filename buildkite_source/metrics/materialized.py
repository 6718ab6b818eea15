"""Views that can be kept as tables: what stands in them, and how some of their rows are worked out.

A view names in its file what its rows are kept by, such as a build. All rows of one build follow
from rows of that build, of builds of the same commit, and of its pipeline: whatever has changed,
they can be worked out again without a look at the rest.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from sqlglot import exp

from buildkite_source.warehouse.queries import PathOf, located, tables_of, text_of

from .views import Given, View, every_view, with_given, with_views

# What says which builds are kept, and as of when they were fetched.
LEDGER = "metric_build_classes"
BY_BUILD, BY_COMMIT = ("build_id",), ("pipeline_id", "commit")
# Temporary tables of what is worked out again: the units, and the rows of these builds.
UNITS = {BY_BUILD: "changed_build_ids", BY_COMMIT: "changed_commits"}
ROWS = {
    "builds": ("changed_builds", "id"),
    "jobs": ("changed_jobs", "build_id"),
    "job_log_lines": ("changed_job_log_lines", "build_id"),
}


def materializable(views: Iterable[View]) -> list[View]:
    """Return those of the views that can be kept as tables, in their order."""
    return [view for view in views if view.unit]


def batch_of(name: str) -> str:
    """Return the name of the temporary table with the rows of a view that are worked out."""
    return f"changed_{name}"


def table_of(view: View | str) -> str:
    """Return the name of the table that a view is kept in."""
    name = view if isinstance(view, str) else view.name
    return name.replace("metric_", "materialized_", 1)


def kept_statement(view: View, dialect: str, path: PathOf) -> str:
    """Return the query of a view that is kept: all rows of its table; see `views.statement`."""
    query = exp.select(*(exp.column(name) for name in view.columns)).from_(table_of(view))
    return text_of(located(query, path), dialect, pretty=True)


def counted_first(views: Iterable[View], kept_views: frozenset[str]) -> list[View]:
    """Return what views bring along that is better worked out on its own, before them.

    DuckDB takes a recursive query for a thousand times as many rows as it has, and joins the rest
    accordingly; those of a table it knows.

    Args:
        views: Those to be worked out.
        kept_views: Names of views that are kept, and are not brought along.
    """
    brought = {name for view in views for name in view.reads}
    found = []
    for view in reversed(every_view()):
        if view.name in brought - kept_views:
            brought |= view.reads
            with_ = view.query.args.get("with_")
            if with_ and with_.recursive:
                found.append(view)
    return found[::-1]


def marks_of(views: Iterable[View], given: Given) -> dict[str, str]:
    """Return for each view what changes whenever its rows have to be worked out anew.

    That is its definition, that of each view it reads, and what users set for them.
    """
    values = {name: query.sql() for name, query in given.tables().items()}
    marks = {}
    for view in views:
        parts = _parts(view.name)
        whole = sorted([*parts.values(), *(values[name] for name in parts if name in values)])
        marks[view.name] = hashlib.sha256("".join(whole).encode()).hexdigest()[:16]
    return marks


@cache
def _parts(name: str) -> Mapping[str, str]:
    """Return what a view reads, itself included; of views with their definitions."""
    views = {view.name: view for view in every_view()}
    if name not in views:
        return {name: ""}
    parts = {name: views[name].query.sql()}
    for one in views[name].reads:
        parts.update(_parts(one))
    return parts


def of_changed(
    view: View,
    given: Given,
    kept_views: frozenset[str],
    fresh: frozenset[str],
    prepare: Callable[[exp.Expr], exp.Expr],
) -> exp.Query:
    """Return the query of a view's rows for the units that have changed.

    Args:
        view: One that can be kept, or is read by such.
        given: What users set.
        kept_views: Names of views that are kept, and up to date for these units.
        fresh: Names of views whose rows of these units are in a temporary table.
        prepare: What is to be done to its query, and to that of each view it brings along.
    """

    def restricted(query: exp.Expr) -> exp.Expr:
        for table in tables_of(query):
            alias = table.alias or table.name
            if table.name in ROWS:
                table.replace(exp.to_table(ROWS[table.name][0], alias=alias))
            elif table.name in fresh:
                table.replace(exp.to_table(batch_of(table.name), alias=alias))
            elif table.name in kept_views:
                table.replace(_rows_of_changed(table.name).subquery(alias, copy=False))
        return prepare(query)

    # All that is of a unit is there, and nothing of another: whole commits have changed.
    return with_views(with_given(view, given), given, restricted, standing=kept_views | fresh)


def delete_of_changed(view: View, path: str) -> str:
    """Return the statement that takes the rows of changed units out of a view's table."""
    condition = _in_units(view.unit, "old").sql(dialect="postgres")
    return f"DELETE FROM {path} AS old WHERE {condition}"


def _rows_of_changed(name: str) -> exp.Query:
    """Return the rows of a kept view that another one needs for what has changed."""
    view = next(one for one in every_view() if one.name == name)
    rows = exp.select("*").from_(exp.to_table(table_of(name), alias="standing"))
    return rows.where(_in_units(view.unit, "standing"))


def _in_units(unit: tuple[str, ...], alias: str) -> exp.Expr:
    """Return the condition that a row is of a unit that has changed."""
    equal = [exp.column(name, "units").eq(exp.column(name, alias)) for name in unit]
    units = exp.to_table(UNITS[unit], alias="units")
    return exp.Exists(this=exp.select("1").from_(units).where(*equal))
