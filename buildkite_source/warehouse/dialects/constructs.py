"""What the views are made of that not every engine has, and the page that says which lacks it.

This is what the rewrites rest on, what docs/dialects.md shows, and what a test holds the SQL of
every view for every engine against.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_MARIADB = "https://mariadb.com/kb/en/"
_MARIADB_FUNCTIONS = "https://mariadb.com/docs/server/reference/sql-functions/"
_SQLITE = "https://www.sqlite.org/"
_CLICKHOUSE = "https://clickhouse.com/docs/sql-reference/"
_CLICKHOUSE_GITHUB = "https://github.com/ClickHouse/"
_SNOWFLAKE = "https://docs.snowflake.com/en/sql-reference/"
_BIGQUERY = "https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/"
_REDSHIFT = "https://docs.aws.amazon.com/redshift/latest/dg/"
_PYSPARK = "https://spark.apache.org/docs/latest/api/python/reference/pyspark.sql/api/"
_DATABRICKS = "https://docs.databricks.com/aws/en/sql/language-manual/functions/"
_TSQL = "https://learn.microsoft.com/sql/t-sql/"
_TRINO = "https://trino.io/docs/current/functions/"
_JAVA = "https://dev.java/learn/api/date-time-regex/regex/character-classes/"

# No page was found that says so, or none that holds for the versions of today.
NOT_VERIFIED = "not verified"

# sqlglot's name of the dialect, and whose it is.
ENGINES: Mapping[str, str] = {
    "duckdb": "DuckDB, MotherDuck",
    "postgres": "PostgreSQL",
    "sqlite": "SQLite",
    "mysql": "MariaDB, MySQL",
    "clickhouse": "ClickHouse",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "redshift": "Redshift",
    "spark": "Spark",
    "databricks": "Databricks",
    "tsql": "SQL Server, Synapse",
    "athena": "Athena, Trino",
}


@dataclass(frozen=True, slots=True)
class Construct:
    """Something that a query may hold.

    Attributes:
        name: As one writes it.
        sign: Matches it in SQL whose text in quotes is left out.
        instead: What is written for engines that lack it; "" where nothing can be.
        lacking: Engines that lack it, or mean something else by it, and the page that says so.
        literal: It is looked for in the text of literals.
        remarks: By engine, which of its versions or products lack it; or `NOT_VERIFIED`.
    """

    name: str
    sign: str
    instead: str
    lacking: Mapping[str, str]
    literal: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)


CONSTRUCTS = (
    Construct(
        "aggregate FILTER (WHERE …)",
        r"\bFILTER\s*\(",
        "a CASE within the aggregate",
        {
            "mysql": f"{_MARIADB_FUNCTIONS}aggregate-functions",
            "snowflake": f"{_SNOWFLAKE}functions/count",
            "bigquery": f"{_BIGQUERY}aggregate-function-calls",
            "redshift": f"{_REDSHIFT}c_Aggregate_Functions.html",
            "tsql": f"{_TSQL}functions/aggregate-functions-transact-sql",
        },
    ),
    Construct(
        "EXTRACT(EPOCH …) with the fraction of the second",
        r"\bEPOCH\b",
        "microseconds by the engine's own function, divided by a million",
        {
            "sqlite": f"{_SQLITE}lang_datefunc.html",
            "mysql": f"{_MARIADB}extract",
            "clickhouse": f"{_CLICKHOUSE_GITHUB}ClickHouse/pull/100274",
            "snowflake": f"{_SNOWFLAKE}functions-date-time",
            "bigquery": f"{_BIGQUERY}timestamp_functions#extract",
            "redshift": f"{_REDSHIFT}r_Dateparts_for_datetime_functions.html",
            "spark": "https://github.com/apache/spark/pull/28284",
            "databricks": f"{_DATABRICKS}extract",
            "tsql": f"{_TSQL}functions/datepart-transact-sql",
            "athena": f"{_TRINO}datetime.html",
        },
        remarks={
            "clickhouse": "whole seconds; none before 2026",
            "snowflake": "whole seconds",
            "redshift": "whole seconds",
        },
    ),
    Construct(
        "PERCENTILE_CONT as an aggregate, several in one query",
        r"\b(PERCENTILE_CONT|QUANTILE_CONT)\b",
        "the engine's own exact aggregate, or sums weighted by each row's place in its group",
        {
            "sqlite": "https://sqlite.org/draft/percentile.html",
            "mysql": f"{_MARIADB}percentile_cont",
            "clickhouse": f"{_CLICKHOUSE_GITHUB}pg_clickhouse/pull/36",
            "bigquery": f"{_BIGQUERY}navigation_functions#percentile_cont",
            "redshift": f"{_REDSHIFT}r_PERCENTILE_CONT.html",
            "tsql": f"{_TSQL}functions/percentile-cont-transact-sql",
            "athena": f"{_TRINO}aggregate.html",
        },
        remarks={
            "sqlite": "an option of the build, by another syntax",
            "mysql": "MariaDB: in windows only",
            "clickhouse": NOT_VERIFIED,
            "bigquery": "in windows only",
            "redshift": "all of one order",
            "tsql": "older versions: in windows only",
        },
    ),
    Construct(
        "a multiplied INTERVAL",
        r"\*\s*INTERVAL\b",
        "a function that takes a number of hours away",
        {
            "sqlite": f"{_SQLITE}lang_datefunc.html",
            "mysql": f"{_MARIADB}date-and-time-units",
            "clickhouse": f"{_CLICKHOUSE}data-types/special-data-types/interval",
            "snowflake": f"{_SNOWFLAKE}data-types-datetime.html",
            "tsql": f"{_TSQL}data-types/date-and-time-types",
        },
        remarks={"clickhouse": NOT_VERIFIED, "snowflake": NOT_VERIFIED},
    ),
    Construct(
        "AT TIME ZONE",
        r"\bAT TIME ZONE\b",
        "hours by the engine's own function, in UTC",
        {
            "sqlite": f"{_SQLITE}lang_datefunc.html",
            "mysql": f"{_MARIADB}convert_tz",
            "clickhouse": f"{_CLICKHOUSE_GITHUB}ClickHouse/issues/105950",
            "bigquery": f"{_BIGQUERY}operators",
        },
        remarks={"clickhouse": "before 26.7"},
    ),
    Construct(
        "TIMESTAMP WITH TIME ZONE as the type of a view's column",
        r"\b(TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|AT_TIMEZONE)\b",
        "times in UTC without a zone, as they are stored",
        {
            "sqlite": f"{_SQLITE}datatype3.html",
            "mysql": "https://mariadb.com/docs/server/reference/data-types/date-and-time-data-types",
            "athena": "https://github.com/aws/aws-sdk-pandas/issues/86",
        },
        remarks={"athena": "Athena"},
    ),
    Construct(
        "the year 9999",
        r"'9999-",
        "31 December 2299, its last day",
        {"clickhouse": f"{_CLICKHOUSE}data-types/datetime64"},
        literal=True,
    ),
    Construct(
        "the flag g of REGEXP_REPLACE",
        r", 'g'\s*\)",
        "nothing: all that matches is replaced without it",
        {
            "mysql": f"{_MARIADB}regexp_replace",
            "clickhouse": f"{_CLICKHOUSE}functions/string-replace-functions",
            "snowflake": f"{_SNOWFLAKE}functions/regexp_replace",
            "bigquery": f"{_BIGQUERY}string_functions#regexp_replace",
            "redshift": f"{_REDSHIFT}REGEXP_REPLACE.html",
            "spark": f"{_PYSPARK}pyspark.sql.functions.regexp_replace.html",
            "databricks": f"{_DATABRICKS}regexp_replace",
            "athena": f"{_TRINO}regexp.html",
        },
        literal=True,
    ),
    Construct(
        "REGEXP_LIKE that finds a part of a text",
        r"\bREGEXP_LIKE\b",
        "REGEXP_INSTR(…) > 0, or the engine's own function",
        {
            "mysql": f"{_MARIADB_FUNCTIONS}string-functions/regular-expressions-functions",
            "clickhouse": f"{_CLICKHOUSE_GITHUB}pg_clickhouse/pull/23",
            "snowflake": "https://docs.snowflake.net/manuals/sql-reference/functions-regexp.html",
            "bigquery": f"{_BIGQUERY}string_functions#regexp_contains",
        },
        remarks={
            "mysql": "MariaDB",
            "clickhouse": NOT_VERIFIED,
            "snowflake": "matches whole texts",
        },
    ),
    Construct(
        "the class [[:space:]]",
        r"\[\[:space:\]\]",
        r"\s: to Java it is a class of the letters of its name",
        {"spark": _JAVA, "databricks": _JAVA, "athena": f"{_TRINO}regexp.html"},
        literal=True,
    ),
    Construct(
        "SPLIT_PART",
        r"\bSPLIT_PART\b",
        "what lies before or after a position",
        {
            "sqlite": f"{_SQLITE}lang_corefunc.html",
            "mysql": f"{_MARIADB_FUNCTIONS}string-functions/",
            "clickhouse": f"{_CLICKHOUSE}functions/splitting-merging-functions",
            "bigquery": f"{_BIGQUERY}string_functions#split",
            "tsql": f"{_TSQL}functions/string-functions-transact-sql",
        },
    ),
    Construct(
        "|| between texts",
        r"\|\|",
        "CONCAT",
        {
            "mysql": "https://mariadb.com/docs/server/reference/sql-structure/operators/logical-operators/or"
        },
    ),
    Construct(
        "NULLS LAST",
        r"\bNULLS (LAST|FIRST)\b",
        "a CASE to order by first",
        {
            "mysql": f"{_MARIADB}order-by",
            "tsql": f"{_TSQL}queries/select-order-by-clause-transact-sql",
        },
    ),
    Construct(
        "regular expressions",
        r"\b(REGEXP_\w+|RLIKE)\b",
        "",
        {
            "sqlite": f"{_SQLITE}lang_expr.html#regexp",
            "tsql": f"{_TSQL}functions/regular-expressions-functions-transact-sql",
        },
        remarks={"sqlite": "unless a function is added", "tsql": "Synapse, SQL Server before 2025"},
    ),
    Construct(
        "GROUP BY with the numbers of columns",
        r"\bGROUP BY\s+1\b",
        "",
        {"tsql": f"{_TSQL}queries/select-group-by-transact-sql"},
    ),
    Construct(
        "truth as a value",
        r"\b(TRUE|FALSE)\b|\b(AND|OR|IS NULL)\b[^,]*\bAS \[|=\s*'\w+'\s*AS \[",
        "",
        {"tsql": f"{_TSQL}language-elements/comparison-operators-transact-sql"},
    ),
    Construct(
        "a query that reads itself (WITH RECURSIVE)",
        r"\bRECURSIVE\b",
        "",
        {"tsql": f"{_TSQL}queries/with-common-table-expression-transact-sql"},
        remarks={"tsql": "Synapse; SQL Server has it without the word"},
    ),
)

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_QUOTED = re.compile(r'"[^"]*"|`[^`]*`')


def lacking(sql: str, dialect: str) -> Iterator[Construct]:
    """Yield what a query holds that an engine lacks.

    Args:
        sql: As the engine gets it.
        dialect: Of the engine, as sqlglot names it.
    """
    bare = _LITERAL.sub("''", sql)
    bare = _QUOTED.sub("x", bare)
    for construct in CONSTRUCTS:
        looked_at = sql if construct.literal else bare
        if dialect in construct.lacking and re.search(construct.sign, looked_at, re.IGNORECASE):
            yield construct


def unwritable(dialect: str) -> list[str]:
    """Return the names of what an engine lacks that cannot be written otherwise."""
    return [one.name for one in CONSTRUCTS if not one.instead and dialect in one.lacking]
