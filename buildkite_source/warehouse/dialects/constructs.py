"""What the views are made of that not every engine has, and the page that says which lacks it.

This is what the rewrites rest on, what docs/dialects.md shows, and what a test holds the SQL of
every view for every engine against.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_POSTGRES = "https://www.postgresql.org/docs/current/"
_MARIADB = "https://mariadb.com/kb/en/"
_SQLITE = "https://www.sqlite.org/"
_CLICKHOUSE = "https://clickhouse.com/docs/"
_SNOWFLAKE = "https://docs.snowflake.com/en/sql-reference/"
_BIGQUERY = "https://cloud.google.com/bigquery/docs/reference/standard-sql/"
_REDSHIFT = "https://docs.aws.amazon.com/redshift/latest/dg/"
_SPARK = "https://spark.apache.org/docs/latest/"
_TSQL = "https://learn.microsoft.com/sql/t-sql/"
_TRINO = "https://trino.io/docs/current/"
_JAVA = "https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html"

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
    """

    name: str
    sign: str
    instead: str
    lacking: Mapping[str, str]
    literal: bool = False


CONSTRUCTS = (
    Construct(
        "aggregate FILTER (WHERE …)",
        r"\bFILTER\s*\(",
        "a CASE within the aggregate",
        {
            "mysql": f"{_MARIADB}aggregate-functions/",
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
            "mysql": f"{_MARIADB}extract/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/operators#extract",
            "snowflake": f"{_SNOWFLAKE}functions-date-time",
            "bigquery": f"{_BIGQUERY}timestamp_functions#extract",
            "redshift": f"{_REDSHIFT}r_Dateparts_for_datetime_functions.html",
            "spark": f"{_SPARK}api/sql/#extract",
            "databricks": "https://docs.databricks.com/aws/en/sql/language-manual/functions/extract",
            "tsql": f"{_TSQL}functions/datepart-transact-sql",
            "athena": f"{_TRINO}functions/datetime.html#extract",
        },
    ),
    Construct(
        "PERCENTILE_CONT as an aggregate, several in one query",
        r"\b(PERCENTILE_CONT|QUANTILE_CONT)\b",
        "the engine's own exact aggregate, or sums weighted by each row's place in its group",
        {
            "sqlite": f"{_SQLITE}lang_aggfunc.html",
            "mysql": f"{_MARIADB}percentile_cont/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/aggregate-functions/reference/quantileexact",
            "bigquery": f"{_BIGQUERY}navigation_functions#percentile_cont",
            "redshift": f"{_REDSHIFT}r_PERCENTILE_CONT.html",
            "tsql": f"{_TSQL}functions/percentile-cont-transact-sql",
            "athena": f"{_TRINO}functions/aggregate.html",
        },
    ),
    Construct(
        "a multiplied INTERVAL",
        r"\*\s*INTERVAL\b",
        "a function that takes a number of hours away",
        {
            "sqlite": f"{_SQLITE}lang_datefunc.html",
            "mysql": f"{_MARIADB}date-and-time-units/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/data-types/special-data-types/interval",
            "snowflake": f"{_SNOWFLAKE}data-types-datetime#interval-constants",
            "tsql": f"{_TSQL}data-types/date-and-time-types",
        },
    ),
    Construct(
        "AT TIME ZONE",
        r"\bAT TIME ZONE\b",
        "hours by the engine's own function, in UTC",
        {
            "sqlite": f"{_SQLITE}lang_datefunc.html",
            "mysql": f"{_MARIADB}convert_tz/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/functions/date-time-functions#totimezone",
            "bigquery": f"{_BIGQUERY}timestamp_functions",
        },
    ),
    Construct(
        "TIMESTAMP WITH TIME ZONE as the type of a view's column",
        r"\b(TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|AT_TIMEZONE)\b",
        "times in UTC without a zone, as they are stored",
        {
            "sqlite": f"{_SQLITE}datatype3.html",
            "mysql": f"{_MARIADB}datetime/",
            "athena": "https://docs.aws.amazon.com/athena/latest/ug/data-types.html",
        },
    ),
    Construct(
        "the year 9999",
        r"'9999-",
        "31 December 2299, its last day",
        {"clickhouse": f"{_CLICKHOUSE}sql-reference/data-types/datetime64"},
        literal=True,
    ),
    Construct(
        "the flag g of REGEXP_REPLACE",
        r", 'g'\s*\)",
        "nothing: all that matches is replaced without it",
        {
            "mysql": f"{_MARIADB}regexp_replace/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/functions/string-replace-functions",
            "snowflake": f"{_SNOWFLAKE}functions/regexp_replace",
            "bigquery": f"{_BIGQUERY}string_functions#regexp_replace",
            "redshift": f"{_REDSHIFT}REGEXP_REPLACE.html",
            "spark": f"{_SPARK}api/sql/#regexp_replace",
            "databricks": "https://docs.databricks.com/aws/en/sql/language-manual/functions/"
            "regexp_replace",
            "athena": f"{_TRINO}functions/regexp.html",
        },
        literal=True,
    ),
    Construct(
        "REGEXP_LIKE that finds a part of a text",
        r"\bREGEXP_LIKE\b",
        "REGEXP_INSTR(…) > 0, or the engine's own function",
        {
            "mysql": f"{_MARIADB}regular-expressions-functions/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/functions/string-search-functions#match",
            "snowflake": f"{_SNOWFLAKE}functions/regexp_like",
            "bigquery": f"{_BIGQUERY}string_functions#regexp_contains",
        },
    ),
    Construct(
        "the class [[:space:]]",
        r"\[\[:space:\]\]",
        r"\s: to Java it is a class of the letters of its name",
        {"spark": _JAVA, "databricks": _JAVA, "athena": f"{_TRINO}functions/regexp.html"},
        literal=True,
    ),
    Construct(
        "SPLIT_PART",
        r"\bSPLIT_PART\b",
        "what lies before or after a position",
        {
            "sqlite": f"{_SQLITE}lang_corefunc.html",
            "mysql": f"{_MARIADB}string-functions/",
            "clickhouse": f"{_CLICKHOUSE}sql-reference/functions/splitting-merging-functions",
            "bigquery": f"{_BIGQUERY}string_functions#split",
            "tsql": f"{_TSQL}functions/string-functions-transact-sql",
        },
    ),
    Construct(
        "|| between texts",
        r"\|\|",
        "CONCAT",
        {"mysql": f"{_MARIADB}or/"},
    ),
    Construct(
        "NULLS LAST",
        r"\bNULLS (LAST|FIRST)\b",
        "a CASE to order by first",
        {
            "mysql": f"{_MARIADB}order-by/",
            "tsql": f"{_TSQL}queries/select-order-by-clause-transact-sql",
        },
    ),
    Construct(
        "regular expressions",
        r"\b(REGEXP_\w+|RLIKE)\b",
        "",
        {
            "sqlite": f"{_SQLITE}lang_expr.html#the_like_glob_regexp_match_and_extract_operators",
            "tsql": f"{_TSQL}functions/regular-expressions-functions-transact-sql",
        },
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
        {"tsql": f"{_TSQL}data-types/bit-transact-sql"},
    ),
    Construct(
        "a query that reads itself (WITH RECURSIVE)",
        r"\bRECURSIVE\b",
        "",
        # Synapse has none: https://learn.microsoft.com/azure/synapse-analytics/sql/overview-features
        {"tsql": f"{_TSQL}queries/with-common-table-expression-transact-sql"},
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
