"""What a run mends before it loads: damaged files of dlt, work that was left, a stray schema."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from dlt import Pipeline
from dlt.common.pipeline import get_dlt_pipelines_dir

from buildkite_source.warehouse import SOURCE

from .guards import LOCK
from .runs import RUNS, WAITING

# Packages of these folders are still to be loaded; others are kept for people to look at.
_PENDING = ("normalize/*/*", "load/normalized/*", "load/new/*")
_ASIDE = ".damaged"


def set_damaged_aside(pipeline_name: str) -> str:
    """Move dlt's files of a pipeline out of the way if one of them cannot be read.

    A full disk or a crash may leave a file cut off. What has been loaded, dlt restores from the
    destination; what waited to be loaded is asked for again.

    Returns:
        What was done, or "".
    """
    folder = Path(get_dlt_pipelines_dir()) / pipeline_name
    damaged = next(_damaged(folder), None)
    if damaged is None:
        return ""
    aside = folder.with_name(f"{folder.name}{_ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for entry in folder.iterdir():
        # The lock is this run's.
        if entry.name != LOCK:
            entry.rename(aside / entry.name)
    return (
        f"A file of dlt's could not be read ({damaged.relative_to(folder)}, perhaps cut off by a "
        f"full disk): the folder was set aside as {aside}, and the destination's own state is used."
    )


def finish_pending(pipeline: Pipeline) -> bool:
    """Load what a run that died has left behind, and return whether there was anything.

    `Pipeline.run` would do so as well, but return without extracting anything new.
    """
    if not pipeline.has_pending_data:
        return False
    pipeline.normalize()
    pipeline.load()
    return True


def mend_default_schema(pipeline: Pipeline) -> None:
    """Make the source's schema the default one where our journal's has become it.

    Versions before 0.2 loaded the journal of a first run that failed into a schema of its own,
    which dlt then took for the default one, in the destination too.
    """
    stray = pipeline.default_schema_name
    if not stray or stray == SOURCE:
        return
    tables = set(pipeline.schemas[stray].data_table_names(include_incomplete=True))
    if not tables <= {RUNS, WAITING}:
        return
    pipeline.default_schema_name = SOURCE if SOURCE in pipeline.schemas else None
    pipeline.schemas.remove_schema(stray)
    pipeline.schema_names = pipeline.schemas.list_schemas()
    with pipeline.managed_state():
        # On its way out it takes these over into the state.
        pass


def _damaged(folder: Path) -> Iterator[Path]:
    """Yield the files of dlt that a run would read and that cannot be read."""
    files = [folder / "state.json", *folder.glob("*/.version"), *folder.glob("schemas/*.json")]
    for pattern in _PENDING:
        files += [file for package in folder.glob(pattern) for file in package.rglob("*")]
    for file in files:
        if file.is_file() and not _is_readable(file):
            yield file


def _is_readable(file: Path) -> bool:
    try:
        if not file.stat().st_size:
            # dlt writes none; gzip would take it for one without rows.
            return False
        if file.suffix == ".json":
            json.loads(file.read_bytes())
        elif file.suffix == ".parquet":
            pq.read_metadata(file)
        elif file.suffix == ".gz":
            with gzip.open(file) as packed:
                while packed.read(1 << 20):
                    pass
    except (ValueError, EOFError, gzip.BadGzipFile, OSError):
        # Arrow's errors are among these.
        return False
    return True
