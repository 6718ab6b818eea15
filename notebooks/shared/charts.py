"""Charts: each with a title, its unit and how many things it is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from answers.text import count

from .palette import GREY, MEASURES, ORANGE, RED, STATES

PERCENT = ".1~%"
SETTLED = ("passed", "failed", "canceled", "skipped", "not run")
# Colours of parts that are no states, but near one.
CAUSES = (RED, ORANGE)
FAILURES = (RED, GREY)
_MOST_ROWS = 20
_LABEL_PIXELS = 230


def lines(
    rows: pd.DataFrame,
    measures: Mapping[str, str],
    *,
    title: str,
    unit: str,
    n: str = "n",
    form: str = PERCENT,
) -> alt.TopLevelMixin:
    """Return lines over time, with a mark where the window before ends.

    Args:
        rows: Columns `bucket` (time), `is_current`, `n` and the measures.
        measures: Names to show, by column.
        title: What it shows.
        unit: Unit of the measures.
        n: Column that says of how many things a point is made.
        form: d3 format of a value.
    """
    long = rows.rename(columns=dict(measures)).melt(
        ["bucket", "is_current", n], list(measures.values()), "measure", "value"
    )
    shown = long.dropna(subset=["value"]).astype({"value": float})
    base = alt.Chart(shown).encode(
        x=_time_axis(),
        y=alt.Y("value:Q", title=None, axis=_value_axis(form, 5)).scale(zero=False),
        color=_colors("measure", list(measures.values()), MEASURES),
        tooltip=[
            alt.Tooltip("bucket:T", title="from", format="%a %Y-%m-%d"),
            alt.Tooltip("measure:N", title="measure"),
            alt.Tooltip("value:Q", title="value", format=form),
            alt.Tooltip(f"{n}:Q", title="n", format=","),
        ],
    )
    # The day on which the window begins has a row for each side: two lines, not one with a step.
    drawn = base.mark_line(strokeWidth=2).encode(detail="is_current:N") + base.mark_point(
        filled=True, size=36, opacity=1
    )
    return _finished(
        alt.layer(drawn, *_boundary(rows)),
        title,
        f"{unit} · n = {count(rows[n].sum())}{_legend_of(rows)}",
        240,
    )


def bars(
    rows: pd.DataFrame,
    parts: Mapping[str, str],
    *,
    title: str,
    unit: str,
    height: int = 130,
    form: str = ",.0f",
) -> alt.TopLevelMixin:
    """Return stacked bars over time; a part that is a state has its colour.

    Args:
        rows: Columns `bucket` (time), `is_current` and the parts.
        parts: Names to show, by column.
        title: What it shows.
        unit: Unit of the parts.
        height: Pixels.
        form: d3 format of a value.
    """
    long = rows.rename(columns=dict(parts)).melt(
        ["bucket", "is_current"], list(parts.values()), "part", "value"
    )
    long["value"] = long["value"].astype(float)
    names = list(parts.values())
    drawn = (
        alt.Chart(long)
        .mark_bar(stroke=None)
        .encode(
            x=_time_axis(),
            y=alt.Y("value:Q", title=None, axis=_value_axis(form, 3)),
            color=_colors("part", names, [STATES.get(name, "") for name in names]),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("bucket:T", title="from", format="%a %Y-%m-%d"),
                alt.Tooltip("part:N", title="part"),
                alt.Tooltip("value:Q", title=unit, format=form),
            ],
        )
        .transform_calculate(rank=f"indexof({names!r}, datum.part)")
    )
    subtitle = f"{unit} · n = {count(long['value'].sum())}{_legend_of(rows)}"
    return _finished(alt.layer(drawn, *_boundary(rows)), title, subtitle, height)


def ranked(
    rows: pd.DataFrame,
    label: str,
    value: str,
    *,
    title: str,
    unit: str,
    n: str = "n",
    bounds: tuple[str, str] | None = None,
    before: str | None = None,
    form: str = PERCENT,
    color: str = MEASURES[0],
) -> alt.TopLevelMixin:
    """Return a dot for each row, in the order of the rows, with what is known to be uncertain.

    Args:
        rows: The columns that the other arguments name; the first 20 are drawn.
        label: Column with the name of a row; equal names share a line.
        value: Column of the dots.
        title: What it shows.
        unit: Unit of the values.
        n: Column that says of how many things a value is made.
        bounds: Columns of the ends of the interval around the value.
        before: Column of the value in the window before, drawn as a hollow dot.
        form: d3 format of a value.
        color: Colour of the dots.
    """
    columns = [label, value, n, *(bounds or ()), *([before] if before else [])]
    shown = rows[list(dict.fromkeys(columns))].head(_MOST_ROWS).copy()
    shown[label] = shown[label].astype(str)
    numbers = [name for name in shown.columns if name != label]
    shown[numbers] = shown[numbers].astype(float)
    y = alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_PIXELS))
    axis = alt.Axis(format=form, tickCount=6)
    base = alt.Chart(shown).encode(
        y=y,
        tooltip=[
            alt.Tooltip(f"{label}:N", title="name"),
            *(alt.Tooltip(f"{name}:Q", format=form) for name in numbers if name != n),
            alt.Tooltip(f"{n}:Q", title="n", format=","),
        ],
    )
    layers: list[Any] = []
    if bounds:
        low, high = bounds
        layers.append(
            base.mark_rule(strokeWidth=5, opacity=0.4, color=color).encode(
                x=alt.X(f"{low}:Q", title=None, axis=axis).scale(zero=False), x2=f"{high}:Q"
            )
        )
    if before:
        layers.append(
            base.mark_point(size=60, color=GREY, opacity=1).encode(
                x=alt.X(f"{before}:Q", title=None, axis=axis).scale(zero=False)
            )
        )
    layers.append(
        base.mark_point(filled=True, size=75, opacity=1, color=color).encode(
            x=alt.X(f"{value}:Q", title=None, axis=axis).scale(zero=False)
        )
    )
    signs = [unit, f"n = {count(rows[n].sum())}"]
    signs += ["bar: where the true rate lies at 95 %"] if bounds else []
    signs += ["hollow: the window before"] if before else []
    if len(rows) > _MOST_ROWS:
        signs.append(f"the first {_MOST_ROWS} of {len(rows):,}")
    height = max(60, 22 * shown[label].nunique())
    return _finished(alt.layer(*layers), title, " · ".join(signs), height)


def amounts(
    rows: pd.DataFrame,
    label: str,
    parts: Mapping[str, str],
    *,
    title: str,
    unit: str,
    n: str,
    form: str = ",.1~f",
    colors: Sequence[str] = MEASURES,
) -> alt.TopLevelMixin:
    """Return a bar for each row, made of parts, in the order of the rows.

    Args:
        rows: Columns `label` and the parts; the first 20 are drawn.
        label: Column with the name of a row.
        parts: Names to show, by column.
        title: What it shows.
        unit: Unit of the parts.
        n: Of how many things it is made, in words.
        form: d3 format of a value.
        colors: Colours of the parts.
    """
    shown = rows.head(_MOST_ROWS).rename(columns=dict(parts))
    shown[label] = shown[label].astype(str)
    names = list(parts.values())
    long = shown.melt([label], names, "part", "value").dropna(subset=["value"])
    long["value"] = long["value"].astype(float)
    drawn = (
        alt.Chart(long)
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_PIXELS)),
            x=alt.X("value:Q", title=None, axis=alt.Axis(format=form, tickCount=6)),
            color=_colors("part", names, colors),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip(f"{label}:N", title="name"),
                alt.Tooltip("part:N", title="part"),
                alt.Tooltip("value:Q", title=unit, format=form),
            ],
        )
        .transform_calculate(rank=f"indexof({names!r}, datum.part)")
    )
    more = f" · the first {_MOST_ROWS} of {len(rows):,}" if len(rows) > _MOST_ROWS else ""
    return _finished(
        alt.layer(drawn), title, f"{unit} · {n}{more}", max(60, 22 * shown[label].nunique())
    )


def spans(
    rows: pd.DataFrame, label: str, ends: tuple[str, str], *, title: str, unit: str
) -> alt.TopLevelMixin:
    """Return bars from one time to another, a line for each label.

    Args:
        rows: The columns that the other arguments name.
        label: Column with the name of a line; the first 20 are drawn.
        ends: Columns of the times between which a bar lies.
        title: What it shows.
        unit: Unit of the axis.
    """
    shown = rows[[label, *ends]].astype({label: str})
    names = list(dict.fromkeys(shown[label]))[:_MOST_ROWS]
    base = alt.Chart(shown[shown[label].isin(names)]).encode(
        y=alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_PIXELS)),
        x=alt.X(f"{ends[0]}:T", title=None, axis=alt.Axis(format="%d %b %y", labelOverlap=True)),
        x2=f"{ends[1]}:T",
        tooltip=[alt.Tooltip(f"{label}:N", title="name")]
        + [alt.Tooltip(f"{end}:T", format="%Y-%m-%d %H:%M") for end in ends],
    )
    bars = base.mark_bar(height=12, color=MEASURES[0], stroke=MEASURES[0])
    return _finished(
        alt.layer(bars), title, f"{unit} · n = {count(len(rows))} spans", max(50, 30 * len(names))
    )


def _finished(chart: Any, title: str, subtitle: str, height: int) -> alt.TopLevelMixin:
    heading = alt.Title(title, subtitle=subtitle, anchor="start", fontSize=14, offset=10)
    finished: alt.TopLevelMixin = (
        chart.properties(width="container", height=height, title=heading, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(domain=False, ticks=False, gridOpacity=0.35, labelPadding=6)
        .configure_axisX(grid=False)
        .configure_title(subtitlePadding=4)
        .configure_legend(orient="top", title=None, offset=4)
    )
    return finished


def _value_axis(form: str, ticks: int) -> alt.Axis:
    # As wide in every chart, so that those below each other have the same days below each other.
    return alt.Axis(format=form, tickCount=ticks, minExtent=44)


def _time_axis() -> alt.X:
    axis = alt.Axis(format="%d %b", labelOverlap=True, tickCount={"interval": "week", "step": 1})
    return alt.X("bucket:T", title=None, axis=axis)


def _legend_of(rows: pd.DataFrame) -> str:
    return " · left of the dashes: the window before" if _boundary(rows) else ""


def _boundary(rows: pd.DataFrame) -> list[alt.Chart]:
    """Return the mark between the window before and the window that was chosen."""
    before = rows[~rows["is_current"].astype(bool)]
    if before.empty or len(before) == len(rows):
        return []
    start = rows[rows["is_current"].astype(bool)]["bucket"].min()
    rule = alt.Chart(pd.DataFrame({"bucket": [start]})).mark_rule(strokeDash=[4, 4], color=GREY)
    return [rule.encode(x="bucket:T")]


def _colors(field: str, names: Sequence[str], colors: Sequence[str]) -> alt.Color:
    free = iter(MEASURES)
    used = [color or next(free) for color in colors[: len(names)]]
    return alt.Color(f"{field}:N", legend=alt.Legend() if len(names) > 1 else None).scale(
        domain=list(names), range=used
    )
