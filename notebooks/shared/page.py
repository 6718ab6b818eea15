"""How a page looks: heading, figures, sections; and what it says when there is nothing."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import marimo as mo
import pandas as pd

from .place import Place
from .snapshot import BusyError
from .text import NOTHING, absent
from .warehouse import Answer, Warehouse

_LOAD = "uv run pipelines/buildkite_pipeline.py"


def open_warehouse(arguments: Mapping[str, Any]) -> Warehouse:
    """Return the warehouse that the command line names, or stop the cell and say what to do."""
    place = Place.of(arguments)
    try:
        warehouse = Warehouse(place)
    except FileNotFoundError:
        _stop(
            f"Nothing is loaded yet into the dataset {place.dataset} of {place.pipeline}. "
            f"Load it with: {_LOAD}{_argument(place)}"
        )
    except BusyError:
        _stop("A load is writing to the database right now. Reload this page in a minute.")
    answer = warehouse.ask("SELECT count(*) AS builds FROM metric_builds")
    if answer.missing:
        _stop(
            f"The dataset {place.dataset} has no metric views. "
            f"Make them with: {_LOAD} views{_argument(place)}"
        )
    if not answer.rows["builds"][0]:
        _stop(f"No builds are loaded into the dataset {place.dataset}.")
    return warehouse


def heading(title: str, question: str, warehouse: Warehouse, zone: str) -> Any:
    """Return the top of a page: what it asks, and of when the data is."""
    as_of = warehouse.ask(
        "SELECT max(as_of) AT TIME ZONE :zone AS as_of FROM metric_clock", zone=zone
    ).rows["as_of"][0]
    return mo.Html(
        f"<h1 style='margin:0;font-size:1.6rem;font-weight:700'>{_text(title)}</h1>"
        f"<p style='margin:.3rem 0 0;opacity:.75'>{_text(question)} "
        f"Data of {as_of:%Y-%m-%d %H:%M} ({_text(zone)}).</p>"
    )


def controls(*shown: Any) -> Any:
    """Return the row of controls."""
    return mo.hstack(shown, justify="start", wrap=True, gap=1.5)


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
    caption = " · ".join(part for part in (n, f"before: {before}" if before else "") if part)
    direction: Any = None
    if change and not absent(change):
        direction = "increase" if change > 0 else "decrease"
    target: Any = "increase" if more_is == "better" else "decrease"
    return mo.stat(value, label, caption or None, direction, bordered=True, target_direction=target)


def figures(shown: Sequence[Any]) -> Any:
    """Return figures side by side."""
    return mo.hstack(shown, widths="equal", gap=0.75)


def section(title: str, chart: Any, answer: Answer, *, note: str = "", table: Any = None) -> Any:
    """Return a part of a page: a chart, and on demand the rows, as CSV too, and the SQL.

    Args:
        title: Its heading.
        chart: Made of the rows; None where a table tells more.
        answer: The question and its rows.
        note: The definition, in a sentence.
        table: Rows to show instead of those of the answer.
    """
    parts: list[Any] = [_section_heading(title)]
    if note:
        parts.append(mo.Html(f"<p style='margin:0;opacity:.75'>{_text(note)}</p>"))
    rows = answer.rows if table is None else table
    if chart is not None:
        parts.append(chart)
        behind: dict[str, Any] = {"Rows, with download as CSV": rows_of(rows)}
    else:
        parts.append(rows_of(rows))
        behind = {}
    parts.append(mo.accordion({**behind, "SQL": _code(answer.sql)}, multiple=True, lazy=True))
    return mo.vstack(parts, gap=0.6)


def nothing(title: str, says: str, answer: Answer | None = None) -> Any:
    """Return the part of a page that has nothing to show, and says why."""
    parts: list[Any] = [
        _section_heading(title),
        mo.callout(mo.Html(_text(says)), kind="neutral"),
    ]
    if answer:
        parts.append(mo.accordion({"SQL": _code(answer.sql)}, lazy=True))
    return mo.vstack(parts, gap=0.6)


def rows_of(rows: pd.DataFrame) -> Any:
    """Return a table to page through, search and download. Its text is text, never HTML."""
    shown = rows.copy()
    for name in shown.select_dtypes("datetime"):
        shown[name] = shown[name].dt.strftime("%Y-%m-%d %H:%M").fillna(NOTHING)
    for name in shown.select_dtypes("float"):
        shown[name] = shown[name].astype(float).round(4)
    return mo.ui.table(
        shown,
        selection=None,
        page_size=10,
        show_column_summaries=False,
        show_data_types=False,
        show_download=True,
    )


def _section_heading(title: str) -> Any:
    style = "margin:1rem 0 0;font-size:1.2rem;font-weight:600"
    return mo.Html(f"<h2 style='{style}'>{_text(title)}</h2>")


def _code(sql: str) -> Any:
    return mo.Html(f"<pre style='white-space:pre-wrap;font-size:.8rem'>{_text(sql)}</pre>")


def _text(text: str) -> str:
    return html.escape(text)


def _stop(says: str) -> Any:
    mo.stop(True, mo.callout(mo.Html(_text(says)), kind="warn"))


def _argument(place: Place) -> str:
    return " --demo" if place.pipeline == "buildkite_demo" else ""
