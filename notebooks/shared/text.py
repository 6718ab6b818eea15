"""Numbers as people read them."""

import math
from typing import Any

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
    """Return seconds as a duration of two units, such as 3 min 20 s."""
    if absent(seconds):
        return NOTHING
    left = round(float(seconds))
    if left < 60:
        return f"{left} s"
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    first = next(place for place, (_, size) in enumerate(units) if left >= size)
    (name, size), (smaller, step) = units[first : first + 2]
    rest = left % size // step
    return f"{left // size} {name} {rest} {smaller}" if rest else f"{left // size} {name}"


def hours(number: Any) -> str:
    """Return hours, such as 12.5 h."""
    return NOTHING if absent(number) else f"{float(number):,.1f} h"


def points(change: Any) -> str:
    """Return a difference of shares in percentage points, such as 1.2 points."""
    return NOTHING if absent(change) else f"{float(change) * 100:.1f} points"


class Totals(dict[str, float]):
    """Sums of the columns of counts, by column."""

    def share(self, part: str, whole: str) -> float:
        """Return part / whole; NaN when there is nothing to divide by."""
        return self[part] / self[whole] if self[whole] else math.nan


def totals(rows: pd.DataFrame) -> tuple[Totals, Totals]:
    """Return the sums over the chosen window, and over the one before.

    Args:
        rows: Columns of counts, and `is_current`.
    """
    counts = rows.drop(columns="is_current").select_dtypes("number").astype(float)
    is_current = rows["is_current"].astype(bool)
    return Totals(counts[is_current].sum()), Totals(counts[~is_current].sum())
