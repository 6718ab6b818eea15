"""Charts: each with a title, its unit and how many things it is made of."""

from collections.abc import Mapping, Sequence

import pandas as pd

from buildkite_source.answers.numbers import count

from . import vega
from .palette import GREY, MEASURES, ORANGE, RED
from .trends import PERCENT, SETTLED, bars, lines
from .vega import Chart

__all__ = ["CAUSES", "FAILURES", "SETTLED", "amounts", "bars", "lines", "ranked", "spans"]

# Colours of parts that are no states, but near one.
CAUSES = (RED, ORANGE)
FAILURES = (RED, GREY)
_MOST_ROWS = 20
_HOLLOW = vega.mark("point", size=60, color=GREY, opacity=1)
# White within: bars of any colour may lie behind it.
_WHITE = vega.mark("point", size=50, fill="white", stroke="black", strokeWidth=1.5, opacity=1)


def ranked(
    rows: pd.DataFrame,
    value: str,
    *,
    title: str,
    unit: str,
    n: str = "n",
    bounds: tuple[str, str] | None = None,
    form: str = PERCENT,
    color: str = MEASURES[0],
) -> Chart:
    """Return a dot for each row, in the order of the rows, with what is known to be uncertain.

    Where there is a column `previous_` and the name of the value, as there is in the views, it is
    the value in the window before, and drawn as a hollow dot.

    Args:
        rows: Column `name`, equal ones share a line, and those that the other arguments name; the
            first 20 are drawn.
        value: Column of the dots.
        title: What it shows.
        unit: Unit of the values.
        n: Column that says of how many things a value is made.
        bounds: Columns of the ends of the interval around the value.
        form: d3 format of a value.
        color: Colour of the dots.
    """
    before = f"previous_{value}" if f"previous_{value}" in rows else None
    numbers = list(dict.fromkeys([value, *(bounds or ()), *([before] if before else []), n]))
    shown = rows[["name", *numbers]].head(_MOST_ROWS)
    shown = shown.astype({"name": str, **dict.fromkeys(numbers, float)})

    def x(field: str) -> vega.Json:
        # Shares may begin where they do; amounts begin at 0.
        return vega.amount(field, zero=form != PERCENT, format=form, tickCount=6)

    dot = vega.mark("point", filled=True, size=75, opacity=1, color=color)
    layers: list[vega.Json] = [{"mark": dot, "encoding": {"x": x(value)}}]
    signs = [unit, f"n = {count(rows[n].sum())}"]
    if before:
        layers.insert(0, {"mark": _HOLLOW, "encoding": {"x": x(before)}})
    if bounds:
        low, high = bounds
        rule = vega.mark("rule", strokeWidth=5, opacity=0.4, color=color)
        layers.insert(0, {"mark": rule, "encoding": {"x": x(low), "x2": {"field": high}}})
        signs.append("bar: where the true rate lies at 95 %")
    signs += ["hollow: the window before"] if before else []
    tips = [vega.tip(name, "quantitative", name, form) for name in numbers if name != n]
    drawn = {
        "data": vega.data(shown),
        "encoding": {
            "y": vega.names("name", shown["name"]),
            "tooltip": [
                vega.tip("name", "nominal", "name"),
                *tips,
                vega.tip(n, "quantitative", "n", ","),
            ],
        },
        "layer": layers,
    }
    return vega.finished(
        [drawn],
        title=title,
        subtitle=" · ".join(signs) + _more(rows),
        height=_height(shown["name"]),
    )


def amounts(
    rows: pd.DataFrame,
    parts: Mapping[str, str],
    *,
    title: str,
    unit: str,
    n: str,
    before: str | None = None,
    form: str = ",.0f",
    colors: Sequence[str] = MEASURES,
) -> Chart:
    """Return a bar for each row, made of parts, in the order of the rows.

    Args:
        rows: Column `name` and the parts; the first 20 are drawn.
        parts: Names to show, by column.
        title: What it shows.
        unit: Unit of the parts.
        n: Of how many things it is made, in words.
        before: Column of the sum of the parts in the window before, drawn as a white dot.
        form: d3 format of a value.
        colors: Colours of the parts.
    """
    names = list(parts.values())
    shown = rows[["name", *parts, *([before] if before else [])]].head(_MOST_ROWS)
    shown = shown.astype({"name": str}).rename(columns=dict(parts))
    name = vega.tip("name", "nominal", "name")

    def x(field: str) -> vega.Json:
        # Of things that are counted there are no halves.
        return vega.amount(field, format=form, tickCount=6, tickMinStep=1 if "0f" in form else 0)

    bar: vega.Json = {
        "transform": vega.folded("part", names),
        "mark": vega.mark("bar", height={"band": 0.7}),
        "encoding": {
            "x": x("value"),
            "color": vega.colors("part", names, colors),
            "order": vega.RANK,
            "tooltip": [
                name,
                vega.tip("part", "nominal", "part"),
                vega.tip("value", "quantitative", unit, form),
            ],
        },
    }
    layers, signs = [bar], [unit, n]
    if before:
        tip = vega.tip(before, "quantitative", "the window before", form)
        layers.append({"mark": _WHITE, "encoding": {"x": x(before), "tooltip": [name, tip]}})
        signs.append("white dot: the window before")
    drawn = {
        "data": vega.data(shown),
        "encoding": {"y": vega.names("name", shown["name"])},
        "layer": layers,
    }
    subtitle = " · ".join(signs) + _more(rows)
    return vega.finished([drawn], title=title, subtitle=subtitle, height=_height(shown["name"]))


def spans(rows: pd.DataFrame, label: str, ends: tuple[str, str], *, title: str, unit: str) -> Chart:
    """Return bars from one time to another, a line for each label.

    Args:
        rows: The columns that the other arguments name.
        label: Column with the name of a line; the first 20 are drawn.
        ends: Columns of the times between which a bar lies.
        title: What it shows.
        unit: Unit of the axis.
    """
    start, end = ends
    shown = rows[[label, start, end]].astype({label: str})
    names = list(dict.fromkeys(shown[label]))[:_MOST_ROWS]
    drawn = {
        "data": vega.data(shown[shown[label].isin(names)]),
        "mark": vega.mark("bar", height=12, color=MEASURES[0], stroke=MEASURES[0]),
        "encoding": {
            "y": vega.names(label, names),
            "x": vega.times(start, format="%d %b %y"),
            "x2": {"field": end},
            "tooltip": [
                vega.tip(label, "nominal", "name"),
                *(vega.tip(name, "temporal", name, "%Y-%m-%d %H:%M") for name in ends),
            ],
        },
    }
    subtitle = f"{unit} · n = {count(len(rows))} spans"
    return vega.finished([drawn], title=title, subtitle=subtitle, height=max(50, 30 * len(names)))


def _height(labels: pd.Series) -> int:
    return max(60, 22 * int(labels.nunique()))


def _more(rows: pd.DataFrame) -> str:
    return f" · the first {_MOST_ROWS} of {len(rows):,}" if len(rows) > _MOST_ROWS else ""
