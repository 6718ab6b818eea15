"""The database that views and notebooks are measured on, which can be kept for another time."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from .metric_rows import make
from .report import progress

PIPELINE = "benchmark"
_MADE = "rows.duckdb"


@contextmanager
def folder_of(keep: Path | None, builds: int, jobs: int, *, tables: bool) -> Iterator[Path]:
    """Yield the folder of a database of this size.

    Args:
        keep: Where databases are kept; None for a folder that goes afterwards.
        builds: Number of builds.
        jobs: Attempts a build.
        tables: Whether heavy views are to be tables.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            yield Path(name)
        return
    folder = keep.resolve() / f"{builds}x{jobs}{'-tables' if tables else ''}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def database_in(folder: Path) -> Path:
    """Return the path of the database with views, whether it is there or not."""
    return folder / f"{PIPELINE}.duckdb"


def fill(folder: Path, builds: int, jobs: int) -> Path:
    """Return a database without views; the rows are made once for a folder that is kept."""
    rows = folder / _MADE
    if not rows.exists():
        progress(f"making {builds:,} builds x {jobs} jobs")
        begun = rows.with_suffix(".begun")
        begun.unlink(missing_ok=True)
        with duckdb.connect(str(begun)) as connection:
            make(connection, builds, jobs)
        begun.rename(rows)
    database = database_in(folder)
    database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
    shutil.copyfile(rows, database)
    return database
