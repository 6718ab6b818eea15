"""Statements in our own SQL, on a connection to a destination."""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot import exp, parse_one

from buildkite_source.warehouse.dialects import translated
from buildkite_source.warehouse.queries import located, text_of

from .functions import DIALECT, spell_out

# Two ways of compressing texts that take two fifths of writing, for files a fifth smaller.
SLOW_COMPRESSIONS = "fsst,zstd"
# Rows may come in any order, from both cores.
# https://duckdb.org/docs/stable/configuration/overview
IN_BULK = {
    "preserve_insertion_order": False,
    "disabled_compression_methods": SLOW_COMPRESSIONS,
}


class Connection:
    """An open connection that is asked in DuckDB's SQL with the functions of docs/metrics.md.

    Args:
        client: Of the destination, open.
        temporary: Temporary tables, which are in no dataset.
        beside: Other names that are left as they are.
    """

    def __init__(
        self, client: SqlJobClientBase, temporary: Container[str], beside: Container[str]
    ) -> None:
        self._sql = client.sql_client
        self._temporary = temporary
        self._beside = beside
        self._dialect = client.capabilities.sqlglot_dialect or ""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return [tuple(row) for row in self._sql.execute_sql(self._text(sql)) or ()]

    def create(self, name: str, sql: str | exp.Query) -> None:
        """Make a table of what a query finds, in place of the one that stands.

        Args:
            name: Of a temporary table, or of one of the dataset.
            sql: In our SQL; or parsed and prepared.
        """
        for statement in self.creating(name, sql):
            self.execute(statement)

    def creating(self, name: str, sql: str | exp.Query) -> list[str]:
        """Return the statements of `create`."""
        kind = "TEMP TABLE" if name in self._temporary else "TABLE"
        path = self.path(name)
        return [f"DROP TABLE IF EXISTS {path}", f"CREATE {kind} {path} AS {self._text(sql)}"]

    def inserting(self, name: str, sql: str | exp.Query) -> str:
        """Return the statement that adds what a query finds to a table; see `create`."""
        return f"INSERT INTO {self.path(name)} {self._text(sql)}"

    def drop(self, name: str) -> None:
        """Take a table away if it is there."""
        self.execute(f"DROP TABLE IF EXISTS {self.path(name)}")

    def execute(self, sql: str, *values: Any) -> None:
        """Run a statement that is written for the destination; %s stands for a value."""
        self._sql.execute_sql(sql, *values)

    def transaction(self) -> Any:
        """Return a context in which all statements count, or none."""
        return self._sql.begin_transaction()

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Let DuckDB write many rows in less time and memory; see `IN_BULK`."""
        settings = IN_BULK if self._dialect == "duckdb" else {}
        before = {name: self.rows(f"SELECT current_setting('{name}')")[0][0] for name in settings}
        try:
            self._set(settings)
            yield
        finally:
            self._set(before)

    def _set(self, settings: Mapping[str, Any]) -> None:
        for name, value in settings.items():
            self.execute(f"SET {name} = '{value}'")

    def path(self, name: str) -> str:
        """Return the name of a table as statements have it."""
        return name if name in self._temporary else self._sql.make_qualified_table_name(name)

    def prepared(self, query: exp.Expr) -> exp.Expr:
        """Have a query read the tables where they are, and say what an engine lacks otherwise."""
        return located(translated(query, self._dialect), self._parts, beside=self)

    def __contains__(self, name: object) -> bool:
        return name in self._temporary or name in self._beside

    def _text(self, sql: str | exp.Query) -> str:
        if isinstance(sql, exp.Query):
            return text_of(sql, self._dialect)
        return text_of(self.prepared(spell_out(parse_one(sql, dialect=DIALECT))), self._dialect)

    def _parts(self, name: str) -> Sequence[str]:
        return self._sql.make_qualified_table_name_path(name, quote=False)
