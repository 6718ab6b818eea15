"""The views as they are written: SQL files with their definition as a comment."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from sqlglot import exp, parse_one

from buildkite_source.defaults import OPEN_DAYS
from buildkite_source.warehouse.dialects import translated
from buildkite_source.warehouse.queries import PathOf, located, tables_of, text_of

from .functions import DIALECT, spell_out

BY_STATE = "by_state"

_COLUMN = re.compile(r"  (\w+): (.+)")
# The view of the spans that others compare.
_WINDOWS = "metric_windows"


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    Attributes:
        name: Name in the dataset, and of its file.
        title: What it shows, in a sentence.
        definition: How the figures are defined: the paragraphs of the comment.
        grain: What one row is.
        key: Columns that no two rows share; True for those that may be NULL.
        unit: Columns of what its rows are kept by where it is kept as a table; none if it is not.
        described: Descriptions of the columns that the comment explains.
        sql: The query as it is written.
        query: The query with the functions of ours spelled out; never changed.
        reads: Names of the tables and views it reads: known once, as whoever makes views asks for
            them again and again.
    """

    name: str
    title: str
    definition: tuple[str, ...]
    grain: str
    key: Mapping[str, bool]
    unit: tuple[str, ...]
    described: Mapping[str, str]
    sql: str
    query: exp.Query
    reads: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.query.named_selects)


@dataclass(frozen=True, slots=True)
class Given:
    """What users set for the views.

    Attributes:
        queue_prices: Price of an hour of agent time, by queue.
        deploying_pipelines: Slugs of pipelines whose builds deploy, beside those tagged `deploy`.
        blocked_builds: What builds that stand at a block step count as: `by_state` or `open`.
        blocked_builds_by_pipeline: The same for some pipelines, by slug.
        open_days: Builds created earlier are not followed by loads.
    """

    queue_prices: Mapping[str, float] = field(default_factory=dict)
    deploying_pipelines: Sequence[str] = ()
    blocked_builds: str = BY_STATE
    blocked_builds_by_pipeline: Mapping[str, str] = field(default_factory=dict)
    open_days: int = OPEN_DAYS

    def tables(self) -> dict[str, exp.Query]:
        """Return the tables that views read them from, as queries."""
        return {
            "given_queue_prices": _rows(
                {"queue": "TEXT", "price_per_hour": "DOUBLE"}, sorted(self.queue_prices.items())
            ),
            "given_deploying_pipelines": _rows(
                {"slug": "TEXT"}, [(slug,) for slug in sorted(self.deploying_pipelines)]
            ),
            # No slug is an asterisk.
            "given_blocked_builds": _rows(
                {"slug": "TEXT", "counts": "TEXT"},
                [("*", self.blocked_builds), *sorted(self.blocked_builds_by_pipeline.items())],
            ),
            "given_limits": _rows({"open_days": "BIGINT"}, [(self.open_days,)]),
        }


@cache
def given_names() -> frozenset[str]:
    """Return the names of the tables that views read what users set from."""
    return frozenset(Given().tables())


@cache
def view_names() -> frozenset[str]:
    """Return the names of all views, of which none is read."""
    return frozenset(file.stem for file in Path(__file__).parent.glob("*.sql"))


@cache
def every_view() -> tuple[View, ...]:
    """Return all views, each after those it reads."""
    views = {file.stem: _read(file) for file in sorted(Path(__file__).parent.glob("*.sql"))}
    order = TopologicalSorter(
        {name: sorted(view.reads & views.keys()) for name, view in views.items()}
    )
    return tuple(views[name] for name in order.static_order())


def possible(
    views: Iterable[View], tables: Container[str], *, without: Container[str] = ()
) -> Iterator[View]:
    """Yield those of the views, in their order, that read only what is there.

    Args:
        views: In the order of `every_view`.
        tables: Tables of the dataset; some appear only when they are wanted.
        without: Views that cannot be made.
    """
    made = set(given_names())
    for view in views:
        if view.name in without:
            continue
        if all(name in made or name in tables for name in view.reads):
            made.add(view.name)
            yield view


def statement(view: View, dialect: str, path: PathOf, given: Given) -> str:
    """Return the query of a view for a destination.

    Args:
        view: The view.
        dialect: The destination's dialect, as sqlglot names it.
        path: Where tables and views lie there.
        given: What users set.
    """
    query = located(translated(with_given(view, given), dialect), path)
    return text_of(query, dialect, pretty=True)


