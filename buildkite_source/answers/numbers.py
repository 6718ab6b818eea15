"""Numbers as people read them."""

import math
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

NOTHING = "-"


def absent(value: Any) -> bool:
    """Whether there is no value: SQL's NULL in any of its disguises."""
    return bool(pd.isna(value))


def percent(share: Any) -> str:
    """Return a share as a percentage, such as 91.3 %; never 100 % or 0 % of what is not all."""
    if absent(share):
        return NOTHING
    value = float(share) * 100
    if 0 < value < 100:
        value = min(max(value, 0.1), 99.9)
    return f"{value:.1f} %"


def count(number: Any) -> str:
    """Return a number of things, such as 12,345."""
    return NOTHING if absent(number) else f"{int(number):,}"


def duration(seconds: Any) -> str:
    """Return seconds as a duration, such as 3 min 20 s or 12 min."""
    if absent(seconds):
        return NOTHING
    left = round(float(seconds))
    if left < 60:
        return f"{left} s"
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    first = next(place for place, (_, size) in enumerate(units) if left >= size)
    (name, size), (smaller, step) = units[first : first + 2]
    if left >= 10 * size:
        return f"{round(left / size)} {name}"
    rest = left % size // step
    return f"{left // size} {name} {rest} {smaller}" if rest else f"{left // size} {name}"


def moment(time: Any, zone: ZoneInfo) -> str:
    """Return a time in a zone, to the minute."""
    return NOTHING if absent(time) else f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def hours(number: Any) -> str:
    """Return hours, such as 12.5 h."""
    return NOTHING if absent(number) else f"{float(number):,.1f} h"


def money(number: Any) -> str:
    """Return an amount in the currency of the prices, such as 1,234.50."""
    return NOTHING if absent(number) else f"{float(number):,.2f}"


def points(change: Any) -> str:
    """Return a difference of shares in percentage points, such as 1.2 points."""
    return NOTHING if absent(change) else f"{float(change) * 100:.1f} points"


def share(part: Any, whole: Any) -> float:
    """Return part / whole; NaN when there is nothing to divide by."""
    return float(part) / float(whole) if whole else math.nan


def difference(value: Any, before: Any) -> float:
    """Return value - before; NaN when one of them is absent."""
    return math.nan if absent(value) or absent(before) else float(value) - float(before)
