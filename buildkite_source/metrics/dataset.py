"""The views of one dataset: which stand, which are refused, and how they are replaced."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dlt import Pipeline
from dlt.common.destination.exceptions import DestinationException
from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot.errors import SqlglotError

from buildkite_source.warehouse import dialects
from buildkite_source.warehouse.stored import schema_of

from .documentation import description_of
from .materialized import kept_statement
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
# How the reason of a view begins that rests on one that was refused.
READS = "it reads "
_LOCAL_STATE = "buildkite_metric_views"


@dataclass(frozen=True, slots=True)
class Made:
    """What `create_views` did.

    Attributes:
        views: Number of views made; 0 when all were there as they should be.
        reason: Why there are none, or not as they should be; "" when there is no trouble.
        left_out: Views that the destination cannot have, and why, where views were made.
        refreshed: Builds that were worked out again for the views that are kept as tables.
        not_kept: Why views are not kept as tables that were to be.
    """

    views: int = 0
    reason: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    refreshed: int = 0
    not_kept: str = ""


class _CannotBeMadeError(Exception):
    """One view is refused.

    Args:
        name: Its name.
        reason: What the destination, or the translation to its dialect, says.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Dataset:
    """The views of a dataset.

    Args:
        pipeline: Its destination, dataset and schema count.
        client: Of the destination, open.
        given: What users set for the views.

    Attributes:
        kept: Views that read a table of their own; none at first.
    """

    def __init__(self, pipeline: Pipeline, client: SqlJobClientBase, given: Given) -> None:
        self._pipeline = pipeline
        self._client = client
        self._sql = client.sql_client
        self._given = given
        self._dialect = client.capabilities.sqlglot_dialect or ""
        self._schema = self._sql.make_qualified_table_name_path("x", quote=False)[-2]
        schema = schema_of(pipeline)
        names = schema.data_table_names() if schema else []
        self.tables = {
            name: list(columns) for name, columns in client.get_storage_tables(names) if columns
        }
        self._refused: dict[str, str] = {}
        self.kept: frozenset[str] = frozenset()

    @property
    def has_transactions(self) -> bool:
        """Whether views are replaced in one of them, and can be kept as tables."""
        return self._dialect in _CATALOGUES

    def refresh(self, *, again: bool) -> Made:
        """Make all views that can be made, unless they stand as they should; see `create_views`."""
        mark = self.fingerprint()
        found = self._marked() if self._dialect in _CATALOGUES else None
        standing = self._noted(mark) if found is None else _standing(found, mark)
        # To know the views is to parse them all, which takes longer than the rest.
        if standing is not None and (not again or standing == len(self._views())):
            return Made()
        if found is None:
            self._make_one_by_one()
            self._pipeline.set_local_state_val(_LOCAL_STATE, [mark, len(self._views())])
        else:
            self._make_in_one_transaction(found, mark)
        return Made(len(self._views()), left_out=self._left_out())

    def _views(self) -> list[View]:
        """Return the views that can be made, as far as is known, each after those it reads."""
        return list(possible(every_view(), self.tables, without=self._refused))

    def _left_out(self) -> dict[str, str]:
        made, reasons = {view.name for view in self._views()}, dict(self._refused)
        for view in possible(every_view(), self.tables):
            if view.name not in made and view.name not in reasons:
                (lacking, *_) = sorted(view.reads & reasons.keys())
                reasons[view.name] = f"{READS}{lacking}"
        return reasons

    def _marked(self) -> dict[str, str]:
        """Return the mark of each view of ours that stands, the newest first."""
        rows = self._sql.execute_sql(_CATALOGUES[self._dialect], self._schema) or []
        return {
            name: comment.partition(_MARK)[2] for name, comment in rows if _MARK in (comment or "")
        }

    def _noted(self, mark: str) -> int | None:
        """Return how many views were made here; None if never, or others than would be now."""
        noted = self._pipeline.state["_local"].get(_LOCAL_STATE)
        return noted[1] if isinstance(noted, list) and noted[0] == mark else None

    def _make_in_one_transaction(self, old: Iterable[str], mark: str) -> None:
        while True:
            try:
                with self._sql.begin_transaction():
                    for name in old:
                        self._execute(f"DROP VIEW {self._path(name)}")
                    end = f"{_MARK}{mark}, one of {len(self._views())} views]"
                    for view in self._views():
                        self._make(view, "CREATE VIEW", *self._comments(view, end))
            except _CannotBeMadeError as error:
                self._refused[error.name] = error.reason
            else:
                return

    def _make_one_by_one(self) -> None:
        left_out = set[str]()
        for view in possible(every_view(), self.tables):
            if view.reads & left_out:
                left_out.add(view.name)
                continue
            try:
                self._replace(view)
            except _CannotBeMadeError as error:
                # Or the connection is gone, and whatever comes next would be refused as well.
                self._execute("SELECT 1")
                self._refused[error.name] = error.reason
                left_out.add(view.name)
        for name in reversed(self._left_out()):
            # Those of an older version may stand.
            self._execute(f"DROP VIEW IF EXISTS {self._path(name)}")

    def _replace(self, view: View) -> None:
        if self._dialect != "sqlite":
            self._make(view, "CREATE OR REPLACE VIEW")
            return
        self._execute(f"DROP VIEW IF EXISTS {self._path(view.name)}")
        # SQLite looks at what a view needs when it is asked.
        self._make(view, "CREATE VIEW", f"SELECT 1 FROM {self._path(view.name)} LIMIT 0")  # noqa: S608

    def _make(self, view: View, create: str, *then: str) -> None:
        try:
            query = self._statement(view)
            self._execute(f"{create} {self._path(view.name)} AS {query}")
            if then:
                self._execute("; ".join(then))
        except (DestinationException, SqlglotError) as error:
            raise _CannotBeMadeError(view.name, in_short(error)) from error

    def _statement(self, view: View) -> str:
        if view.name in self.kept:
            return kept_statement(view, self._dialect, self._parts)
        return statement(view, self._dialect, self._parts, self._given)

    def fingerprint(self) -> str:
        """Return what changes whenever the views would."""
        folders = (Path(__file__).parent, Path(dialects.__file__).parent)
        files = sorted(file for one in folders for file in one.glob("*.*") if file.is_file())
        parts: Sequence[Any] = (
            version("sqlglot"),
            self._dialect,
            self._schema,
            sorted(self.tables),
            sorted(self.kept),
            *(query.sql() for query in self._given.tables().values()),
            *(file.read_bytes() for file in files),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _parts(self, name: str) -> Sequence[str]:
        return self._sql.make_qualified_table_name_path(name, quote=False)

    def _path(self, name: str) -> str:
        return self._sql.make_qualified_table_name(name)

    def _comments(self, view: View, end: str) -> Iterator[str]:
        path, escape = self._path(view.name), self._client.capabilities.escape_identifier
        yield f"COMMENT ON VIEW {path} IS {_literal(view.title + end)}"
        # DuckLake has comments on columns of tables only.
        on_columns = self._pipeline.destination.destination_type != "dlt.destinations.ducklake"
        for name in view.columns if on_columns else ():
            text = _literal(description_of(view, name))
            yield f"COMMENT ON COLUMN {path}.{escape(name)} IS {text}"

    def _execute(self, sql: str) -> None:
        self._sql.execute_sql(sql)


def _standing(marks: Mapping[str, str], mark: str) -> int | None:
    """Return how many views stand; None if they are not as they should be."""
    whole = set(marks.values()) == {f"{mark}, one of {len(marks)} views]"}
    return len(marks) if whole else None


def in_short(error: Exception) -> str:
    """Return what an error of a destination says, without the statement."""
    # SQLAlchemy repeats the statement.
    return " ".join(str(error).partition("[SQL:")[0].split())[:300]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
