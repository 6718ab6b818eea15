"""Questions in SQL to the dataset, at any destination."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, cast

import pandas as pd
from dlt.destinations.exceptions import DatabaseTransientException, DatabaseUndefinedRelation
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.destinations.sql_client import SqlClientBase
from sqlglot import exp, parse_one

from buildkite_source.metrics import Given, compared, every_view, with_views
from buildkite_source.metrics.functions import DIALECT, spell_out
from buildkite_source.settings import Views, configured
from buildkite_source.warehouse.dialects import translated
from buildkite_source.warehouse.dialects.constructs import ENGINES, unwritable
from buildkite_source.warehouse.latest import Key, appended, latest
from buildkite_source.warehouse.open_tables import show_open_tables
from buildkite_source.warehouse.queries import filled, located, text_of
from buildkite_source.warehouse.reader import Dataset, Reader

from .answer import Answer
from .cache import Memory
from .given import given_by

# A hundred megabytes or so.
_REMEMBERED = Memory(most_cells=2_000_000)


class Warehouse:
    """Answers questions.

    What the copy of a DuckDB file has answered is remembered as long as the process lives, as it
    answers the same again. Other destinations are asked each time, and no connection is held
    between questions: see `Reader`.
    """

    def __init__(self, dataset: Dataset) -> None:
        """Open the dataset.

        Args:
            dataset: Where the data is.

        Raises:
            FileNotFoundError: There is no such DuckDB file.
            BusyError: A load writes to it without a pause.
        """
        self._reader = Reader(dataset)
        pipeline = self._reader.open()
        opened = pipeline.dataset()
        self._pipeline = pipeline
        self._client: SqlClientBase[Any] = opened.sql_client
        self._keys: Mapping[str, Key] = {}
        # Files hold no views: each question brings along those it reads.
        self._given: Given | None = None
        if not issubclass(pipeline.destination.client_class, SqlJobClientBase):
            self._keys = appended(opened.schema, pipeline.destination.capabilities())
            self._given = given_by(configured(Views))

    @property
    def refusal(self) -> str:
        """Why the destination cannot answer what is asked of all views; "" where it can."""
        dialect = self._client.capabilities.sqlglot_dialect or ""
        lacking = unwritable(dialect)
        if not lacking:
            return ""
        return (
            f"{ENGINES[dialect]} cannot answer this, as it lacks what many metric views are made "
            f"of: {', '.join(lacking)}. Load into DuckDB as well, a file, and ask that."
        )

    def ask(self, sql: str, *, windows: exp.Query | None = None, **values: Any) -> Answer:
        """Run a query on the views and tables of the dataset.

        Args:
            sql: In DuckDB's SQL and with the functions of docs/metrics.md; `:name` stands for a
                value.
            windows: A query that stands for `metric_windows`, so that the views named *_windows
                compare other spans than their own; without functions of ours.
            values: Texts, numbers, times or conditions in place of the names; likewise.

        Raises:
            Exception: Of the destination.
        """
        query = self._query(sql, windows, values)
        copy = self._reader.copy
        if not copy:
            return self._asked(query)
        return _REMEMBERED.recall((copy, query), lambda: _answer(self._client, query))

    def _asked(self, query: str) -> Answer:
        if not self._given:
            return _answer(self._client, query)
        # dlt's client remembers which files there are, and they may have been compacted since.
        with suppress(DatabaseTransientException):
            answer = _answer(self._client, query)
            if not answer.missing:
                return answer
        self._client = self._pipeline.dataset().sql_client
        return _answer(self._client, query)

    def _query(self, sql: str, windows: exp.Query | None, values: dict[str, Any]) -> str:
        asked = cast(exp.Query, filled(_parsed(sql), **values))
        if windows:
            asked = compared(asked, windows)
        dialect = self._client.capabilities.sqlglot_dialect
        locate = self._located
        query = with_views(asked, self._given, locate) if self._given else locate(asked)
        return text_of(translated(query, dialect), dialect, pretty=True)

    def _located(self, query: exp.Expr) -> exp.Expr:
        """Have a query read the tables of the dataset, of each the rows that count."""
        path = partial(self._client.make_qualified_table_name_path, quote=False)
        brought = {view.name for view in every_view()} if self._given else ()
        return located(latest(query, self._keys), path, beside=brought)


@lru_cache(maxsize=256)
def _parsed(sql: str) -> exp.Expr:
    """Return a question as a tree, which is not to be changed: pages ask the same ones often."""
    return cast(exp.Expr, spell_out(parse_one(sql, dialect=DIALECT)))


def _answer(client: SqlClientBase[Any], query: str) -> Answer:
    try:
        with client:
            show_open_tables(client, query)
            with client.execute_query(query) as cursor:
                # SQLAlchemy's results have no `description`.
                names = list(cursor.columns_schema or ())
                found = [tuple(map(_plain, row)) for row in cursor.fetchall()]
    except DatabaseUndefinedRelation:
        return Answer(query, pd.DataFrame(), missing=True)
    return Answer(query, pd.DataFrame(found, columns=names).convert_dtypes())


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
