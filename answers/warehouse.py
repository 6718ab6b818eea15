"""Questions in SQL to the dataset, at any destination."""

import json
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pandas as pd
from dlt.common.pipeline import get_dlt_pipelines_dir
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase
from sqlglot import exp, parse_one

from buildkite_source.metrics import compared
from buildkite_source.metrics.functions import DIALECT, spell_out
from buildkite_source.queries import tables_of

from .answer import Answer
from .memory import Memory
from .snapshot import snapshot

# A hundred megabytes or so.
_REMEMBERED = Memory(most_cells=2_000_000)


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset of a pipeline.

    Attributes:
        pipeline: Name of the pipeline that loaded it.
        destination: dlt's name of the destination.
        dataset: Name of the dataset.
    """

    pipeline: str
    destination: str
    dataset: str


class Warehouse:
    """Answers questions.

    A DuckDB file is read from a copy, so that no load meets a reader: see `snapshot`. What a copy
    has answered is remembered as long as the process lives, as it answers the same again. Other
    destinations serve readers and loads at once; they are asked themselves, and no connection is
    held between questions.
    """

    def __init__(self, place: Place) -> None:
        """Open the dataset.

        Args:
            place: Where the data is.

        Raises:
            FileNotFoundError: There is no such DuckDB file.
            BusyError: A load writes to it without a pause.
        """
        # A folder of its own: that of the pipeline belongs to the loads.
        self._folder = tempfile.TemporaryDirectory(prefix="buildkite-answers-")
        pipeline = self._pipeline(place)
        file = _duckdb_file(pipeline)
        self._copy: Path | None = None
        self._client: SqlClientBase[Any]
        if not file:
            self._client = pipeline.dataset().sql_client
            return
        self._copy = snapshot(file, Path(dlt.current.run_context().data_dir) / "copies")
        # Kept open: the copy is nobody else's, and outlives its name.
        connection = duckdb.connect(str(self._copy), read_only=True)
        destination = dlt.destinations.duckdb(connection)
        self._client = dlt.dataset(destination, place.dataset).sql_client

    def ask(self, sql: str, *, windows: exp.Query | None = None, **values: Any) -> Answer:
        """Run a query on the views and tables of the dataset.

        Args:
            sql: In DuckDB's SQL and with the functions of docs/metrics.md; `:name` stands for a
                value.
            windows: A query that stands for `metric_windows`, so that the views named *_windows
                compare other spans than their own.
            values: Texts, numbers, times or conditions in place of the names.

        Raises:
            Exception: Of the destination.
        """
        query = self._query(sql, windows, values)
        if not self._copy:
            return _answer(self._client, query)
        return _REMEMBERED.recall((self._copy, query), lambda: _answer(self._client, query))

    def _pipeline(self, place: Place) -> dlt.Pipeline:
        # Files lie where the first load was started, wherever later ones are.
        if home := _home_of(place.pipeline):
            before = dlt.pipeline(place.pipeline, pipelines_dir=self._folder.name)
            before.set_local_state_val("initial_cwd", home)
        return dlt.pipeline(
            place.pipeline,
            pipelines_dir=self._folder.name,
            destination=place.destination,
            dataset_name=place.dataset,
        )

    def _query(self, sql: str, windows: exp.Query | None, values: dict[str, Any]) -> str:
        query = spell_out(exp.replace_placeholders(parse_one(sql, dialect=DIALECT), **values))
        if windows:
            query = compared(query, spell_out(windows))
        dataset = self._client.make_qualified_table_name_path("x", quote=False)[-2]
        for table in tables_of(query):
            table.set("db", exp.to_identifier(dataset, quoted=True))
        return str(query.sql(dialect=self._client.capabilities.sqlglot_dialect, pretty=True))


def _answer(client: SqlClientBase[Any], query: str) -> Answer:
    try:
        with client, client.execute_query(query) as cursor:
            names = [column[0] for column in cursor.description]
            found = [tuple(map(_plain, row)) for row in cursor.fetchall()]
    except DatabaseUndefinedRelation:
        return Answer(query, pd.DataFrame(), missing=True)
    return Answer(query, pd.DataFrame(found, columns=names).convert_dtypes())


def _home_of(pipeline: str) -> str | None:
    """Return the folder that local files of a pipeline lie in; only read, as loads write there."""
    state = Path(get_dlt_pipelines_dir()) / pipeline / "state.json"
    try:
        home: str | None = json.loads(state.read_bytes()).get("_local", {}).get("initial_cwd")
    except (OSError, ValueError):
        return None
    return home


def _duckdb_file(pipeline: dlt.Pipeline) -> Path | None:
    """Return the file of a pipeline that loads into one."""
    if pipeline.destination.destination_type != "dlt.destinations.duckdb":
        return None
    credentials: Any = pipeline.destination_client().config.credentials
    database = str(credentials.database)
    return None if database == ":memory:" else Path(database)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
