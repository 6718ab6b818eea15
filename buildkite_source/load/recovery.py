"""What a run mends before it loads: damaged files of dlt, work that was left, a stray schema."""

import gzip
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import dlt
import pyarrow.parquet as pq
from dlt import Pipeline
from dlt.common.pipeline import get_dlt_pipelines_dir

from buildkite_source.printable import one_line
from buildkite_source.warehouse.local_folder import folder_of, settle
from buildkite_source.warehouse.state import LOAD_ID
from buildkite_source.warehouse.stored import SOURCE, stored_state

from .advice import innermost, may_pass
from .guards import one_at_a_time
from .journal import RUNS, WAITING
from .one_row_a_key import keep_newest
from .report import lies_in

# Packages of these folders are still to be loaded; dlt begins anew what it was still writing, and
# keeps others for people to look at.
_PENDING = ("normalize/extracted/*", "load/normalized/*")
_RESTORE = ".restore"
_ASIDE = ".damaged"
_LONGEST = 200
_VERSION = re.compile(rb"\d+\.\d+\.\d+")


# What was mended when a pipeline was opened, for the report of its run.
_NOTES: WeakKeyDictionary[Pipeline, list[str]] = WeakKeyDictionary()


class PendingError(Exception):
    """What waits to be loaded cannot be, and never will be."""


@contextmanager
def opened(pipeline_name: str, **settings: Any) -> Iterator[Pipeline]:
    """Hold and open a pipeline, by `dlt.pipeline`, which cannot open damaged files.

    Args:
        pipeline_name: Its name.
        settings: Arguments of `dlt.pipeline`.

    Raises:
        BusyError: Another run of the pipeline is under way.
    """
    with one_at_a_time(pipeline_name):
        folder = Path(get_dlt_pipelines_dir()) / pipeline_name
        done, home = set_damaged_aside(folder)
        pipeline = dlt.pipeline(pipeline_name, **settings)
        _NOTES[pipeline] = [*filter(None, (done, _settled(pipeline, home)))]
        yield pipeline


def notes(pipeline: Pipeline) -> list[str]:
    """Return what was mended when a pipeline was opened."""
    return _NOTES.pop(pipeline, [])


def mend_files(pipeline: Pipeline) -> list[str]:
    """Move dlt's files of a pipeline out of the way if one of them cannot be read.

    A full disk or a crash may leave a file cut off. What has been loaded, dlt restores from the
    destination; what waited to be loaded is asked for again. Local files of the destination are
    looked for where the project lies now.

    Returns:
        What was done.
    """
    done, home = set_damaged_aside(Path(pipeline.working_dir))
    if done:
        pipeline.drop()
    return [*filter(None, (done, _settled(pipeline, home)))]


def finish_or_set_aside(pipeline: Pipeline) -> tuple[bool, str]:
    """Load what a run that died has left behind, or set it aside if it would fail for ever.

    Returns:
        Whether something was loaded, and what was set aside, or "".

    Raises:
        Exception: Of dlt or the destination, which may pass.
    """
    try:
        return finish_pending(pipeline), ""
    except Exception as error:
        if may_pass(error, str(pipeline.destination.destination_name)):
            raise
        return False, set_pending_aside(pipeline, error)


def set_pending_aside(pipeline: Pipeline, error: BaseException) -> str:
    """Move dlt's files of a pipeline out of the way, as what waits there cannot be loaded.

    Returns:
        What was done.
    """
    reason = one_line(str(innermost(error)))[:_LONGEST] or type(error).__name__
    aside, home = _set_aside(Path(pipeline.working_dir))
    pipeline.drop()
    settle(pipeline, home)
    return (
        f"What an earlier run left to be loaded could not be ({reason}), and is asked for again: "
        f"{aside}"
    )


