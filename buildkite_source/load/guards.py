"""What surrounds a run: no other one beside it, Ctrl-C as a request, a file that stays open."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Self

import duckdb
from dlt import Pipeline
from dlt.common.pipeline import get_dlt_pipelines_dir
from filelock import FileLock, Timeout

from buildkite_source.client import BuildkiteError, BuildkiteSession
from buildkite_source.metrics.asking import SLOW_COMPRESSIONS
from buildkite_source.warehouse.reader import duckdb_file

_SMALL = 64 * 2**20
# Of a new file. DuckDB's own are 256 KiB, one or two of which each column of each table takes.
_BLOCK = 32 * 2**10
_WRITE_FAST = f"SET disabled_compression_methods = '{SLOW_COMPRESSIONS}'"


class BusyError(BuildkiteError):
    """Another run of the same pipeline is under way."""


@contextmanager
def one_at_a_time(pipeline_name: str, pipelines_dir: str | None = None) -> Iterator[None]:
    """Hold the pipeline for this thread alone, which may do so twice.

    Raises:
        BusyError: Another one holds it.
    """
    folder = Path(pipelines_dir or get_dlt_pipelines_dir())
    folder.mkdir(parents=True, exist_ok=True)
    # Beside the pipeline's own folder, which dlt empties before a first run.
    lock = FileLock(folder / f"{pipeline_name}.lock", timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another run of {pipeline_name} is under way; this one leaves the work to it."
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_under_way(pipeline_name: str) -> bool:
    """Whether a run of the pipeline is under way on this machine."""
    try:
        with one_at_a_time(pipeline_name):
            return False
    except BusyError:
        return True


class OpenFile:
    """Keeps the DuckDB file of a pipeline open between the many short questions of a run.

    DuckDB reads its catalog, with the text of all views, whenever a file is opened that nobody of
    the process has open, and takes its log into it when the last one closes it: 40 ms each on an
    empty one, a quarter of a sync with nothing new. Any other destination is left alone.

    A file that is small is written without the two ways of compressing texts that take most of the
    time: a fifth of a second of each run, for at most a third of its size. A new file is made of
    small blocks: many tables of few rows take less than half the room, large ones about as much.

    Args:
        pipeline: Whose file it is.

    Attributes:
        config: dlt's settings of where it lies, which take it longer to find than to ask a short
            question; None of another destination.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.config: Any = None
        self._pipeline = pipeline
        self._client: Any = None

    @property
    def path(self) -> Path | None:
        """Where the file lies; None of another destination, and of a database in memory."""
        return duckdb_file(self._pipeline, self.config)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def open(self) -> None:
        """Open the file, or open it anew: what DuckDB has read of it since is forgotten.

        If it cannot be opened, whoever asks next finds that out and says so.
        """
        self.close()
        if self._pipeline.destination.destination_type != "dlt.destinations.duckdb":
            return
        client: Any = self._pipeline.destination_client()
        self.config = client.config
        with suppress(Exception):
            path = self.path
            if path and not path.exists():
                duckdb.connect(path, config={"default_block_size": _BLOCK}).close()
            self._client = client.__enter__()
            if not path or path.stat().st_size < _SMALL:
                client.sql_client.execute_sql(_WRITE_FAST)

    def close(self) -> None:
        """Let the file go."""
        client, self._client = self._client, None
        if client:
            client.__exit__(None, None, None)


@contextmanager
def stop_on_interrupt(session: BuildkiteSession) -> Iterator[None]:
    """On the first Ctrl-C keep what is read and stop fetching; on the second stop at once."""

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if session.budget.stopped:
            raise KeyboardInterrupt
        session.stop()

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
