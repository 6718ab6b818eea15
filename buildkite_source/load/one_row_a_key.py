"""Of each key one row in a load, the newest: Delta and Iceberg merge no load that has two.

Rows of a key repeat where two passes return the same build, or where a list moves while it is read.
A database drops the older ones as it merges; dlt's `upsert` takes for granted that there are none
(https://dlthub.com/docs/general-usage/merge-loading#upsert-strategy). They are dropped from the
files that wait to be loaded, the last moment before, when all rows of the load are known.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dlt import Pipeline, Schema
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.utils import resolve_merge_strategy
from dlt.common.schema.utils import get_columns_names_with_prop
from dlt.common.storages import LoadStorage, ParsedLoadJobFileName
from sqlglot import exp

# Of what remembers keys; more is put on disk.
_MEMORY = "512MB"
_FOLDER = "older-rows"


def keep_newest(pipeline: Pipeline) -> int:
    """Drop older rows of a key from the packages of a pipeline that wait to be loaded.

    Doing so again changes nothing, so that a run that was killed here can be finished.

    Returns:
        Number of rows dropped; 0 where the destination does so itself.
    """
    capabilities = pipeline.destination.capabilities()
    storage = pipeline._get_load_storage()
    dropped = 0
    for load_id in pipeline.list_normalized_load_packages():
        schema = storage.normalized_packages.load_schema(load_id)
        for table, files in _files(storage, load_id).items():
            if _is_upserted(schema, table, capabilities):
                keys = get_columns_names_with_prop(schema.tables[table], "primary_key")
                newest = get_columns_names_with_prop(schema.tables[table], "dedup_sort")
                with _folder(pipeline) as folder:
                    dropped += _drop(files, keys, newest, folder)
    return dropped


@contextmanager
def _folder(pipeline: Pipeline) -> Iterator[Path]:
    """Give a folder beside the packages; a run that was killed may have left its own."""
    folder = Path(pipeline.working_dir) / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _is_upserted(schema: Schema, table: str, capabilities: DestinationCapabilitiesContext) -> bool:
    return resolve_merge_strategy(schema.tables, schema.tables[table], capabilities) == "upsert"


def _files(storage: LoadStorage, load_id: str) -> dict[str, list[Path]]:
    """Return the Parquet files of a package that wait to be loaded, by table."""
    found: dict[str, list[Path]] = defaultdict(list)
    packages = storage.normalized_packages
    for file in sorted(packages.list_new_jobs(load_id)):
        parsed = ParsedLoadJobFileName.parse(file)
        if parsed.file_format == "parquet":
            found[parsed.table_name].append(Path(packages.storage.make_full_path(file)))
    return found


def _drop(files: Sequence[Path], keys: Sequence[str], newest: Sequence[str], folder: Path) -> int:
    dropped = 0
    for file, rows in _older(files, keys, newest, folder):
        _rewrite(file, rows, folder / "kept.parquet")
        dropped += len(rows)
    return dropped


def _older(
    files: Sequence[Path], keys: Sequence[str], newest: Sequence[str], folder: Path
) -> Iterator[tuple[Path, np.ndarray]]:
    """Yield files with the places of those rows of which there is a newer one."""
    key = ", ".join(map(_quoted, keys))
    order = "".join(f"{_quoted(name)} DESC, " for name in newest)
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET temp_directory = ?", [str(folder)])
        connection.execute(
            # Keys are compared as numbers first: hardly any are there twice.
            f"""
            CREATE TEMP TABLE older AS
            WITH read AS (
              FROM read_parquet(?, filename = '_file', file_row_number = true)
              SELECT _file, file_row_number, {", ".join(map(_quoted, {*keys, *newest}))}
            ),
            repeated AS (
              SELECT hash({key}) AS key FROM read GROUP BY ALL HAVING count(*) > 1
            )
            SELECT _file, file_row_number FROM read
            WHERE hash({key}) IN (FROM repeated)
            QUALIFY row_number()
              OVER (PARTITION BY {key} ORDER BY {order}_file DESC, file_row_number DESC) > 1
            """,  # noqa: S608 - names of ours
            [[str(file) for file in files]],
        )
        for (name,) in connection.execute("SELECT DISTINCT _file FROM older").fetchall():
            rows = connection.execute(
                "SELECT file_row_number FROM older WHERE _file = ? ORDER BY ALL", [name]
            ).fetchnumpy()["file_row_number"]
            yield Path(name), rows


def _rewrite(file: Path, without: np.ndarray, target: Path) -> None:
    """Replace a file by one without some of its rows, batch by batch."""
    with pq.ParquetFile(file) as source, pq.ParquetWriter(target, source.schema_arrow) as writer:
        begin = 0
        for batch in source.iter_batches():
            places = np.arange(begin, begin + batch.num_rows)
            writer.write_batch(batch.filter(pa.array(~np.isin(places, without))))
            begin += batch.num_rows
    os.replace(target, file)  # noqa: PTH105 - it is one step, also on Windows


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
