"""What became of the files of a table that was compacted."""

from collections.abc import Callable
from dataclasses import dataclass

# Hears how far it is with a table: what is being done, and with how many of how many files.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of the files of a table, or would.

    Attributes:
        table: Its name.
        files: Number of its files before.
        rows: Number of rows in them.
        files_after: Number of its files now; None where only doing it would tell.
        rows_after: Number of rows in them.
        reason: Why nothing was done, or "".
    """

    table: str
    files: int
    rows: int
    files_after: int | None
    rows_after: int
    reason: str = ""