def finish_pending(pipeline: Pipeline) -> bool:
    """Load what a run that died has left behind, and return whether there was anything.

    `Pipeline.run` would do so as well, but return without extracting anything new.

    Raises:
        Exception: Of dlt or the destination; for good, unless `advice.known` explains it.
    """
    if not pipeline.has_pending_data:
        return False
    if not _fits(pipeline):
        raise PendingError("it was made for another destination, or for an older state of this one")
    pipeline.normalize()
    keep_newest(pipeline)
    pipeline.load()
    if pipeline.has_pending_data:
        raise PendingError("dlt does not know what it belongs to")
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


def set_damaged_aside(folder: Path) -> tuple[str, str | None]:
    """Move dlt's folder of a pipeline out of the way if a file of it cannot be read.

    Returns:
        What was done, or ""; and where local files of the pipeline lie, if that is known.
    """
    damaged = next(_damaged(folder), None)
    if damaged is None:
        return "", None
    aside, home = _set_aside(folder)
    return (
        f"A file of dlt's could not be read ({damaged.relative_to(folder)}, perhaps cut off by a "
        f"full disk): {aside}",
        home,
    )


def _set_aside(folder: Path) -> tuple[str, str | None]:
    """Return what was done, and where local files of the pipeline lie, if that is known."""
    home = folder_of(folder)
    aside = folder.with_name(f"{folder.name}{_ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    return f"the folder was set aside as {aside}, and the destination's own state is used.", home


def _settled(pipeline: Pipeline, home: str | None) -> str:
    """Find the folder of the destination's local files; return what to say, if it is another."""
    moved = settle(pipeline, home)
    if not moved or not lies_in(pipeline, moved[1]):
        return ""
    before, now = moved
    if Path(before).is_dir():
        return f"Earlier runs loaded in {before}, this one loads into files of its own in {now}."
    return f"{before}, where earlier runs loaded, is gone. This one loads in {now}."


def _fits(pipeline: Pipeline) -> bool:
    """Whether what waits follows upon what the destination has.

    The state that comes with it speaks of all that was loaded before, there and not elsewhere.
    """
    expected: set[str | None] = set()
    for package in _packages(Path(pipeline.working_dir)):
        before = package / _RESTORE / "state.json"
        if not before.is_file():
            return True
        sources = json.loads(before.read_bytes()).get("sources", {})
        expected |= {package.name, sources.get(SOURCE, {}).get(LOAD_ID)}
    stored = stored_state(pipeline)
    return stored is None or not expected or stored.get(LOAD_ID) in expected


def _packages(folder: Path) -> Iterator[Path]:
    for pattern in _PENDING:
        yield from folder.glob(pattern)


def _damaged(folder: Path) -> Iterator[Path]:
    """Yield the files of dlt that a run would read and that cannot be read."""
    files = [folder / "state.json", *folder.glob("*/.version"), *folder.glob("schemas/*.json")]
    for package in _packages(folder):
        files += (file for file in package.rglob("*") if _is_content(file.relative_to(package)))
    for file in files:
        if file.is_file() and not _is_readable(file):
            yield file


def _is_content(file: Path) -> bool:
    """Whether a file of a package is what its name says; some folders hold notes on such files."""
    return file.parts[0] == _RESTORE or not file.parts[0].startswith(".")


def _is_readable(file: Path) -> bool:
    try:
        if not file.stat().st_size:
            # dlt writes none; gzip would take it for one without rows.
            return False
        if file.suffix == ".json":
            return isinstance(json.loads(file.read_bytes()), dict)
        if file.name == ".version":
            return bool(_VERSION.match(file.read_bytes()))
        if file.suffix == ".parquet":
            pq.read_metadata(file)
        elif file.suffix == ".gz":
            with gzip.open(file) as packed:
                while packed.read(1 << 20):
                    pass
    except (ValueError, EOFError, zlib.error, OSError) as error:
        # Arrow's errors are among these. A file that is closed is whole.
        return isinstance(error, PermissionError)
    return True
