"""Pieces of charts in Vega-Lite's own JSON (https://vega.github.io/vega-lite/docs/).

Written down as it is: a library that checks and copies it took longer than the database to give
the rows, and a page showed its first picture that much later.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .palette import GREY, MEASURES

Json = dict[str, Any]

_CONFIG: Json = {
    "view": {"stroke": None},
    "axis": {"domain": False, "ticks": False, "gridOpacity": 0.35, "labelPadding": 6},
    "axisX": {"grid": False},
    "title": {"subtitlePadding": 4},
    "legend": {"orient": "top", "title": None, "offset": 4},
}
_LABEL_PIXELS = 230
# The order in which parts are stacked: their own.
RANK: Json = {"field": "rank", "type": "quantitative"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that marimo draws.

    Attributes:
        spec: What Vega-Lite draws.
    """

    spec: Json

    def _mime_(self) -> tuple[str, str]:
        return "application/vnd.vegalite.v6+json", json.dumps(self.spec)


def finished(layers: Sequence[Json], *, title: str, subtitle: str, height: int) -> Chart:
    """Return a chart as wide as its place.

    Args:
        layers: What is drawn above each other.
        title: What it shows.
        subtitle: Its unit and n.
        height: Pixels.
    """
    heading = {"text": title, "subtitle": subtitle, "anchor": "start", "fontSize": 14, "offset": 10}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": heading,
        "width": "container",
        "height": height,
        "background": "transparent",
        "layer": list(layers),
        "config": _CONFIG,
    }
    return Chart(spec)


def data(rows: pd.DataFrame) -> Json:
    """Return rows as data of a chart; what is absent is null."""
    return {"values": json.loads(rows.to_json(orient="records", date_format="iso"))}


def folded(part: str, parts: Sequence[str]) -> list[Json]:
    """Return what makes one row for each part of a row: `value`, and its place among the parts.

    Args:
        part: Field with the name of the part.
        parts: The fields to fold.
    """
    return [
        {"fold": list(parts), "as": [part, "value"]},
        {"filter": "isValid(datum.value)"},
        {"calculate": f"indexof({json.dumps(list(parts))}, datum.{part})", "as": RANK["field"]},
    ]


def mark(kind: str, **looks: Any) -> Json:
    """Return a kind of mark and how it looks."""
    return {"type": kind, **looks}


def names(field: str, order: Iterable[str]) -> Json:
    """Return an axis of names in an order.

    Left to itself, a chart of several layers puts those last of which the first layer has none.
    """
    # Far enough from the numbers that a dot at 0 does not cover the end of a name.
    axis = {"labelLimit": _LABEL_PIXELS, "labelPadding": 12}
    sort = list(dict.fromkeys(order))
    return {"field": field, "type": "nominal", "sort": sort, "title": None, "axis": axis}


def amount(field: str, *, zero: bool = True, **axis: Any) -> Json:
    """Return an axis of numbers, which starts at 0 or where the numbers do."""
    scale = {} if zero else {"scale": {"zero": False}}
    return {"field": field, "type": "quantitative", "title": None, "axis": axis, **scale}


def times(field: str, **axis: Any) -> Json:
    """Return an axis of times."""
    wide = {"labelOverlap": True, **axis}
    return {"field": field, "type": "temporal", "title": None, "axis": wide}


def days(field: str) -> Json:
    """Return an axis of the days of some weeks."""
    return times(field, format="%d %b", tickCount={"interval": "week", "step": 1})


def colors(field: str, parts: Sequence[str], used: Sequence[str]) -> Json:
    """Return the colours of the parts; what has none gets the next that is free."""
    free = iter(MEASURES)
    scale = {"domain": list(parts), "range": [color or next(free) for color in used[: len(parts)]]}
    shown: Json = {"field": field, "type": "nominal", "scale": scale}
    return shown if len(parts) > 1 else {**shown, "legend": None}


def tip(field: str, kind: str, title: str, form: str = "") -> Json:
    """Return a line of what is shown beside the pointer."""
    shown = {"field": field, "type": kind, "title": title}
    return {**shown, "format": form} if form else shown


def boundary(rows: pd.DataFrame) -> list[Json]:
    """Return the mark between the window before and the window that was chosen.

    Args:
        rows: Columns `bucket` and `is_current`.
    """
    is_current = rows["is_current"].astype(bool)
    if is_current.all() or not is_current.any():
        return []
    start = rows[is_current][["bucket"]].min().to_frame().T
    x = {"field": "bucket", "type": "temporal"}
    dashes = mark("rule", strokeDash=[4, 4], color=GREY)
    return [{"data": data(start), "mark": dashes, "encoding": {"x": x}}]
