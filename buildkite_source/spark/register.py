"""Registers what is loaded into files in a Spark catalog, for notebooks, BI tools and jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from buildkite_source.answers.given import given_by
from buildkite_source.metrics import READS, Given, every_view, possible
from buildkite_source.printable import one_line
from buildkite_source.settings import Views, configured
from buildkite_source.warehouse.reader import Dataset, Reader

from . import statements
from .files import Files, files_of
from .session import SparkError
from .statements import Statement

# Of a reason.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Registered:
    """What `register` made.

    Attributes:
        database: Name of the database in Spark's catalog.
        tables: Names of tables of which the latest rows can be asked.
        views: Names of metric views.
        left_out: Tables and views that cannot be asked, and why.
    """

    database: str
    tables: tuple[str, ...]
    views: tuple[str, ...]
    left_out: Mapping[str, str]


def register(spark: Any, dataset: Dataset, given: Given | None = None) -> Registered:
    """Make a database with the latest rows of each table and all metric views in a Spark catalog.

    The files stay where the filesystem destination wrote them; what later loads add is seen at
    once. What is there already is replaced where it changed.

    Args:
        spark: A session; its catalog keeps what is made.
        dataset: Where the files are; its name becomes that of the database.
        given: What users set for the views; by default as the settings say.

    Raises:
        SparkError: Nothing is loaded yet, or into something other than files.
        Exception: Of Spark, when it cannot make the database or reach the files.
    """
    given = given or given_by(configured(Views))
    pipeline = Reader(dataset).open()
    # Into the reader's own folder.
    pipeline.sync_destination()
    if pipeline.first_run:
        raise SparkError(f"Nothing is loaded yet into the dataset {dataset.name}.")
    found, left_out = files_of(pipeline)
    if not any(files.folder for files in found):
        raise SparkError(f"There are no files in the dataset {dataset.name}.")
    catalog = _Catalog(spark, dataset.name)
    tables = catalog.make_tables(found, left_out)
    views = catalog.make_views(tables, left_out, given)
    return Registered(dataset.name, tuple(tables), tuple(views), left_out)


class _Catalog:
    def __init__(self, spark: Any, database: str) -> None:
        self._run: Callable[[str], Any] = spark.sql
        self._exists: Callable[[str], bool] = spark.catalog.tableExists
        self._database = database
        # Something was replaced, and so is what may read it.
        self._changed = False
        self._run(statements.database(database))

    def make_tables(self, found: list[Files], left_out: dict[str, str]) -> list[str]:
        """Make the tables of files and the views of their latest rows."""
        made = []
        for files in found:
            if files.folder:
                self._make_table(statements.table_of_files(files, self._database))
            if reason := self._refused(statements.latest_rows(files, self._database)):
                left_out[files.table] = reason
            else:
                made.append(files.table)
        return made

    def make_views(self, tables: list[str], left_out: dict[str, str], given: Given) -> list[str]:
        """Make the metric views, each after those it reads."""
        made: list[str] = []
        for view in possible(every_view(), tables):
            lacking = sorted(view.reads & left_out.keys())
            statement = statements.metric_view(view, self._database, given)
            if reason := f"{READS}{lacking[0]}" if lacking else self._refused(statement):
                left_out[view.name] = reason
                # One of an older version may stand.
                self._run(f"DROP VIEW IF EXISTS {statement.path}")
            else:
                made.append(view.name)
        return made

    def _make_table(self, statement: Statement) -> None:
        if self._stands(statement):
            # Later loads have added files.
            self._run(f"REFRESH TABLE {statement.path}")
            return
        # The files stay: they are not the table's own.
        self._run(f"DROP TABLE IF EXISTS {statement.path}")
        self._run(statement.sql(self._mark(statement)))
        self._changed = True

    def _refused(self, statement: Statement) -> str:
        """Make a view unless it stands; return why Spark does not take it, or nothing."""
        from pyspark.errors import AnalysisException, ParseException

        if self._stands(statement):
            return ""
        try:
            self._run(statement.sql(self._mark(statement)))
        except (AnalysisException, ParseException) as error:
            return one_line(str(error))[:_LONGEST]
        self._changed = True
        return ""

    def _stands(self, statement: Statement) -> bool:
        """Whether something is there as it would be made, and so is all that was made before."""
        if (self._changed and statement.kind == "VIEW") or not self._exists(statement.path):
            return False
        shown = self._run(f"SHOW TBLPROPERTIES {statement.path} ('{statements.MARK}')").collect()
        return bool(shown[0][1] == self._mark(statement))

    @staticmethod
    def _mark(statement: Statement) -> str:
        return sha256(statement.sql("").encode()).hexdigest()[:16]
