"""What a question gave."""

from dataclasses import dataclass, replace
from typing import Self

import pandas as pd


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave.

    Attributes:
        sql: The query as it ran, in the destination's own SQL.
        rows: Its rows; no columns either when `missing`.
        missing: A table or view that it reads is not loaded.
    """

    sql: str
    rows: pd.DataFrame
    missing: bool = False

    def but(self, rows: pd.DataFrame) -> Self:
        """Return the same question with some of its rows."""
        return replace(self, rows=rows)

    def in_utc(self) -> Self:
        """Return the same with the zone UTC for times without one.

        For questions whose times are moments: engines that keep no zones answer without. Where a
        question asks for the time of a zone, all engines do.
        """
        moments = self.rows.select_dtypes("datetime")
        zoned = {name: moments[name].dt.tz_localize("UTC") for name in moments}
        return self.but(self.rows.assign(**zoned))
