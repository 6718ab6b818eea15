"""Makes the views in a pipeline's destination, when they are not there as they should be."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dlt import Pipeline
from dlt.common.destination.exceptions import DestinationException
from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot.errors import SqlglotError

from buildkite_source.warehouse.stored import schema_of

from .documentation import description_of
from .views import Given, View, every_view, possible, statement

# Views of a schema with their comments, the newest first: none is dropped before what reads it.
_CATALOGUES = {
    "duckdb": "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = %s "
    "AND database_name = current_database() ORDER BY view_oid DESC",
    "postgres": "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c "
    "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'v' AND n.nspname = %s ORDER BY c.oid DESC",
}
_MARK = " [buildkite_source "
_LOCAL_STATE = "buildkite_metric_views"


@dataclass(frozen=True, slots=True)
class Made:
    """What `create_views` did.

    Attributes:
        views: Number of views made; 0 when all were there as they should be.
        reason: Why there are none, or not as they should be; "" when there is no trouble.
    """

    views: int = 0
    reason: str = ""


def create_views(pipeline: Pipeline, given: Given | None = None) -> Made:
    """Make the metric views in the dataset of a pipeline, beside its tables.

    Views of tables that the dataset does not have are left out. Nothing is done when all are there
    as they should be; else all are replaced, in one transaction where the destination has
    transactions for it, so that nobody finds them missing. A destination that cannot is no error.

    Args:
        pipeline: Its destination, dataset and schema count.
        given: What users set for the views.
    """
    given = given or Given()
    try:
        if not pipeline.default_schema_name:
            # A fresh worker knows no schema yet; the destination does.
            pipeline.sync_destination()
        if not pipeline.default_schema_name:
            return Made(reason="nothing is loaded yet")
        with pipeline.destination_client() as client:
            if not isinstance(client, SqlJobClientBase):
                return Made(reason="this destination has no SQL views")
            return _Dataset(pipeline, client).refresh(given)
    except (DestinationException, SqlglotError) as error:
        return Made(reason=" ".join(str(error).split())[:300])


class _Dataset:
    def __init__(self, pipeline: Pipeline, client: SqlJobClientBase) -> None:
        self._pipeline = pipeline
        self._client = client
        self._sql = client.sql_client
        self._dialect = client.capabilities.sqlglot_dialect or ""
        self._schema = self._sql.make_qualified_table_name_path("x", quote=False)[-2]
        schema = schema_of(pipeline)
        names = schema.data_table_names() if schema else []
        self._tables = {name for name, columns in client.get_storage_tables(names) if columns}

    def refresh(self, given: Given) -> Made:
        mark = self._fingerprint(given)
        if self._dialect in _CATALOGUES:
            return self._refresh_marked(given, mark)
        if self._pipeline.state["_local"].get(_LOCAL_STATE) == mark:
            return Made()
        views = list(possible(every_view(), self._tables))
        for view in views:
            self._execute(f"CREATE OR REPLACE VIEW {self._named(view, given)}")
        self._pipeline.set_local_state_val(_LOCAL_STATE, mark)
        return Made(len(views))

    def _refresh_marked(self, given: Given, mark: str) -> Made:
        """Keep the mark in the comments of the views, with how many there are to be."""
        rows = self._sql.execute_sql(_CATALOGUES[self._dialect], self._schema) or []
        found = {
            name: comment.partition(_MARK) for name, comment in rows if _MARK in (comment or "")
        }
        if {tail for _, _, tail in found.values()} == {f"{mark}, one of {len(found)} views]"}:
            return Made()
        views = list(possible(every_view(), self._tables))
        end = f"{_MARK}{mark}, one of {len(views)} views]"
        with self._sql.begin_transaction():
            for name in found:
                self._execute(f"DROP VIEW {self._path(name)}")
            for view in views:
                self._execute(f"CREATE VIEW {self._named(view, given)}")
                self._execute("; ".join(self._comments(view, end)))
        return Made(len(views))

    def _fingerprint(self, given: Given) -> str:
        """Return what changes whenever the views would."""
        folder = Path(__file__).parent
        files = sorted([*folder.glob("*.sql"), *folder.glob("*.py")])
        parts: Sequence[Any] = (
            version("sqlglot"),
            self._dialect,
            self._schema,
            sorted(self._tables),
            *(query.sql() for query in given.tables().values()),
            *(file.read_bytes() for file in files),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _named(self, view: View, given: Given) -> str:
        query = statement(view, self._dialect, self._schema, given)
        return f"{self._path(view.name)} AS {query}"

    def _path(self, name: str) -> str:
        return self._sql.make_qualified_table_name(name)

    def _comments(self, view: View, end: str) -> Iterator[str]:
        path, escape = self._path(view.name), self._client.capabilities.escape_identifier
        yield f"COMMENT ON VIEW {path} IS {_literal(view.title + end)}"
        for name in view.columns:
            text = _literal(description_of(view, name))
            yield f"COMMENT ON COLUMN {path}.{escape(name)} IS {text}"

    def _execute(self, sql: str) -> None:
        self._sql.execute_sql(sql)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
