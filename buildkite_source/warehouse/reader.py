"""A dataset of a pipeline, opened to read: nothing is written there, nor into dlt's folder."""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.common.pipeline import get_dlt_pipelines_dir

from .local_folder import folder_of, settle
from .private_folder import PrivateFolder
from .snapshot import keep_ready, snapshot


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset of a pipeline.

    Attributes:
        pipeline: Name of the pipeline that loaded it.
        destination: dlt's name of the destination.
        name: Its name.
    """

    pipeline: str
    destination: str
    name: str


class Reader:
    """Opens a dataset.

    A DuckDB file is read from a copy, so that no load meets a reader: see `snapshot`. Other
    destinations serve readers and loads at once; they are asked themselves.

    Attributes:
        origin: The pipeline, with its real destination, in a folder of the reader's own. To know
            where the data lies; a DuckDB file would come into being if it were asked.
        copy: The copy that is read; None where the destination itself is, or before `open`.
    """

    def __init__(self, dataset: Dataset) -> None:
        """Find the dataset.

        Args:
            dataset: Where the data is.
        """
        # A folder of its own: that of the pipeline belongs to the loads.
        self._folder = PrivateFolder()
        self._dataset = dataset
        self.origin = self._pipeline("", dataset.destination)
        # The files of the loads, which write there, are only read.
        settle(self.origin, folder_of(Path(get_dlt_pipelines_dir()) / dataset.pipeline))
        self.copy: Path | None = None

    def open(self) -> dlt.Pipeline:
        """Return the pipeline to ask; what it keeps of its own goes with the reader.

        Raises:
            FileNotFoundError: There is no such DuckDB file.
            BusyError: A load writes to it without a pause.
        """
        file = duckdb_file(self.origin)
        if not file:
            return self.origin
        self.copy = snapshot(file, copies_folder() or self._folder.path)
        # Kept open: the copy is nobody else's, and outlives its name.
        connection = duckdb.connect(str(self.copy), read_only=True)
        return self._pipeline("copy", dlt.destinations.duckdb(connection))

    def _pipeline(self, folder: str, destination: Any) -> dlt.Pipeline:
        return dlt.pipeline(
            self._dataset.pipeline,
            pipelines_dir=str(self._folder.path / folder),
            destination=destination,
            dataset_name=self._dataset.name,
        )


def keep_copy_ready(file: Path | None) -> None:
    """After a load into a large DuckDB file: have a copy of it ready for whoever reads it.

    It costs the load the time that a reader would wait; a copy that cannot be made is the reader's
    business.

    Args:
        file: Where it lies; None of another destination.
    """
    folder = copies_folder()
    if file and folder:
        with suppress(OSError, duckdb.Error):
            keep_ready(file, folder)


def duckdb_file(pipeline: dlt.Pipeline, config: Any = None) -> Path | None:
    """Return the DuckDB file of a pipeline; None of another destination, or in memory.

    Args:
        pipeline: Its destination counts.
        config: Settings of the destination, if they are known.
    """
    if pipeline.destination.destination_type != "dlt.destinations.duckdb":
        return None
    known: Any = config or pipeline.destination_client().config
    # dlt makes paths absolute; `:memory:` and its like are none.
    path = Path(known.credentials.database)
    return path if path.is_absolute() else None


def copies_folder() -> Path | None:
    """Return the folder of this user's copies, which all readers share; None if it is not theirs.

    Others may write into the system's temporary folder, too.
    """
    user = os.getuid() if hasattr(os, "getuid") else ""
    folder = Path(tempfile.gettempdir()) / f"buildkite-copies-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        return None
    found = folder.lstat()
    # Elsewhere the temporary folder is the user's own.
    is_own = user == "" or (found.st_uid == user and not found.st_mode & 0o077)
    return folder if is_own and stat.S_ISDIR(found.st_mode) else None
