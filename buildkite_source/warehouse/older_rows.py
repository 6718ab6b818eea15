"""Of each key the newest row over many Parquet files, in little memory: keys are compared alone."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

# Of what remembers keys; more is put on disk.
_MEMORY = "512MB"
# Where a row lies: the number of its file, and its place there. The first row has the place 0.
_PLACE = [pa.field("_file", pa.int32()), pa.field("_place", pa.int64())]


class OlderRows:
    """Finds the rows of which there is a newer one; use it as a context manager.

    Of rows of one moment the last is kept, in the order of the files and within a file.

    Args:
        files: Names of Parquet files.
        opened: Returns a file by its name, as pyarrow reads it.
        keys: Columns that tell rows apart.
        newest: Columns by which the newest row of a key is known; none, if any will do.
        folder: For what does not fit into memory.
        tell: Called with the number of files that have been read, after each.

    Attributes:
        rows: Number of rows in all files.
        older: Number of those that are no longer needed.
    """

    def __init__(
        self,
        files: Sequence[str],
        opened: Callable[[str], Any],
        keys: Sequence[str],
        newest: Sequence[str],
        folder: Path,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._files = files
        self._opened = opened
        self._keys = keys
        self._newest = newest
        self._tell = tell
        self._connection = duckdb.connect(str(folder / "keys.duckdb"))
        self.rows = self.older = 0

    def __enter__(self) -> Self:
        """Read the keys of all files and compare them."""
        try:
            self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
            for number, file in enumerate(self._files):
                self._read(number, file)
                self._tell(number + 1)
            self._compare()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget them."""
        self._connection.close()

    def of(self, file: str) -> np.ndarray:
        """Return the places of those rows in a file, in order."""
        found: np.ndarray = self._connection.execute(
            "SELECT _place FROM older WHERE _file = ? ORDER BY _place", [self._files.index(file)]
        ).fetchnumpy()["_place"]
        return found

    def _read(self, number: int, file: str) -> None:
        columns = list(dict.fromkeys((*self._keys, *self._newest)))
        with self._opened(file) as opened, pq.ParquetFile(opened) as source:
            fields = [source.schema_arrow.field(name) for name in columns]
            batches = pa.RecordBatchReader.from_batches(
                pa.schema([*_PLACE, *fields]), _placed(source, columns, number)
            )
            self._connection.register("batches", batches)
            made = "INSERT INTO keys BY NAME" if number else "CREATE TABLE keys AS"
            self._connection.execute(f"{made} FROM batches")
            self._connection.unregister("batches")

    def _compare(self) -> None:
        if not self._files:
            self._connection.execute("CREATE TABLE older (_file INTEGER, _place BIGINT)")
            return
        key = ", ".join(map(_quoted, self._keys))
        order = "".join(f"{_quoted(name)} DESC, " for name in self._newest)
        self._connection.execute(
            # Keys are compared as numbers first, as most are there only once.
            f"""
            CREATE TABLE older AS
            WITH repeated AS (
              SELECT hash({key}) FROM keys GROUP BY ALL HAVING count(*) > 1
            )
            SELECT _file, _place FROM keys
            WHERE hash({key}) IN (FROM repeated)
            QUALIFY row_number()
              OVER (PARTITION BY {key} ORDER BY {order}_file DESC, _place DESC) > 1
            """  # noqa: S608 - names of ours
        )
        ((self.rows,),) = self._connection.execute("SELECT count(*) FROM keys").fetchall()
        ((self.older,),) = self._connection.execute("SELECT count(*) FROM older").fetchall()


def batches_without(source: pq.ParquetFile, places: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file but for those at some places, in order."""
    begin = 0
    for batch in source.iter_batches():
        end = begin + batch.num_rows
        left_out = places[np.searchsorted(places, begin) : np.searchsorted(places, end)] - begin
        kept = np.ones(batch.num_rows, dtype=bool)
        kept[left_out] = False
        yield batch.filter(pa.array(kept)) if len(left_out) else batch
        begin = end


def _placed(
    source: pq.ParquetFile, columns: Sequence[str], number: int
) -> Iterator[pa.RecordBatch]:
    """Yield columns of a file, with where each row lies."""
    begin = 0
    for batch in source.iter_batches(columns=columns):
        end = begin + batch.num_rows
        file = pa.array(np.full(batch.num_rows, number, dtype=np.int32))
        place = pa.array(np.arange(begin, end, dtype=np.int64))
        values = [batch.column(name) for name in columns]
        fields = [batch.schema.field(name) for name in columns]
        yield pa.record_batch([file, place, *values], pa.schema([*_PLACE, *fields]))
        begin = end


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
