"""Plain Parquet files, written anew with the latest row of each key: files cannot be merged into.

Whoever reads them counts the latest row of a key alone (see `latest`). So the new files may stand
beside the old ones for as long as it takes, also for ever where a run is killed: the new ones
appear whole, each under a name of its own, and only then are the old ones removed.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from .latest import Key
from .older_rows import OlderRows, batches_without
from .private_folder import PrivateFolder

# Rows of a new file, and of a part of it that is read at once; and bytes of such a part, in memory.
_ROWS_OF_FILE = 5_000_000
_ROWS_OF_GROUP = 122_880
_BYTES_OF_GROUP = 64 << 20
_UNFINISHED = "_compacting"

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


class Files:
    """The files of a dataset, on any file system.

    Args:
        client: dlt's client of the destination `filesystem`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._files = client.fs_client
        self._unfinished = client.pathlib.join(client.dataset_path, _UNFINISHED)

    def of(self, table: str) -> list[str]:
        """Return the names of a table's files, in the order of their loads."""
        return sorted(self._client.list_table_files(table))

    def opened(self, file: str) -> Any:
        """Return a file to read from."""
        return self._files.open(file, "rb")

    def add(self, table: str, local: Path) -> None:
        """Add a file to a table; it appears when it is whole."""
        name = f"{self._client.get_table_prefix(table)}compacted-{uuid4().hex}.parquet"
        if not self._client.config.is_local_filesystem:
            # An object of a bucket appears when it is whole.
            self._files.put_file(str(local), name)
            return
        self._files.makedirs(self._unfinished, exist_ok=True)
        whole = self._client.pathlib.join(self._unfinished, local.name)
        self._files.put_file(str(local), whole)
        Path(whole).rename(name)

    def remove(self, files: Sequence[str]) -> None:
        """Remove files; those that are gone already are no error."""
        for file in files:
            self._client._delete_file(file)

    def tidy(self) -> None:
        """Remove what was not finished, by this run or one that was killed."""
        if self._client.config.is_local_filesystem:
            shutil.rmtree(self._unfinished, ignore_errors=True)


def compact_table(files: Files, table: str, key: Key, tell: Tell, *, dry: bool) -> Compacted:
    """Write a table's files anew with the latest row of each key, in as few as can be.

    Args:
        files: Of the dataset.
        table: Its name.
        key: What tells its rows apart.
        tell: Hears how far it is.
        dry: Change nothing.
    """
    old = files.of(table)
    if not all(file.endswith(".parquet") for file in old):
        return Compacted(table, len(old), 0, len(old), 0, "its files are no Parquet")
    own = PrivateFolder()

    def read(number: int) -> None:
        tell("read", number, len(old))

    with OlderRows(old, files.opened, key.primary, [key.newest], own.path, read) as older:
        kept = older.rows - older.older
        count = max(1, -(-kept // _ROWS_OF_FILE))
        if not older.older and len(old) <= count:
            return Compacted(
                table, len(old), older.rows, len(old), older.rows, "it is compact already"
            )
        if not dry:
            schema = _schema(old, files)

            def written(number: int) -> None:
                tell("written", number, len(old))

            for made in _written(_batches(old, files, older, schema, written), schema, own.path):
                files.add(table, made)
            files.remove(old)
    return Compacted(table, len(old), older.rows, count, kept)


def _schema(old: Sequence[str], files: Files) -> pa.Schema:
    """Return the columns of all files: later versions add some."""
    schemas = []
    for file in old:
        with files.opened(file) as opened:
            schemas.append(pq.read_schema(opened))
    return pa.unify_schemas(schemas, promote_options="permissive")


def _batches(
    old: Sequence[str],
    files: Files,
    older: OlderRows,
    schema: pa.Schema,
    tell: Callable[[int], None],
) -> Iterator[pa.Table]:
    for number, file in enumerate(old, 1):
        with files.opened(file) as opened, pq.ParquetFile(opened) as source:
            for batch in batches_without(source, older.of(file)):
                yield pa.concat_tables(
                    [schema.empty_table(), pa.Table.from_batches([batch])],
                    promote_options="permissive",
                )
        tell(number)


def _written(rows: Iterator[pa.Table], schema: pa.Schema, folder: Path) -> Iterator[Path]:
    """Yield local files of these rows, each when it is whole; one, though there be no rows."""
    file = folder / "whole.parquet"
    writer, count = pq.ParquetWriter(file, schema), 0
    for part in _parts(rows):
        rest = part.cast(schema)
        while rest.num_rows:
            if count == _ROWS_OF_FILE:
                writer.close()
                yield file
                writer, count = pq.ParquetWriter(file, schema), 0
            now = rest.slice(0, _ROWS_OF_FILE - count)
            writer.write_table(now)
            count += now.num_rows
            rest = rest.slice(now.num_rows)
    writer.close()
    yield file


def _parts(rows: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield the rows in parts that are worth a row group."""
    waiting: list[pa.Table] = []
    for table in rows:
        waiting.append(table)
        if (
            sum(one.num_rows for one in waiting) >= _ROWS_OF_GROUP
            or sum(one.nbytes for one in waiting) >= _BYTES_OF_GROUP
        ):
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
