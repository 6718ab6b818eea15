"""Charts over time, with a mark where the window before ends."""

from collections.abc import Mapping

import pandas as pd

from buildkite_source.answers.numbers import count

from . import vega
from .palette import MEASURES, STATES
from .vega import Chart

PERCENT = ".1~%"
SETTLED = ("passed", "failed", "canceled", "skipped", "not run")
# As wide in every chart, so that those below each other have the same days below each other.
_WIDTH_OF_VALUES = 44


def lines(
    rows: pd.DataFrame,
    measures: Mapping[str, str],
    *,
    title: str,
    unit: str,
    n: str = "n",
    form: str = PERCENT,
) -> Chart:
    """Return lines over time, with a mark where the window before ends.

    Args:
        rows: Columns `bucket` (time), `is_current`, `n` and the measures.
        measures: Names to show, by column.
        title: What it shows.
        unit: Unit of the measures.
        n: Column that says of how many things a point is made.
        form: d3 format of a value.
    """
    names = list(measures.values())
    shown = rows[["bucket", "is_current", n, *measures]].rename(columns=dict(measures))
    drawn = {
        "data": vega.data(shown),
        "transform": vega.folded("measure", names),
        "encoding": {
            "x": vega.days("bucket"),
            "y": vega.amount(
                "value", zero=False, format=form, tickCount=5, minExtent=_WIDTH_OF_VALUES
            ),
            "color": vega.colors("measure", names, MEASURES),
            "tooltip": [
                vega.tip("bucket", "temporal", "from", "%a %Y-%m-%d"),
                vega.tip("measure", "nominal", "measure"),
                vega.tip("value", "quantitative", "value", form),
                vega.tip(n, "quantitative", "n", ","),
            ],
        },
        "layer": [
            # The day on which the window begins has a row for each side: two lines, not one with
            # a step.
            {
                "mark": vega.mark("line", strokeWidth=2),
                "encoding": {"detail": {"field": "is_current", "type": "nominal"}},
            },
            {"mark": vega.mark("point", filled=True, size=36, opacity=1)},
        ],
    }
    subtitle = f"{unit} · n = {count(rows[n].sum())}{_legend_of(rows)}"
    return vega.finished([drawn, *vega.boundary(rows)], title=title, subtitle=subtitle, height=240)


def bars(
    rows: pd.DataFrame,
    parts: Mapping[str, str],
    *,
    title: str,
    unit: str,
    n: str = "",
    height: int = 130,
    form: str = ",.0f",
) -> Chart:
    """Return stacked bars over time; a part that is a state has its colour.

    Args:
        rows: Columns `bucket` (time), `is_current` and the parts.
        parts: Names to show, by column.
        title: What it shows.
        unit: Unit of the parts.
        n: Column that says of how many things a bar is made, where the parts do not count them.
        height: Pixels.
        form: d3 format of a value.
    """
    names = list(parts.values())
    shown = rows[["bucket", "is_current", *parts]].rename(columns=dict(parts))
    tips = [
        vega.tip("bucket", "temporal", "from", "%a %Y-%m-%d"),
        vega.tip("part", "nominal", "part"),
    ]
    drawn = {
        "data": vega.data(shown),
        "transform": vega.folded("part", names),
        "mark": vega.mark("bar", stroke=None),
        "encoding": {
            "x": vega.days("bucket"),
            "y": vega.amount("value", format=form, tickCount=3, minExtent=_WIDTH_OF_VALUES),
            "color": vega.colors("part", names, [STATES.get(name, "") for name in names]),
            "order": vega.RANK,
            "tooltip": [*tips, vega.tip("value", "quantitative", unit, form)],
        },
    }
    total = rows[[n] if n else list(parts)].sum().sum()
    subtitle = f"{unit} · n = {count(total)} {n}".rstrip() + _legend_of(rows)
    return vega.finished(
        [drawn, *vega.boundary(rows)], title=title, subtitle=subtitle, height=height
    )


def _legend_of(rows: pd.DataFrame) -> str:
    return " · left of the dashes: the window before" if vega.boundary(rows) else ""
