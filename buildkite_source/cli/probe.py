"""Whether a destination can be opened and written, tried in a scratch dataset of its own."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
from dlt import Pipeline
from dlt.destinations.sql_client import SqlClientBase

from buildkite_source.load import advice
from buildkite_source.load.guards import is_under_way
from buildkite_source.load.report import location_of
from buildkite_source.warehouse import reader

_TABLE = "scratch"


@dataclass(slots=True)
class Probe:
    """Where data would go.

    Attributes:
        destination: Name of the dlt destination.
        place: Dataset and database or folder, without credentials.
        error: What has to be mended before it can be written, or "".
        busy: It could not be tried, as a load is under way.
    """

    destination: str
    place: str = ""
    error: str = ""
    busy: bool = False


def probe(pipeline_name: str, destination: str, dataset: str) -> Probe:
    """Write a row into a scratch dataset beside the real one, and take all of it away again."""
    found = Probe(destination)
    name = f"{dataset}_check_{os.getpid()}"
    try:
        # Its own folder, whatever state that of the loads is in.
        pipeline = reader.Reader(reader.Dataset(pipeline_name, destination, dataset)).origin
        found.place = location_of(pipeline)
        file = _file_of(pipeline)
        is_new = file is not None and not file.exists()
        scratch = dlt.pipeline(
            f"{pipeline_name}_check", destination=pipeline.destination, dataset_name=name
        )
        try:
            _write(scratch)
        finally:
            scratch.drop()
            if file is not None and is_new:
                file.unlink(missing_ok=True)
    except Exception as error:  # whatever the destination raises is the finding
        # Where a load writes, DuckDB lets nobody else in: no reason to alert anybody.
        found.busy = is_under_way(pipeline_name)
        found.error = "" if found.busy else advice.explain(error, destination)
    return found


def _file_of(pipeline: Pipeline) -> Path | None:
    """Return the file of a DuckDB database, which comes into being when it is opened."""
    if pipeline.destination.destination_name != "duckdb":
        return None
    credentials = getattr(pipeline.destination_client().config, "credentials", None)
    database = str(getattr(credentials, "database", ""))
    return Path(database) if database and not database.startswith((":", "md:")) else None


def _write(pipeline: Pipeline) -> None:
    with pipeline.destination_client() as client:
        sql: SqlClientBase[Any] | None = getattr(client, "sql_client", None)
        if sql is None or not hasattr(client, "execute_sql"):
            client.initialize_storage()
            client.drop_storage()
            return
        sql.create_dataset()
        try:
            table = sql.make_qualified_table_name(_TABLE)
            sql.execute_sql(f"CREATE TABLE {table} (id integer)")
            sql.execute_sql(f"INSERT INTO {table} VALUES (1)")  # noqa: S608
        finally:
            sql.drop_dataset()
