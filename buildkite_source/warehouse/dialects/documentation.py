"""The table of constructs by engine, as a page."""

from collections.abc import Mapping, Sequence

from .constructs import CONSTRUCTS, ENGINES, Construct

_HEADER = """# Dialects

The metric views are written once, in DuckDB's SQL, and translated by sqlglot. What an engine
lacks, or means otherwise, is written differently for it (`buildkite_source/warehouse/dialects/`).
This page is made by `python -m buildkite_source.metrics.dialects`.

## Views by engine

*Run* means: the SQL of every view was run on rows made for the purpose, and gave DuckDB's rows
(`tests/engines/`). *Read* means: it was only held against the table below, with the engine's pages.

| Engine | Views | How it is known | Left out |
| --- | --- | --- | --- |
"""
_KNOWN: Mapping[str, str] = {
    "duckdb": "run",
    "postgres": "run",
    "sqlite": "run, 3.40",
    "mysql": "run on MariaDB 10.11; MySQL: read",
    "clickhouse": "run on chdb, ClickHouse 26.9",
    "snowflake": "run on fakesnow, which plays Snowflake over DuckDB",
    "spark": "run, 4.3",
    "databricks": "read; its SQL is Spark's",
    "bigquery": "read",
    "redshift": "read",
    "tsql": "read",
    "athena": "read; Athena follows a chain of retries or a critical path of 10 jobs at most",
}


def markdown(
    views: Sequence[str], left_out: Mapping[str, Mapping[str, Sequence[Construct]]]
) -> str:
    """Return the page.

    Args:
        views: Names of all views.
        left_out: By dialect, the views that cannot be had, with what the engine lacks for each; of
            none for a view that reads such a one.
    """
    lines = [_engine(dialect, len(views), left_out[dialect]) for dialect in ENGINES]
    rows = [_row(construct) for construct in CONSTRUCTS]
    table = (
        "\n\n## Constructs\n\n"
        "*Not verified* means: no page was found that says so for the versions of today.\n\n"
        "| Construct | Written instead | Lacking, or another thing, in |\n"
        "| --- | --- | --- |\n"
    )
    return _HEADER + "\n".join(lines) + table + "\n".join(rows) + "\n"


def _engine(dialect: str, views: int, left_out: Mapping[str, Sequence[Construct]]) -> str:
    names = sorted({one.name for lacking in left_out.values() for one in lacking})
    lacks = f"{len(left_out)}: they need {', '.join(names)}, or read one that does" if names else ""
    return f"| {ENGINES[dialect]} | {views - len(left_out)} | {_KNOWN[dialect]} | {_safe(lacks)} |"


def _row(construct: Construct) -> str:
    pages = "; ".join(_page(construct, name) for name in construct.lacking)
    instead = construct.instead or "cannot be written: the view is left out"
    return f"| {_safe(construct.name)} | {_safe(instead)} | {pages} |"


def _page(construct: Construct, engine: str) -> str:
    remark = construct.remarks.get(engine)
    link = f"[{ENGINES[engine]}]({construct.lacking[engine]})"
    return f"{link} ({remark})" if remark else link


def _safe(text: str) -> str:
    return text.replace("|", "\\|")
