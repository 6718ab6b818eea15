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
