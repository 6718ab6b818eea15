"""What the destination holds already, asked in SQL while a source is extracted."""

from typing import Any, cast

from dlt import Pipeline
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext
from dlt.common.schema import Schema
from sqlglot import exp, parse_one

from .queries import tables_of


def stored_tables() -> set[str]:
    """Return the tables that are loaded."""
    schema = _schema()
    return set(schema.data_table_names(seen_data_only=True)) if schema else set()


def has_column(table: str, column: str) -> bool:
    """Whether a table is loaded and has a column; an earlier version may not have made it."""
    schema = _schema()
    return bool(
        schema
        and table in schema.data_table_names(seen_data_only=True)
        and column in schema.tables[table]["columns"]
    )


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query in the destination's own dialect."""
    # A relation of `pipeline.dataset()` works out its columns first, which takes dlt longer than
    # all the rest of a short query.
    with _pipeline().sql_client() as client:
        dialect = client.capabilities.sqlglot_dialect
        query = parse_one(sql, dialect=dialect)
        for table in tables_of(query):
            # Some names, such as current_user, are words of SQL.
            *_, dataset, name = client.make_qualified_table_name_path(table.name, quote=False)
            table.set("this", exp.to_identifier(name, quoted=True))
            table.set("db", exp.to_identifier(dataset, quoted=True))
        with client.execute_query(query.sql(dialect=dialect)) as cursor:
            rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _pipeline() -> Pipeline:
    # `dlt.current.pipeline()` resolves the settings of a pipeline anew at every call.
    pipeline: Any = Container()[PipelineContext].pipeline()
    return cast(Pipeline, pipeline)


def _schema() -> Schema | None:
    pipeline = _pipeline()
    # It is read from its file each time.
    return pipeline.default_schema if pipeline.default_schema_name else None
