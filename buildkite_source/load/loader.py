"""One dlt load of some tables, with the settings of the run and its own."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dlt import Pipeline
from dlt.common.schema.typing import TTableFormat
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_source.client import BuildkiteError, BuildkiteSession
from buildkite_source.exports.reader import ExportReader
from buildkite_source.graphql import GraphqlClient
from buildkite_source.source import buildkite_source

from .advice import causes
from .choice import CATALOG, Choice
from .comments import comment
from .details import DETAIL_NAMES
from .guards import stop_on_interrupt
from .journal import missing_tables
from .table_format import run_source


class Loader:
    """Loads tables of the source, and counts their rows.

    Args:
        pipeline: Where to.
        session: Sends every request.
        graphql: Likewise, by GraphQL; None without.
        choice: Tables that were asked for: those that came with a group may be left out.
        given: Settings of the source in place of the configured ones.

    Attributes:
        rows: Rows loaded so far, by table.
        table_format: How tables are kept in files; None for plain ones.
        describe_all: The next load describes every table, not those alone that it has changed.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        session: BuildkiteSession,
        graphql: GraphqlClient | None,
        choice: Choice,
        given: Mapping[str, Any],
    ) -> None:
        self.rows: Counter[str] = Counter()
        self.table_format: TTableFormat | None = None
        self.describe_all = False
        self._pipeline = pipeline
        self._session = session
        self._graphql = graphql
        self._choice = choice
        self._given = given

    def load(
        self,
        names: Iterable[str],
        settings: Mapping[str, Any],
        exports: ExportReader | None = None,
    ) -> None:
        """Load some tables.

        Args:
            names: Of the tables' resources.
            settings: For this load alone.
            exports: What goes on with build exports.

        Raises:
            BuildkiteError: The API refused, or could not be reached.
            PipelineStepFailed: Of dlt, when the destination fails.
        """
        names = tuple(names)
        given = {
            "optional": list(self._choice.optional) or None,
            "catalog": [name for name in names if name in (*DETAIL_NAMES, *CATALOG)],
            **self._given,
            **{name: value for name, value in settings.items() if value is not None},
        }
        source = buildkite_source(
            session=self._session,
            graphql=self._graphql,
            exports=exports,
            base_url=self._session.base_url,
            **given,
        )
        chosen = source.with_resources(*names)
        has_details = not set(names).isdisjoint(DETAIL_NAMES)
        for table in missing_tables(self._pipeline, details=has_details):
            chosen.resources.add(table)
        try:
            with stop_on_interrupt(self._session):
                run_source(self._pipeline, chosen, self.table_format)
        except PipelineStepFailed as error:
            # What is ours says what to do; dlt wraps it.
            for cause in causes(error):
                if isinstance(cause, BuildkiteError):
                    raise cause from cause.__cause__
            raise
        trace = self._pipeline.last_trace
        if trace and trace.last_normalize_info:
            self.rows.update(trace.last_normalize_info.row_counts)
        comment(self._pipeline, every_table=self.describe_all)
        self.describe_all = False
