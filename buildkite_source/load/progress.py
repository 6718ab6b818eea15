"""What happens in a run, counted: by dlt's own counters and by the session's events."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from dlt.common.runtime.collector_base import Collector

from buildkite_source.client import (
    DetailsBegun,
    DetailsRead,
    Event,
    ExportDayBegun,
    ExportsRead,
    FileAsked,
    GraphqlUsed,
    HintsRead,
    ListRead,
    PageFetched,
    RowRejected,
    Skipped,
    StateReplaced,
    Stopping,
    UnknownFields,
    Waiting,
)
from buildkite_source.tables import EVERY_TABLE

_STEPS = {"Extract": "fetching", "Normalize": "preparing", "Load": "loading"}
# These lists are asked for build by build: their progress is counted in builds.
_DETAILS = ("/annotations", "/artifacts", "/step-uploads", "/env", "/failed_executions")
THINGS = {"logs": "jobs", "job_env": "jobs", "failed_executions": "runs"}
_TABLES = frozenset(table.name for table in EVERY_TABLE)


class RunProgress(Collector):
    """Follows a run by dlt's own counters and the session's events, and shows nothing.

    Attributes:
        rows: Rows fetched by table.
        requests: Requests sent that were answered.
        left: Requests the budget still has this minute, or None before the first answer.
        unknown: Names of unknown fields by table.
        more: Whether history is left for another load, by build list.
        until: Up to when history was wanted.
        left_out: Builds that no pass returned and nobody asked for, by build list.
        standing: Blocked builds that were not read again, by build list.
        oldest: Creation time of the oldest build the API has, by build list, where more history
            was wanted.
        details: What was fetched of details in all, and what waits after the last load, by kind.
        skipped: Resources that this token may not read, by name.
        replaced: Why dlt's state was not used as it was found.
        rejected: Objects set aside in the table `rejected`.
        graphql: What was asked by GraphQL in all, or None.
        exports: What was read of build exports in all, or None.
        estimate: What the budget will make the list under way wait, in words, or "".
        stopping: The run was asked to stop.
        hinted: What became of the builds that events named: read, gone or left.
    """

    def __init__(self) -> None:
        self.step = ""
        self.rows: Counter[str] = Counter()
        self.requests = 0
        self.left: int | None = None
        self.unknown: dict[str, set[str]] = {}
        self.more: dict[str, bool] = {}
        self.until: list[datetime] = []
        self.left_out: dict[str, int] = {}
        self.standing: dict[str, int] = {}
        self.oldest: dict[str, datetime] = {}
        self.details: dict[str, DetailsRead] = {}
        self.graphql: GraphqlUsed | None = None
        self.exports: ExportsRead | None = None
        self.skipped: dict[str, Skipped] = {}
        self.replaced: dict[str, StateReplaced] = {}
        self.rejected: dict[RowRejected, None] = {}
        self.estimate = ""
        self.stopping = False
        self.hinted: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()

    def on_event(self, event: Event) -> None:
        """Take note of what the session tells."""
        if isinstance(event, PageFetched | FileAsked):
            self.requests += 1
            self.left = event.left
        if isinstance(event, PageFetched):
            self.estimate = (
                f"about {event.wait / 60:.0f} min of budget left to wait" if event.wait > 60 else ""
            )
            if not event.path.endswith(_DETAILS):
                self.page(event)
        elif isinstance(event, DetailsBegun):
            self.shown(event.kind, event.number, event.total, THINGS.get(event.kind, "builds"))
        elif isinstance(event, Waiting):
            self.waiting(event)
        elif isinstance(event, UnknownFields):
            self.unknown.setdefault(event.table, set()).update(event.names)
        elif isinstance(event, ListRead):
            self.more[event.scope] = event.more
            self.until.append(event.until)
            self.left_out[event.scope] = max(event.left_out, self.left_out.get(event.scope, 0))
            self.standing[event.scope] = max(event.standing, self.standing.get(event.scope, 0))
            if event.oldest:
                self.oldest[event.scope] = event.oldest
        elif isinstance(event, DetailsRead):
            done = self.details[event.kind].done if event.kind in self.details else 0
            self.details[event.kind] = replace(event, done=done + event.done)
        elif isinstance(event, HintsRead):
            self.hinted.update(read=event.read, gone=event.gone, left=event.left)
        elif isinstance(event, Skipped):
            self.skipped[event.resource] = event
        elif isinstance(event, GraphqlUsed):
            self.graphql = event + self.graphql if self.graphql else event
            self.requests += event.queries
        elif isinstance(event, StateReplaced):
            self.replaced[event.reason] = event
        elif isinstance(event, ExportDayBegun):
            self.shown("build exports", event.number, event.total, "dates")
        elif isinstance(event, ExportsRead):
            self.exports = event
        elif isinstance(event, RowRejected):
            self.rejected[event] = None
        elif isinstance(event, Stopping):
            self.stopping = True
            self.stop_asked()

    def update(
        self,
        name: str,
        inc: int = 1,
        total: int = None,  # type: ignore[assignment]
        inc_total: int = None,  # type: ignore[assignment]
        message: str = None,  # type: ignore[assignment]
        label: str = None,  # type: ignore[assignment]
    ) -> None:
        """Count rows and files; dlt calls this with table names or `Jobs`, and counts."""
        if label:
            return
        step = step_name(self.step)
        if name in _TABLES and step == "fetching":
            self.rows[name] += inc
        elif name in _TABLES and step == "preparing":
            self.moved(step, inc, self.rows.total())
        elif name == "Jobs":
            self.moved(step, inc, total or inc_total or 0)

    def moved(self, step: str, inc: int, total: int) -> None:
        """Show that a step got on: rows prepared, files loaded."""

    def page(self, event: PageFetched) -> None:
        """Show a page; counted here, as build lists go on with a page 1 of what is left."""
        number = self._pages[event.path] = max(self._pages[event.path] + 1, event.page)
        self.shown(short(event.path), number, number + event.last - event.page, "pages")

    def shown(self, name: str, number: int, total: int, unit: str) -> None:
        """Show how far a list or a kind of details has got."""

    def waiting(self, event: Waiting) -> None:
        """Show a wait."""

    def stop_asked(self) -> None:
        """Show that the run is about to stop."""

    def status(self) -> str:
        """Return one line: requests, budget and rows so far."""
        left = "" if self.left is None else f", {self.left} left this minute"
        counts = [(table.name, self.rows[table.name]) for table in EVERY_TABLE]
        rows = ", ".join(f"{count:,} {name}" for name, count in counts if count)
        return f"{self.requests:,} requests{left}" + (f"; {rows}" if rows else "")

    def _start(self, step: str) -> None:
        self.step = step
        self._pages.clear()

    def _stop(self) -> None:
        self.step = ""


def short(path: str) -> str:
    """Return a list's path without the parts that are always the same."""
    inner = path.partition("/organizations/")[2] or path.rpartition("/")[2]
    return inner.replace("/pipelines/", "/")


def step_name(step: str) -> str:
    """Return what a person calls a step of dlt's."""
    return _STEPS.get(step.partition(" ")[0], step)
