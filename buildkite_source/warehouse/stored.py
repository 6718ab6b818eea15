"""What the destination holds already, asked while a source is extracted."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from threading import get_ident
from typing import Any, cast

import dlt
from dlt import Pipeline
from dlt.common.configuration.container import Container
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.pipeline import PipelineContext
from dlt.common.schema import Schema
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.pipeline.state_sync import load_pipeline_state_from_destination
from sqlglot import exp, parse_one

from .dialects import meant
from .latest import appended, latest
from .open_tables import show_open_tables
from .queries import located, text_of

SOURCE = "buildkite_source"


def schema_of(pipeline: Pipeline) -> Schema | None:
    """Return the schema that the source loads into; None before its first load.

    A pipeline may load other things as well, and have their schema for its default one.
    """
    if SOURCE in pipeline.schemas:
        return pipeline.schemas[SOURCE]
    return pipeline.default_schema if pipeline.default_schema_name else None


def stored_tables() -> set[str]:
    """Return the tables that are in the destination; asked once a load, none without a load."""
    return set(_columns())


def has_column(table: str, column: str) -> bool:
    """Whether a table is loaded and has a column; an earlier version may not have made it."""
    return column in _columns().get(table, ())


def stands(table: str, columns: Collection[str]) -> bool:
    """Whether a table is loaded and has all these columns."""
    return _columns().get(table, frozenset()).issuperset(columns)


def is_empty(table: str) -> bool:
    """Whether a table that is in the destination has no row."""
    return not rows_of(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - a table of ours


def current_pipeline() -> Pipeline:
    """Return the pipeline of the load that is under way."""
    # `dlt.current.pipeline()` resolves the settings of a pipeline anew at every call.
    pipeline: Any = Container()[PipelineContext].pipeline()
    return cast(Pipeline, pipeline)


def pending_loads() -> set[str]:
    """Return the ids of loads that were begun and have not arrived in the destination."""
    pipeline = current_pipeline()
    return {*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()}


def stored_state(pipeline: Pipeline, source: str = SOURCE) -> dict[str, Any] | None:
    """Return the state of a source that the destination has; empty if it has none.

    None if the destination cannot keep any, or was told not to.
    """
    if not pipeline.config.restore_from_destination:
        return None
    # Within a load its own client: another would take dlt 20 ms.
    with _client_of_load() if _load_id() else _client(pipeline, source) as client:
        if not isinstance(client, WithStateSync):
            return None
        try:
            stored: Any = load_pipeline_state_from_destination(pipeline.pipeline_name, client)
        except DestinationUndefinedEntity:
            stored = None
    return cast(dict[str, Any], (stored or {}).get("sources", {}).get(source, {}))


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in the destination of the load that is under way."""
    return _rows(_client_of_load(), dlt.current.source_schema(), sql)


def rows_among(sql: str, column: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return what a query finds of the rows in which a column (`b.id`) has one of many values.

    To parse a list of a thousand takes longer than to find their rows: they join the query late.
    """
    condition = exp.to_column(column).isin(*map(exp.Literal.string, values))
    return _rows(_client_of_load(), dlt.current.source_schema(), sql, condition)


def only_appends(table: str) -> bool:
    """Whether the destination adds rows to a table that is to be merged; the latest counts."""
    capabilities = _client_of_load().capabilities
    return table in appended(dlt.current.source_schema(), capabilities)


def dialect_of_load() -> str:
    """Return sqlglot's name of the dialect that the destination of the load is asked in."""
    # Files are asked by DuckDB.
    return str(_client_of_load().sql_client.capabilities.sqlglot_dialect)


def rows_for(pipeline: Pipeline, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in the destination of a pipeline that has loaded something."""
    schema = cast(Schema, schema_of(pipeline))
    return _rows(pipeline.destination_client(schema.name), schema, sql)


def _rows(
    client: Any, schema: Schema, sql: str, condition: exp.Expr | None = None
) -> list[tuple[Any, ...]]:
    """Return what a query finds, on the latest rows of the tables.

    Args:
        client: Of the destination.
        schema: Of the tables.
        sql: In the destination's own dialect. Columns that it names `…_at` are times.
        condition: Of rows that are to be found, besides what the query says.
    """
    # A relation of `pipeline.dataset()` works out its columns first, which takes dlt longer than
    # all the rest of a short query.
    keys = appended(schema, client.capabilities)
    with client.sql_client as connection:
        # Files are asked by DuckDB.
        dialect = connection.capabilities.sqlglot_dialect
        parsed = cast(exp.Select, parse_one(sql, dialect=dialect))
        query = latest(parsed.where(condition, copy=False) if condition else parsed, keys)
        times = [one.alias_or_name.endswith("_at") for one in cast(exp.Query, query).selects]
        located(
            meant(query, dialect), partial(connection.make_qualified_table_name_path, quote=False)
        )
        text = text_of(query, dialect)
        show_open_tables(connection, text)
        with connection.execute_query(text) as cursor:
            found: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        tuple(_time(value) if is_time else value for value, is_time in zip(row, times, strict=True))
        for row in found
    ]


def _time(value: Any) -> datetime | None:
    """Return a time in UTC: some destinations keep it as text, some without its zone."""
    found: datetime | None = datetime.fromisoformat(value) if isinstance(value, str) else value
    if found is None:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _columns() -> dict[str, frozenset[str]]:
    load_id = _load_id()
    return _stored(current_pipeline().pipeline_name, load_id) if load_id else {}


@lru_cache(maxsize=8)
def _stored(pipeline_name: str, load_id: str) -> dict[str, frozenset[str]]:
    """Return the columns of each table that the destination has at the beginning of a load."""
    del pipeline_name, load_id
    with _client_of_load() as client:
        found = client.get_storage_tables(list(dlt.current.source_schema().tables))
        return {name: frozenset(columns) for name, columns in found if columns}


def _load_id() -> str:
    """Return the id of the load that is under way, or nothing."""
    try:
        return str(dlt.current.load_package_state()["load_id"])
    except CurrentLoadPackageStateNotAvailable:
        return ""


def _client_of_load() -> Any:
    """Return the destination's client; it connects anew each time it is entered."""
    load_id = _load_id()
    # dlt resolves every setting of the destination for each client it makes.
    make = _client_once if load_id else _client_once.__wrapped__
    return make(current_pipeline().pipeline_name, load_id, get_ident())


@lru_cache(maxsize=8)
def _client_once(pipeline_name: str, load_id: str, thread: int) -> Any:
    """Return the client of a load, which is one of a thread."""
    del pipeline_name, load_id, thread
    return _client(current_pipeline(), dlt.current.source_schema().name)


def _client(pipeline: Pipeline, source: str) -> Any:
    if source in pipeline.schemas:
        return pipeline.destination_client(source)
    return pipeline.destination_client()
