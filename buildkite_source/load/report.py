"""The report at the end of a run."""

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from dlt import Pipeline
from dlt.common.destination.client import (
    DestinationClientConfiguration,
    DestinationClientDwhConfiguration,
)
from dlt.common.schema import Schema

from buildkite_source.client import (
    BuildkiteSession,
    DetailsRead,
    ExportsRead,
    GraphqlUsed,
    RowRejected,
    Skipped,
)
from buildkite_source.tables import EVERY_TABLE, Table
from buildkite_source.warehouse.latest import appended
from buildkite_source.warehouse.stored import schema_of

from .exports import exports_lines
from .progress import THINGS, RunProgress

_NOT_USED = "What earlier loads left in dlt's state was not used as it was"
# Rejected objects named in a report.
_SHOWN = 10


@dataclass(slots=True)
class Report:
    """What a run did.

    Attributes:
        rows: Rows loaded by table.
        requests: Requests sent, failed ones and retries too.
        waited: Seconds slept for the request budget.
        retried: Requests repeated after a failure.
        limited: 429 answers met.
        seconds: Wall time of the run.
        unknown: Fields the reference does not know, by table; they are kept in `extra`.
        lost_left_out: Unsettled builds that were not asked for, to keep to the bound.
        blocked_left_out: Builds that stand blocked and were not read again, likewise.
        oldest: Creation time of the oldest build the API has, by build list, where more history
            was wanted.
        graphql: What was asked by GraphQL, or None.
        exports: What was read of build exports, or None.
        skipped: Resources that this token may not read.
        details: What was fetched of details and what waits, by kind.
        a_minute: Requests that the budget allows a minute, as far as is known.
        stopped: The run was ended by Ctrl-C after what it had read was loaded.
        secrets_left_out: Columns left out because they may hold credentials.
        hinted: What became of the builds that events named, by number: read, gone, left to the next
            ordinary run; empty without events.
        mended: What was found damaged or changed before the run, and what became of it.
        rejected: Objects that lack what their table cannot be without; in the table `rejected`.
        appends: The destination cannot merge.
        views: What became of the metric views; "" when they were there already.
        place: Where the data lies.
        next_command: What to type next.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    waited: float = 0.0
    retried: int = 0
    limited: int = 0
    seconds: float = 0.0
    unknown: Mapping[str, set[str]] = field(default_factory=dict)
    lost_left_out: int = 0
    blocked_left_out: int = 0
    oldest: Mapping[str, datetime] = field(default_factory=dict)
    graphql: GraphqlUsed | None = None
    exports: ExportsRead | None = None
    skipped: list[Skipped] = field(default_factory=list)
    details: list[DetailsRead] = field(default_factory=list)
    a_minute: int | None = None
    stopped: bool = False
    secrets_left_out: list[str] = field(default_factory=list)
    hinted: Mapping[str, int] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    rejected: list[RowRejected] = field(default_factory=list)
    appends: bool = False
    views: str = ""
    place: str = ""
    next_command: str = ""

    def _details(self, read: DetailsRead) -> str:
        things = THINGS.get(read.kind, "builds")
        line = f"Fetched {read.kind} of {read.done:,} {things}"
        if not read.waiting:
            return f"{line}; none waits."
        minutes = len(read.waiting) / self.a_minute if self.a_minute else 0
        pace = f", about {minutes:,.0f} min at this budget" if minutes >= 1 else ""
        return f"{line}; {len(read.waiting):,} wait for the next run ({read.reason}{pace})."

    def _set_aside(self) -> Iterator[str]:
        if self.rejected:
            yield f"Set aside in the table rejected, as unusable: {len(self.rejected):,}:"
            yield from (
                f"  {one.table} with {one.reason}: {one.place}" for one in self.rejected[:_SHOWN]
            )
        if len(self.rejected) > _SHOWN:
            yield f"  and {len(self.rejected) - _SHOWN:,} more"

    def asdict(self) -> dict[str, Any]:
        """Return everything as numbers, texts, lists and dicts, such as JSON has; times in UTC."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_plain))
        return plain

    def __str__(self) -> str:
        """Return the report as a few lines."""
        width = max((len(name) for name in self.rows), default=0)
        lines = [f"Loaded in {self.seconds:.1f} s:"]
        lines += [f"  {name:<{width}}  {count:>9,} rows" for name, count in self.rows.items()]
        lines.append(
            f"Requests: {self.requests:,}, of which {self.retried} were retries; "
            f"waited {self.waited:.0f} s for the budget; {self.limited} times rate limited."
        )
        if self.exports:
            lines += exports_lines(self.exports)
        if self.hinted:
            lines.append(
                "Builds that events named: {read:,} read, {gone:,} not there any more, {left:,} "
                "left to the next sync.".format(**self.hinted)
            )
        lines += self.mended
        lines += self._set_aside()
        if self.secrets_left_out:
            names = ", ".join(self.secrets_left_out)
            lines.append(f"Left out, as it may hold credentials (include_secrets): {names}.")
        for table, unknown in self.unknown.items():
            fields = ", ".join(sorted(unknown))
            lines.append(f"Unknown fields, kept in {table}.extra: {fields}.")
        if self.appends:
            lines.append(
                "This destination only appends: of rows with the same id, the one with the latest "
                "fetched_at counts."
            )
        if self.lost_left_out:
            lines.append(
                f"Left for a later run: {self.lost_left_out:,} unsettled builds that no list "
                "returned (lost_requests bounds the requests for them)."
            )
        if self.blocked_left_out:
            lines.append(
                f"Not read again: {self.blocked_left_out:,} older builds that stand blocked "
                "(blocked_requests bounds the requests for them, once a day)."
            )
        lines += [self._details(read) for read in self.details]
        if self.graphql:
            lines.append(
                f"Annotations of {self.graphql.builds:,} builds came in {self.graphql.queries:,} "
                f"GraphQL requests ({self.graphql.points:,} points)."
            )
            if self.graphql.left:
                lines.append(f"GraphQL was given up for REST: {self.graphql.left}")
        for one in self.skipped:
            scope = f", which needs the scope {one.scope}" if one.scope else ""
            lines.append(f"Left out: {one.resource}{scope} ({one.reason}).")
        for scope, oldest in self.oldest.items():
            lines.append(
                f"Buildkite has no builds of {scope} from before {oldest:%Y-%m-%d %H:%M} UTC: it "
                "keeps them for 30, 90 or 365 days, by plan."
            )
        if self.stopped:
            lines.append("Stopped on request; what was read is loaded. Run again to go on.")
        if self.views:
            lines.append(self.views)
        lines += [f"Data: {self.place}", f"Next: {self.next_command}"]
        return "\n".join(lines)


