"""Whole logs: from bytes or a file to an Arrow table or a Parquet file."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from buildkite_source.whole_file import unfinished

from .parser import MAX_LINE_BYTES, LogParser
from .schema import LogSummary
from .stamps import is_stamped

_READ_BYTES = 256 * 1024
# A row group holds at least so many rows, or bytes where lines are long.
_GROUP_ROWS = 131_072
_GROUP_BYTES = 16 * 1024 * 1024


def parse_log(
    source: bytes | str | Path, *, raw: bool = False, max_line_bytes: int = MAX_LINE_BYTES
) -> pa.Table:
    """Return all lines of a log; see `log_schema` for the columns.

    Args:
        source: The log itself, or the path of a file that holds it.
        raw: Also return each line as it came.
        max_line_bytes: Longer lines are cut and flagged.

    Raises:
        OSError: The file cannot be read.
    """
    if isinstance(source, bytes):
        stamped = is_stamped([source])
        parser = LogParser(raw=raw, max_line_bytes=max_line_bytes, stamped=stamped)
        batches = parser.feed(source)
    else:
        with Path(source).open("rb") as file:
            parser = _parser(file, raw, max_line_bytes)
            batches = [batch for chunk in _chunks(file) for batch in parser.feed(chunk)]
    table = pa.Table.from_batches([*batches, *parser.finish()], schema=parser.schema)
    return table.unify_dictionaries()


def log_to_parquet(
    source: BinaryIO,
    target: str | Path,
    *,
    raw: bool = False,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> LogSummary:
    """Write the lines of a log to a Parquet file (Snappy), in bounded memory.

    The file appears under its name when it is complete; one of that name is replaced.

    Args:
        source: The log, open for reading bytes; read from where it stands.
        target: The Parquet file.
        raw: Also write each line as it came.
        max_line_bytes: Longer lines are cut and flagged.

    Raises:
        OSError: The log cannot be read or the file cannot be written.
    """
    parser = _parser(source, raw, max_line_bytes)
    with unfinished(Path(target)) as beside, _writer(beside, parser.schema) as writer:
        for table in _row_groups(parser, source):
            # A second dictionary in a row group would be written the long way.
            writer.write_table(table.unify_dictionaries(), row_group_size=table.num_rows)
    return parser.summary


def _parser(file: BinaryIO, raw: bool, max_line_bytes: int) -> LogParser:
    stamped = False
    # What can be read only once is not looked at before.
    if getattr(file, "seekable", bool)():
        begin = file.tell()
        stamped = is_stamped(_chunks(file))
        file.seek(begin)
    return LogParser(raw=raw, max_line_bytes=max_line_bytes, stamped=stamped)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_READ_BYTES):
        yield chunk


def _row_groups(parser: LogParser, source: BinaryIO) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for chunk in _chunks(source):
        for batch in parser.feed(chunk):
            waiting.append(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
                yield pa.Table.from_batches(waiting)
                waiting, rows, size = [], 0, 0
    waiting += parser.finish()
    if waiting:
        yield pa.Table.from_batches(waiting)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        schema,
        # Half the time of Zstandard, which was a third of all, for a file a third larger.
        compression="snappy",
        # Only headers repeat; looking for repeated lines costs more than it saves.
        use_dictionary=["group_header"],
        column_encoding=dict.fromkeys(("line_number", "logged_at"), "DELTA_BINARY_PACKED"),
        write_statistics=["line_number", "logged_at"],
    )
