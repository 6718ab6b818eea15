"""Which rewrites a query goes through before it is written for an engine."""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from . import aggregates, names, numbers, texts, times

Rewrite = Callable[[exp.Expr], exp.Expr]

# By sqlglot's names of the dialects; those that are not here take the queries as they are. In this
# order: percentiles move what they are taken of into a subquery, where other rewrites find it.
_BY_DIALECT: Mapping[str, Sequence[Rewrite]] = {
    "athena": (
        aggregates.percentiles_by_place,
        times.hours_without_zone,
        times.times_without_zone,
        texts.regexps_without_flags,
        texts.white_space_for_java,
    ),
    "bigquery": (
        aggregates.percentiles_by_place,
        aggregates.conditions_in_cases,
        times.epoch_of_microseconds,
        times.hours_in_utc_by_default,
        texts.regexps_without_flags,
        texts.parts_by_position,
        texts.json_by_function("TO_JSON_STRING"),
    ),
    "clickhouse": (
        aggregates.percentiles_of_clickhouse,
        times.epoch_of_clickhouse,
        times.hours_of_clickhouse,
        times.times_of_clickhouse,
        times.intervals_of_clickhouse,
        texts.regexps_without_flags,
        texts.regexps_found_by_match,
        texts.parts_by_position,
        names.nulls_of_empty_windows,
    ),
    "databricks": (
        aggregates.percentiles_of_spark,
        times.epoch_of_microseconds,
        times.hours_of_spark,
        texts.white_space_for_java,
    ),
    "duckdb": (times.hours_of_duckdb,),
    "mysql": (
        aggregates.percentiles_by_place,
        aggregates.conditions_in_cases,
        times.epoch_of_mysql,
        times.hours_of_mysql,
        times.times_without_zone,
        times.intervals_of_mysql,
        texts.regexps_without_flags,
        texts.regexps_found_by_position,
        texts.parts_by_position,
        texts.joined_by_function,
        numbers.fractions_in_floats,
    ),
    "redshift": (
        aggregates.percentiles_by_place,
        aggregates.conditions_in_cases,
        times.epoch_of_redshift,
        texts.regexps_without_flags,
        texts.json_by_function("JSON_SERIALIZE"),
        names.columns_of_recursions,
    ),
    "snowflake": (
        aggregates.conditions_in_cases,
        times.epoch_of_snowflake,
        times.intervals_by_dateadd,
        texts.regexps_without_flags,
        texts.regexps_found_by_position,
        numbers.fractions_in_floats,
    ),
    "sqlite": (
        aggregates.percentiles_by_place,
        times.epoch_of_sqlite,
        times.hours_of_sqlite,
        times.times_of_sqlite,
        times.intervals_of_sqlite,
        texts.parts_by_position,
    ),
    "tsql": (
        aggregates.percentiles_by_place,
        aggregates.conditions_in_cases,
        times.epoch_of_tsql,
        times.hours_of_tsql,
        times.intervals_by_dateadd,
        texts.parts_by_position,
    ),
}
# What every other engine takes a query for that needs no translation.
_MEANING: Mapping[str, Sequence[Rewrite]] = {
    "clickhouse": (names.columns_of_their_table, names.nulls_where_nothing_is_joined),
}
_REWRITES = {**_BY_DIALECT, "spark": _BY_DIALECT["databricks"], "trino": _BY_DIALECT["athena"]}


def translated(query: exp.Expr, dialect: str | None) -> exp.Expr:
    """Return a query with what an engine lacks written otherwise.

    Args:
        query: As the views are written, with the functions of ours spelled out; it is changed.
        dialect: Of the engine, as sqlglot names it.
    """
    for rewrite in _REWRITES.get(dialect or "", ()):
        query = rewrite(query)
    return meant(query, dialect)


def meant(query: exp.Expr, dialect: str | None) -> exp.Expr:
    """Return a query whose names and joins are to an engine what they are to the others.

    Args:
        query: In the engine's own dialect; it is changed.
        dialect: Of the engine, as sqlglot names it.
    """
    for rewrite in _MEANING.get(dialect or "", ()):
        query = rewrite(query)
    return query
