"""How a page looks: heading, figures, sections; and what it says when there is nothing."""

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import marimo as mo
import pandas as pd

from buildkite_source.answers.answer import Answer
from buildkite_source.answers.numbers import NOTHING, absent, count, difference, duration
from buildkite_source.answers.questions import Warehouse
from buildkite_source.warehouse.reader import Dataset
from buildkite_source.warehouse.snapshot import BusyError

from . import filters
from .dataset import dataset_of
from .vega import finished

_LOAD = "uv run pipelines/buildkite_pipeline.py"


def opened(arguments: Mapping[str, Any], *others: filters.Name) -> tuple[Warehouse, Any, Any]:
    """Return the warehouse, the control of the organization, and the other controls.

    Args:
        arguments: What follows `--` on marimo's command line.
        others: Which other controls the page has, all unless told.
    """
    warehouse = _warehouse(arguments)
    return warehouse, filters.organizations(warehouse), filters.others(*others)


def loaded_now(arguments: Mapping[str, Any], tick: str) -> Warehouse:
    """Return the warehouse as it is at a tick of a control that refreshes.

    The controls stay those of the warehouse that the page was opened with, and keep what was
    chosen.
    """
    del tick  # Whoever names it is run again with it.
    return _warehouse(arguments)


def top(
    title: str,
    question: str,
    chosen: filters.Chosen,
    organization: Any,
    pipeline: Any,
    others: Any,
    *more: Any,
) -> Any:
    """Return the top of a page: what it asks, of when the data is, and the row of controls."""
    answer = chosen.ask("SELECT max(as_of) AT TIME ZONE :zone AS as_of FROM metric_clock")
    as_of = answer.rows["as_of"][0]
    heading = mo.Html(
        f"<h1 style='margin:0;font-size:1.6rem;font-weight:700'>{_text(title)}</h1>"
        f"<p style='margin:.3rem 0 0;opacity:.75'>{_text(question)} "
        f"Data of {as_of:%Y-%m-%d %H:%M} ({_text(chosen.zone)}).</p>"
    )
    shown = [organization, pipeline, *others.elements.values(), *more]
    return mo.vstack([heading, mo.hstack(shown, justify="start", wrap=True, gap=1.5)])


def figure(
    label: str,
    value: str,
    *,
    n: str = "",
    before: str = "",
    change: Any = None,
    more_is: Literal["better", "worse"] = "better",
) -> Any:
    """Return one figure, with what it is made of and what it was before.

    Args:
        label: Its name.
        value: As people read it.
        n: Of how many things it is made.
        before: Its value in the window before.
        change: Difference to it, for the arrow; None where more is neither better nor worse.
        more_is: The colour of the arrow.
    """
    caption = " · ".join(part for part in (n, f"was {before}" if before else "") if part)
    direction: Any = None
    # What reads the same is the same to a reader: "15 min, was 15 min" points nowhere.
    reads_same = before.partition(", n = ")[0] == value
    if change and not reads_same and not absent(change):
        direction = "increase" if change > 0 else "decrease"
    target: Any = "increase" if more_is == "better" else "decrease"
    return mo.stat(value, label, caption or None, direction, bordered=True, target_direction=target)


def age(chosen: filters.Chosen) -> Any:
    """Return how old the data is: since changes were followed, or a build was last read."""
    answer = chosen.of(pipelines=False, branches=False).ask("""
        SELECT max(read_at) AS read_at
        FROM (
          SELECT as_of AS read_at FROM metric_clock WHERE :chosen
          UNION ALL SELECT run_at AS read_at FROM slices WHERE :chosen
        ) AS known
    """)
    read = answer.in_utc().rows["read_at"][0]
    seconds = (datetime.now(UTC) - read.to_pydatetime()).total_seconds()
    return figure("Age of the data", duration(max(seconds, 0)), n=f"read {read:%H:%M:%S} UTC")


def compared(
    label: str,
    form: Callable[[Any], str],
    now: tuple[Any, Any],
    before: tuple[Any, Any],
    *,
    of: str = "",
    more_is: Literal["better", "worse"] | None = None,
) -> Any:
    """Return a figure beside that of the window before.

    Args:
        label: Its name.
        form: How people read it.
        now: The figure, and of how many things it is made.
        before: The same of the window before.
        of: What the things are.
        more_is: The colour of the arrow; None for no arrow: more is neither.
    """
    (value, n), (value_before, n_before) = now, before
    return figure(
        label,
        form(value),
        n=f"n = {count(n)} {of}".strip(),
        before=f"{form(value_before)}, n = {count(n_before)}",
        change=difference(value, value_before) if more_is else None,
        more_is=more_is or "better",
    )


def standing(builds: Any, n: Any) -> str:
    """Return the sentence on how many of the builds behind figures stand at a block step."""
    if not builds or absent(builds):
        return ""
    return (
        f"Of the {count(n)} builds, {count(builds)} stand blocked: they count as their state says."
    )


