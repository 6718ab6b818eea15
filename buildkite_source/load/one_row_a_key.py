"""Of each key one row in a load, the newest: Delta and Iceberg merge no load that has two.

Rows of a key repeat where two passes return the same build, or where a list moves while it is read.
A database drops the older ones as it merges; dlt's `upsert` takes for granted that there are none
(https://dlthub.com/docs/general-usage/merge-loading#upsert-strategy). They are dropped from the
files that wait to be loaded, the last moment before, when all rows of the load are known.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dlt import Pipeline, Schema
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.utils import resolve_merge_strategy
from dlt.common.schema.utils import get_columns_names_with_prop
from dlt.common.storages import LoadStorage, ParsedLoadJobFileName

from buildkite_source.warehouse.older_rows import OlderRows, batches_without

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
    names = [str(file) for file in files]
    with OlderRows(names, pa.OSFile, keys, newest, folder) as older:
        for name in names if older.older else ():
            places = older.of(name)
            if len(places):
                _rewrite(name, places, folder / "kept.parquet")
        return older.older


def _rewrite(file: str, without: np.ndarray, target: Path) -> None:
    """Replace a file by one without some of its rows, batch by batch."""
    with pq.ParquetFile(file) as source, pq.ParquetWriter(target, source.schema_arrow) as writer:
        for batch in batches_without(source, without):
            writer.write_batch(batch)
    target.replace(file)