def report_of(
    pipeline: Pipeline,
    session: BuildkiteSession,
    progress: RunProgress,
    *,
    config: DestinationClientConfiguration | None,
    rows: Mapping[str, int],
    tables: Collection[str],
    **figures: Any,
) -> Report:
    """Return the report of a run that has ended.

    Args:
        pipeline: Where it has loaded to.
        session: What it has asked.
        progress: What it has heard.
        config: Settings of the destination, if they are known.
        rows: Rows loaded by table.
        tables: Names of the tables it was to load.
        figures: Further fields of the report.
    """
    stats, schema = session.budget.stats, schema_of(pipeline)
    stored = schema.tables if schema else {}
    loaded = [table for table in EVERY_TABLE if table.name in tables and table.name in stored]
    replaced = (f"{_NOT_USED}: {reason}." for reason in progress.replaced)
    return Report(
        rows={table.name: rows.get(table.name, 0) for table in loaded},
        waited=stats.waited,
        retried=session.stats.retried,
        limited=stats.limited,
        unknown=progress.unknown,
        secrets_left_out=[
            f"{table.name}.{column.name}"
            for table in loaded
            for column in table.columns
            if column.secret and column.name not in stored[table.name]["columns"]
        ],
        lost_left_out=sum(progress.left_out.values()),
        blocked_left_out=sum(progress.standing.values()),
        oldest=progress.oldest,
        graphql=progress.graphql,
        exports=progress.exports,
        skipped=list(progress.skipped.values()),
        hinted=dict(progress.hinted),
        mended=[*figures.pop("mended", ()), *replaced],
        rejected=list(progress.rejected),
        details=list(progress.details.values()),
        a_minute=session.budget.a_minute(),
        stopped=session.budget.stopped,
        appends=schema is not None and _appends(pipeline, schema, loaded),
        place=location_of(pipeline, config),
        next_command=f"dlt pipeline {pipeline.pipeline_name} info",
        **figures,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    return value.astimezone(UTC).isoformat()


def location_of(pipeline: Pipeline, config: DestinationClientConfiguration | None = None) -> str:
    """Return where a pipeline's data lies, without credentials.

    Args:
        pipeline: Its destination and dataset.
        config: Settings of the destination, if they are known.
    """
    config = config or pipeline.destination_client().config
    database = getattr(getattr(config, "credentials", None), "database", None)
    where = database if pipeline.destination.destination_name == "duckdb" else str(config)
    name = pipeline.dataset_name
    schema = schema_of(pipeline)
    if schema and isinstance(config, DestinationClientDwhConfiguration):
        # Many destinations take fewer characters than a name may have.
        name = config.normalize_dataset_name(schema) or name
    return f"dataset {name} in {where}"


def lies_in(pipeline: Pipeline, folder: str) -> bool:
    """Whether the destination's files lie in a folder of this machine."""
    return f"{folder}{os.sep}" in location_of(pipeline)


def _appends(pipeline: Pipeline, schema: Schema, tables: Sequence[Table]) -> bool:
    """Whether the destination cannot merge these tables, as plain files cannot."""
    added_to = appended(schema, pipeline.destination.capabilities())
    return any(table.name in added_to for table in tables)