def figures(shown: Sequence[Any], note: str = "") -> Any:
    """Return figures side by side, and a note below."""
    cells = "".join(f"<div style='min-width:0'>{one.text}</div>" for one in shown)
    columns = f"repeat({len(shown)}, minmax(0, 1fr))"
    grid = mo.Html(
        f"<div style='display:grid;grid-template-columns:{columns};gap:.75rem'>{cells}</div>"
    )
    return mo.vstack([grid, hint(note)]) if note else grid


def section(
    title: str,
    answer: Answer,
    draw: Callable[[pd.DataFrame], Any] | None = None,
    *,
    note: str = "",
    empty: str = "There is nothing in this time.",
    missing: str = "This is not loaded.",
) -> Any:
    """Return a part of a page: a chart, and on demand the rows, as CSV too, and the SQL.

    Args:
        title: Its heading.
        answer: The question and its rows.
        draw: Makes the chart of the rows; None where the rows themselves tell more.
        note: The definition, in a sentence.
        empty: What to say when there are no rows.
        missing: What to say when the tables are not loaded.
    """
    parts: list[Any] = [_section_heading(title)]
    if note:
        parts.append(hint(note))
    behind: dict[str, Any] = {}
    if answer.rows.empty:
        parts.append(mo.callout(mo.Html(_text(missing if answer.missing else empty))))
    elif draw:
        parts.append(draw(answer.rows))
        behind["Rows, with download as CSV"] = lambda: rows_of(answer.rows)
    else:
        parts.append(rows_of(answer.rows))
    behind["SQL"] = _code(answer.sql)
    parts.append(mo.accordion(behind, multiple=True, lazy=True))
    return mo.vstack(parts, gap=0.6)


def hint(says: str) -> Any:
    """Return a word on what to do."""
    return mo.Html(f"<p style='margin:0;opacity:.75'>{_text(says)}</p>")


def rows_of(rows: pd.DataFrame) -> Any:
    """Return a table to page through, search and download. Its text is text, never HTML.

    Times and numbers are shortened to be looked at; a download has them whole.
    """
    return mo.ui.table(
        rows,
        selection=None,
        page_size=10,
        show_column_summaries=False,
        show_data_types=False,
        show_download=True,
        format_mapping={name: _shown(rows[name]) for name in rows},
    )


def _shown(column: pd.Series) -> Callable[[Any], Any]:
    """Return what makes a value of a column readable."""
    kind, form = column.dtype, _same
    if pd.api.types.is_datetime64_any_dtype(kind):
        form = "{:%Y-%m-%d %H:%M}".format
    elif pd.api.types.is_float_dtype(kind):
        form = partial(round, ndigits=3 if (column.dropna().abs() < 10).all() else 1)
    return lambda value: NOTHING if absent(value) else form(value)


def _same(value: Any) -> Any:
    return value


def _warehouse(arguments: Mapping[str, Any]) -> Warehouse:
    """Return the warehouse that the command line names, or stop the cell and say what to do."""
    mo.output.replace(_unseen_chart())
    dataset = dataset_of(arguments)
    try:
        warehouse = Warehouse(dataset)
    except FileNotFoundError:
        _stop(
            f"Nothing is loaded yet into the dataset {dataset.name} of {dataset.pipeline}. "
            f"Load it with: {_LOAD}{_argument(dataset)}"
        )
    except BusyError:
        _stop("A load is writing to the database right now. Reload this page in a minute.")
    if warehouse.refusal:
        _stop(warehouse.refusal)
    # The cheapest view that has a row where there is a build.
    answer = warehouse.ask("SELECT count(*) AS organizations FROM metric_clock")
    if answer.missing:
        _stop(
            f"The dataset {dataset.name} has no metric views. "
            f"Make them with: {_LOAD} views{_argument(dataset)}"
        )
    if not answer.rows["organizations"][0]:
        _stop(f"No builds are loaded into the dataset {dataset.name}.")
    return warehouse


def _unseen_chart() -> Any:
    """Return a chart for which the browser fetches what draws charts, while the queries run."""
    chart = finished([], title="", subtitle="", height=0)
    return mo.Html(f"<div hidden>{mo.as_html(chart).text}</div>")


def _section_heading(title: str) -> Any:
    style = "margin:1rem 0 0;font-size:1.2rem;font-weight:600"
    return mo.Html(f"<h2 style='{style}'>{_text(title)}</h2>")


def _code(sql: str) -> Any:
    return mo.Html(f"<pre style='white-space:pre-wrap;font-size:.8rem'>{_text(sql)}</pre>")


def _text(text: str) -> str:
    return html.escape(text)


def _stop(says: str) -> Any:
    mo.stop(True, mo.callout(mo.Html(_text(says)), kind="warn"))


def _argument(dataset: Dataset) -> str:
    return " --demo" if dataset.pipeline == "buildkite_demo" else ""
