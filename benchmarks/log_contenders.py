"""Three ways from a log file to Parquet; each runs in a process of its own, on one core.

`python -m benchmarks.log_contenders NAME LOG PARQUET` prints seconds and memory as JSON. Only
the work is timed: the modules are loaded and have run once before.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .log_lines import log_lines


def ours(log: str, parquet: str) -> None:
    """`buildkite_source.logs`."""
    from buildkite_source.logs import log_to_parquet

    with Path(log).open("rb") as file:
        log_to_parquet(file, parquet)


_MARK = re.compile(rb"\x1b_bk;t=(\d+)\x07")
_ANSI = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_HEADER = re.compile(r"(?:---|\+\+\+|~~~)\s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def python(log: str, parquet: str) -> None:
    """A loop over the lines with regular expressions, as one would write it first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {
            "line_number": pa.int64(),
            "logged_at": pa.timestamp("us", "UTC"),
            "group_header": pa.string(),
            "text": pa.string(),
            "is_header": pa.bool_(),
            "is_progress": pa.bool_(),
        }
    )
    group = None
    rows = []
    with (
        Path(log).open("rb") as file,
        pq.ParquetWriter(parquet, schema, compression="snappy") as writer,
    ):
        for number, line in enumerate(file, start=1):
            mark = _MARK.search(line)
            at = _EPOCH + timedelta(milliseconds=int(mark[1])) if mark else None
            shown = _ANSI.sub(b"", _MARK.sub(b"", line)).rstrip(b"\r\n")
            *before, last = shown.rsplit(b"\r", 1)
            text = last.decode(errors="replace")
            is_header = _HEADER.match(text) is not None
            if is_header:
                group = text
            rows.append((number, at, group, text, is_header, bool(before)))
            if len(rows) == 100_000:
                writer.write_table(_table(rows, schema))
                rows = []
        if rows:
            writer.write_table(_table(rows, schema))


def _table(rows: list, schema):  # type: ignore[no-untyped-def, type-arg]
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def duckdb(log: str, parquet: str) -> None:
    """DuckDB: split into lines, regular expressions, a window for the group.

    Not `read_csv`: whatever `new_line` says, it ends lines at a lone carriage return as well.
    """
    import duckdb as database

    connection = database.connect()
    connection.execute("set threads = 1; set TimeZone = 'UTC'")
    connection.execute(_SQL, {"log": log, "parquet": parquet})


_SQL = r"""
copy (
    with lines as (
        select
            row_number() over () as line_number,
            line,
            rtrim(regexp_replace(
                regexp_replace(line, '\x1b_bk;t=\d+\x07', '', 'g'),
                '\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)', '', 'g'
            ), chr(13)) as shown
        from (
            select unnest(string_split(rtrim(content, chr(10)), chr(10))) as line
            from read_text($log)
        )
    ),
    texts as (
        select *, regexp_replace(shown, '^.*\r', '', 's') as text from lines
    ),
    marked as (
        select *, regexp_matches(text, '^(---|\+\+\+|~~~)\s') as is_header from texts
    )
    select
        line_number,
        epoch_ms(try_cast(regexp_extract(line, '\x1b_bk;t=(\d+)\x07', 1) as bigint))
            at time zone 'UTC' as logged_at,
        last_value(if(is_header, text, null) ignore nulls) over (order by line_number)
            as group_header,
        text,
        is_header,
        contains(shown, chr(13)) as is_progress
    from marked
    order by line_number
) to $parquet (format parquet, compression snappy)
"""

CONTENDERS: dict[str, Callable[[str, str], None]] = {
    "ours": ours,
    "python": python,
    "duckdb": duckdb,
}


def main() -> None:
    """Run one contender and print what it took."""
    name, log, parquet = sys.argv[1:]
    contender = CONTENDERS[name]
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.log"
        small.write_bytes(b"".join(log_lines(2_000)))
        contender(str(small), f"{folder}/small.parquet")
    wall, cpu = time.perf_counter(), time.process_time()
    contender(log, parquet)
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({**taken, "peak": _peak()}))


def _peak() -> float:
    """Return the most resident memory of this process in MiB, 0 if the system does not tell."""
    # Not `ru_maxrss`: it starts from the size of the process that started this one.
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
