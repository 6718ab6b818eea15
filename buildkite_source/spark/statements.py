"""The statements that make the tables of files, their latest rows and the metric views."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from buildkite_source.metrics import Given, View, statement
from buildkite_source.metrics.documentation import description_of
from buildkite_source.warehouse.latest import latest
from buildkite_source.warehouse.queries import located, text_of

from .files import FORMATS, Files

# Property that tells whether something is as it would be made now.
MARK = "buildkite_source.definition"
_DIALECT = "spark"
# A column's comment in Hive's metastore.
_LONGEST = 250


@dataclass(frozen=True, slots=True)
class Statement:
    """Makes a table or a view.

    Attributes:
        kind: TABLE or VIEW.
        path: Its name in the database.
        columns: Their definitions.
        rest: What comes after the columns and before the properties.
        query: Of a view.
    """

    kind: str
    path: str
    columns: str
    rest: str
    query: str = ""

    def sql(self, mark: str) -> str:
        """Return the statement, which leaves a mark on what it makes."""
        create = "CREATE OR REPLACE VIEW" if self.query else "CREATE TABLE"
        query = f" AS {self.query}" if self.query else ""
        properties = f" TBLPROPERTIES ('{MARK}' = '{mark}')"
        return f"{create} {self.path} ({self.columns}){self.rest}{properties}{query}"


def database(name: str) -> str:
    """Return the statement that makes the database."""
    return f"CREATE DATABASE IF NOT EXISTS {_quoted(name)}"


def table_of_files(files: Files, database: str) -> Statement:
    """Return what makes a table of all rows of all loads; its files stay where they are."""
    columns = ", ".join(
        f"{_quoted(name)} {kind}{_comment(text)}" for name, kind, text in files.columns
    )
    rest = (
        f" USING {FORMATS[files.ending]} "
        f"OPTIONS (recursiveFileLookup 'true', pathGlobFilter '*{files.ending}') "
        f"LOCATION {_literal(files.folder)}"
    )
    return Statement("TABLE", path(database, _name_of_files(files.table)), columns, rest)


def latest_rows(files: Files, database: str) -> Statement:
    """Return what makes the view of the rows of a table that count; none count without files."""
    if files.folder:
        name = _name_of_files(files.table)
        columns = [exp.column(column) for column, _, _ in files.columns]
        query = exp.select(*columns).from_(exp.to_table(name))
        latest(query, {name: files.key} if files.key else {})
        sql = text_of(located(query, lambda table: (database, table)), _DIALECT)
    else:
        nulls = ", ".join(
            f"CAST(NULL AS {kind}) AS {_quoted(name)}" for name, kind, _ in files.columns
        )
        sql = f"SELECT {nulls} WHERE FALSE"
    described = {name: text for name, _, text in files.columns}
    return _view(path(database, files.table), described, files.description, sql)


def metric_view(view: View, database: str, given: Given) -> Statement:
    """Return what makes a metric view."""
    described = {name: description_of(view, name) for name in view.columns}
    sql = statement(view, _DIALECT, lambda name: (database, name), given)
    return _view(path(database, view.name), described, view.title, sql)


def path(database: str, name: str) -> str:
    """Return a name in the database."""
    return f"{_quoted(database)}.{_quoted(name)}"


def _name_of_files(table: str) -> str:
    return f"{table}_files"


def _view(name: str, described: Mapping[str, str], title: str, sql: str) -> Statement:
    columns = ", ".join(f"{_quoted(one)}{_comment(text)}" for one, text in described.items())
    return Statement("VIEW", name, columns, _comment(title), sql)


def _comment(text: str) -> str:
    return f" COMMENT {_literal(text[:_LONGEST])}" if text else ""


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(_DIALECT)


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql(_DIALECT)
