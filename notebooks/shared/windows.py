"""Figures of the window that was chosen, beside those of the window before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from buildkite_source.answers.numbers import share

# A figure, and of how many things it is made.
Of = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Both:
    """Figures by name, of two windows; either lacks those for which it has no rows.

    Attributes:
        now: Of the window that was chosen.
        before: Of the one before.
    """

    now: Mapping[str, Any]
    before: Mapping[str, Any]

    def value(self, name: str, n: str) -> tuple[Of, Of]:
        """Return a figure now and before, each with that which says of how many things it is."""
        now, before = ((window.get(name), window.get(n)) for window in (self.now, self.before))
        return now, before

    def share(self, part: str, n: str) -> tuple[Of, Of]:
        """Return part / n now and before, each with n; NaN when there is nothing to divide by."""
        now, before = (
            (share(window[part], window[n]), window[n]) for window in (self.now, self.before)
        )
        return now, before


def totals(rows: pd.DataFrame) -> Both:
    """Return the sums of columns of counts.

    Args:
        rows: The columns, and `is_current`.
    """
    counts = rows.drop(columns="is_current").select_dtypes("number").astype(float)
    is_current = rows["is_current"].astype(bool)
    # A column without any value is not known to be one of numbers.
    zeros = dict.fromkeys(rows.columns, 0.0)
    now, before = (counts[these].sum().to_dict() for these in (is_current, ~is_current))
    return Both(zeros | now, zeros | before)


def one_row_each(rows: pd.DataFrame) -> Both:
    """Return figures of which each window has a row.

    Args:
        rows: At most one for each window, told apart by `is_current`.
    """
    found = {bool(row["is_current"]): row for row in rows.to_dict("records")}
    return Both(found.get(True, {}), found.get(False, {}))


def one_row(row: pd.Series) -> Both:
    """Return figures of which one row has both: those of before are named `previous_`."""
    before = {name: row[f"previous_{name}"] for name in row.index if f"previous_{name}" in row}
    return Both(row.to_dict(), before)
