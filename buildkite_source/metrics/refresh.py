"""Keeps heavy views as tables, and works out again what has changed since the last time."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot import exp

from .asking import Connection
from .changed import FOUND_PIPELINES, OF_PIPELINES, PIPELINES, TEMPORARY, Changed
from .materialized import (
    LEDGER,
    batch_of,
    counted_first,
    delete_of_changed,
    marks_of,
    of_changed,
    table_of,
)
from .views import Given, View, every_view, view_names, with_given, with_views

# Builds that are worked out at a time: the memory it takes does not grow with the history.
BUILDS_AT_A_TIME = 100_000
# How many rows these have, and when the newest was fetched, says whether any has changed.
SOURCES = ("builds", "jobs", "job_logs")
STATE = "materialized_state"
_ALL = "*"

# How far it is: builds that are done, and all.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """What a table held when views were kept from it: rows, and when the newest was fetched."""

    rows: int
    until: Any


class Materialized:
    """The views of a dataset that are kept as tables.

    Its own table has a row for each of them, with the mark of its definition and whether it is
    whole; one for each source; and one for all, with what changes whenever a view does.

    Args:
        client: Of a destination with transactions and temporary tables, open.
        given: What users set for the views.
        columns: Columns of each table of the dataset.
        mark: Changes whenever a view or what users set does.
    """

    def __init__(
        self,
        client: SqlJobClientBase,
        given: Given,
        columns: Mapping[str, Collection[str]],
        mark: str,
    ) -> None:
        self._to = Connection(client, TEMPORARY, view_names())
        self._given = given
        self._columns = columns
        self._mark = mark
        self._marks: dict[str, str] = {}
        self._whole: set[str] = set()
        self._known: dict[str, Source] = {}
        ((_, stands),) = client.get_storage_tables([STATE])
        if stands:
            self._read()

    @cached_property
    def _sources(self) -> dict[str, Source]:
        """What the tables hold; found once, before anything is worked out from them."""
        return {
            name: Source(*self._to.rows(f"SELECT count(*), max(fetched_at) FROM {name}")[0])
            for name in SOURCES
            if name in self._columns
        }

    @property
    def jobs(self) -> int:
        """Number of jobs; most heavy views have a row for each of them."""
        return self._sources["jobs"].rows if "jobs" in self._sources else 0

    @property
    def kept(self) -> frozenset[str]:
        """Names of the views whose tables are whole."""
        return frozenset(self._whole - {_ALL})

    def is_up_to_date(self) -> bool:
        """Whether there is nothing to do; without a look at the views, which takes longer."""
        return (
            self._marks.get(_ALL) == self._mark
            and self._known == self._sources
            and not self._differ(OF_PIPELINES, f"SELECT * FROM {PIPELINES}")
            and not self._differ(f"SELECT * FROM {PIPELINES}", OF_PIPELINES)
        )

    def _differ(self, one: str, other: str) -> bool:
        return bool(self._to.rows(f"SELECT 1 FROM ({one} EXCEPT {other}) AS more LIMIT 1"))

    @property
    def all(self) -> frozenset[str]:
        """Names of the views that have a table, whole or begun."""
        return frozenset(self._marks.keys() - {_ALL})

    def outdated(self, views: Sequence[View]) -> frozenset[str]:
        """Return the names of kept views that are of another definition, or not to be kept."""
        marks = marks_of(views, self._given)
        found = {name for name in self.all if self._marks[name] != marks.get(name)}
        # Nothing is known without the first.
        return self.all if LEDGER in found else frozenset(found)

    def drop(self, names: Collection[str]) -> None:
        """Take tables away, which no view reads any more; with the first, all that is known."""
        with self._to.transaction():
            for name in names:
                self._to.drop(table_of(name))
                self._note(name, None)
            if LEDGER in names:
                self._to.drop(STATE)
                self._to.drop(PIPELINES)
        if LEDGER in names:
            self._marks, self._whole, self._known = {}, set(), {}
        else:
            self._read()

    def refresh(self, views: Sequence[View], tell: Tell) -> int:
        """Bring the tables up to date, and make those that do not stand.

        What is done is kept batch by batch: if it is interrupted, the next time goes on there.

        Args:
            views: All that are to be kept, each after those it reads; no table is of another
                definition.
            tell: Hears how far it is.

        Returns:
            How many builds were worked out again.
        """
        # What comes while it is worked out is for the next time.
        _ = self._sources
        is_new = LEDGER not in self._marks
        if is_new:
            self._begin(views)
        missing = {view.name for view in views} - self._marks.keys()
        changed = Changed(self._to, self._columns, BUILDS_AT_A_TIME)
        with self._to.in_bulk(), closing(changed):
            standing = [view for view in views if view.name not in missing]
            changed.find(self._since())
            done = self._work(changed, standing, standing, tell, are_new=is_new)
            if missing:
                made = [view for view in views if view.name in missing]
                for view in made:
                    self._make(view)
                changed.find_all()
                done += self._work(changed, made, views, tell, are_new=True)
            self._note(_ALL, self._mark)
            self._read()
            return done

    def _since(self) -> dict[str, str]:
        """Return what is new of jobs and logs, which may have come without their build."""
        return {
            name: f"fetched_at > '{source.until.isoformat()}'" if source.until else "TRUE"
            for name, source in self._known.items()
            if name != "builds" and name in self._sources
        }

    def _begin(self, views: Sequence[View]) -> None:
        """Make all tables, empty; from now on each batch counts."""
        with self._to.transaction():
            self._to.drop(STATE)
            self._to.execute(
                f"CREATE TABLE {self._to.path(STATE)} (name VARCHAR, mark VARCHAR, whole BOOLEAN, "
                "fetched_rows BIGINT, fetched_until TIMESTAMP WITH TIME ZONE)"
            )
            self._to.create(PIPELINES, OF_PIPELINES)
            for view in views:
                self._make(view)
            for name, mark in marks_of(views, self._given).items():
                self._note(name, mark, whole=False)
            self._note_sources()
        self._read()

    def _make(self, view: View) -> None:
        query = with_views(with_given(view, self._given), self._given, self._to.prepared)
        none = exp.select("*").from_(query.subquery("found")).where(exp.false())
        self._to.create(table_of(view), none)

    def _work(
        self,
        changed: Changed,
        views: Sequence[View],
        kept: Sequence[View],
        tell: Tell,
        *,
        are_new: bool,
    ) -> int:
        """Work out what has changed of some views, of which those that are kept may be read.

        Where their tables are new, there is nothing to be replaced, as no unit is in two batches.
        """
        batches = changed.batches()
        total, done = sum(builds for _, builds in batches), 0
        names = frozenset(view.name for view in kept)
        replace = list(self._replacing(views, names, are_new=are_new)) if batches else []
        if total:
            tell(done, total)
        for batch, builds in batches:
            with self._to.transaction():
                changed.take(batch, views)
                for statement in replace:
                    self._to.execute(statement)
            done += builds
            tell(done, total)
        with self._to.transaction():
            self._finish(views)
        self._read()
        return done

    def _replacing(
        self, views: Sequence[View], kept: frozenset[str], *, are_new: bool
    ) -> Iterator[str]:
        """Yield what replaces the rows of the views."""
        read = frozenset().union(*(view.reads for view in self._brought(views)))
        first = counted_first(views, kept)
        fresh = frozenset(view.name for view in (*views, *first) if view.name in read)
        for view in first:
            query = of_changed(view, self._given, kept, fresh - {view.name}, self._to.prepared)
            yield from self._to.creating(batch_of(view.name), query)
        for view in views:
            table = table_of(view)
            query = of_changed(view, self._given, kept, fresh, self._to.prepared)
            if not are_new:
                yield delete_of_changed(view, self._to.path(table))
            if view.name in fresh:
                # Others need them as well, and would look for them among all rows.
                rows = batch_of(view.name)
                yield from self._to.creating(rows, query)
                yield self._to.inserting(table, f"SELECT * FROM {rows}")
            else:
                yield self._to.inserting(table, query)

    def _brought(self, views: Sequence[View]) -> Iterator[View]:
        """Yield views, and those that they bring along as they are not kept."""
        needed = {view.name for view in views}
        for view in reversed(every_view()):
            if view.name in needed:
                yield view
                needed |= {name for name in view.reads if name in view_names()}

    def _finish(self, views: Sequence[View]) -> None:
        for name, mark in marks_of(views, self._given).items():
            self._note(name, mark)
        self._note_sources()
        self._to.create(PIPELINES, f"SELECT * FROM {FOUND_PIPELINES}")

    def _note_sources(self) -> None:
        for name, source in self._sources.items():
            self._note(name, "", source=source)

    def _note(
        self, name: str, mark: str | None, *, whole: bool = True, source: Source | None = None
    ) -> None:
        """Take note of a view or source; with no mark, that there is none."""
        path = self._to.path(STATE)
        self._to.execute(f"DELETE FROM {path} WHERE name = %s", name)
        if mark is not None:
            rows, until = (source.rows, source.until) if source else (None, None)
            self._to.execute(
                f"INSERT INTO {path} VALUES (%s, %s, %s, %s, %s)",
                name,
                mark,
                whole,
                rows,
                until,
            )

    def _read(self) -> None:
        self._marks, self._whole, self._known = {}, set(), {}
        for name, mark, whole, rows, until in self._to.rows(f"SELECT * FROM {STATE}"):
            if mark:
                self._marks[name] = mark
            else:
                self._known[name] = Source(rows, until)
            if mark and whole:
                self._whole.add(name)