def with_views(
    query: exp.Query,
    given: Given,
    prepare: Callable[[exp.Expr], exp.Expr],
    *,
    standing: Container[str] = (),
) -> exp.Query:
    """Return a query that brings the views it reads along, for where none are kept.

    Args:
        query: With the functions of ours spelled out; it is changed.
        given: What users set.
        prepare: What is to be done to the query, and to that of each view, on their own: names of
            tables are not those of others' WITH then.
        standing: Views that are not brought along.
    """
    views = {view.name: view for view in every_view() if view.name not in standing}
    needed = {table.name for table in tables_of(query)} & views.keys()
    for view in reversed(views.values()):
        if view.name in needed:
            needed |= view.reads & views.keys()
    prepare(query)
    # The first to be written is to be the last to be put in front.
    for view in reversed(views.values()):
        if view.name in needed:
            query = _in_front(query, view.name, prepare(with_given(view, given)))
    return query


def _in_front(query: exp.Query, name: str, part: exp.Expr) -> exp.Query:
    # sqlglot forgets the word otherwise.
    recursive = bool(query.ctes and query.args["with_"].recursive)
    whole = query.with_(name, as_=part, append=True, recursive=recursive, copy=False)
    parts = whole.args["with_"].expressions
    parts.insert(0, parts.pop())
    return whole


def with_given(view: View, given: Given) -> exp.Query:
    """Return the query of a view with what users set in it."""
    query = view.query.copy()
    if view.reads.isdisjoint(given_names()):
        return query
    values = given.tables()
    for table in tables_of(query):
        if table.name in values:
            table.replace(values[table.name].subquery(table.alias or table.name, copy=False))
    return query


def compared(query: exp.Query, windows: exp.Query) -> exp.Query:
    """Return a query on views named *_windows so that they compare other spans than their own.

    Args:
        query: With the functions of ours spelled out; it is changed.
        windows: A query with the columns of `metric_windows`.
    """
    views = {view.name: view for view in every_view()}
    for table in tables_of(query):
        if table.name == _WINDOWS:
            meant = windows.copy()
        elif table.name in views and _WINDOWS in views[table.name].reads:
            meant = compared(views[table.name].query.copy(), windows)
        else:
            continue
        table.replace(meant.subquery(table.alias or table.name, copy=False))
    return query


def _read(file: Path) -> View:
    text = file.read_text(encoding="utf-8")
    comment = [line[3:] for line in text.splitlines() if line.startswith("--")]
    sql = "\n".join(text.splitlines()[len(comment) :])
    grain = next(number for number, line in enumerate(comment) if line.startswith("Grain: "))
    paragraphs = "\n".join(comment[:grain]).strip().split("\n\n")
    title, *definition = (" ".join(paragraph.split()) for paragraph in paragraphs)
    heading = _heading(comment[grain : comment.index("Columns:")])
    kept = heading.get("Materialized", "").removeprefix("by ")
    query = spell_out(parse_one(sql, dialect=DIALECT)).transform(_without_list)
    return View(
        name=file.stem,
        title=title,
        definition=tuple(definition),
        grain=heading["Grain"],
        key=_key(heading["Key"]),
        unit=tuple(kept.split(", ")) if kept else (),
        described={
            found[1]: found[2]
            for line in comment[grain + 1 :]
            if (found := _COLUMN.fullmatch(line))
        },
        sql=sql,
        query=query,
        reads=frozenset(table.name for table in tables_of(query)),
    )


def _heading(lines: Iterable[str]) -> dict[str, str]:
    """Return what is said before the columns, such as `Grain: build`; lines may be continued."""
    found = re.split(r"\n(?=[A-Z])", "\n".join(lines))
    return {
        name: " ".join(text.split()) for name, _, text in (one.partition(": ") for one in found)
    }


def _key(names: str) -> dict[str, bool]:
    return {name.rstrip("?"): name.endswith("?") for name in names.split(", ")}


def _without_list(node: exp.Expr) -> exp.Expr:
    """Return comparisons in place of a list of constants.

    DuckDB joins the list, which takes it thrice the time, and leaves out no join beside it of
    which nothing is asked.
    """
    if not isinstance(node, exp.In) or not node.expressions:
        return node
    equal = [node.this.copy().eq(constant) for constant in node.expressions]
    return exp.paren(exp.or_(*equal, copy=False), copy=False)


def _rows(columns: Mapping[str, str], rows: Iterable[tuple[object, ...]]) -> exp.Query:
    """Return a query of constant rows; of none, when there are none."""
    typed = [exp.cast(exp.null(), kind).as_(name) for name, kind in columns.items()]
    query: exp.Query = exp.select(*typed).where(exp.false())
    for row in rows:
        values = [
            exp.cast(exp.convert(value), kind).as_(name)
            for value, (name, kind) in zip(row, columns.items(), strict=True)
        ]
        query = exp.union(query, exp.select(*values), distinct=False)
    return query
