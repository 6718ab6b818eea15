"""`notebooks`: the project's notebooks, opened in a browser."""

import subprocess
import sys
from pathlib import Path

import buildkite_source
from buildkite_source.settings import SettingError

_PACKAGE = Path(buildkite_source.__file__).parent
# In a wheel they lie in the package, in a checkout beside it.
_FOLDERS = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")


def notebooks_folder() -> Path | None:
    """Return the folder of the notebooks; None where this installation has none."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)


def open_notebooks(pipeline: str, destination: str, dataset: str) -> int:
    """Serve the notebooks until Ctrl-C, and return the exit code.

    Raises:
        SettingError: This installation has none.
    """
    folder = notebooks_folder()
    if not folder:
        raise SettingError("This installation has no notebooks: install the package anew.")
    data = ("--pipeline", pipeline, "--destination", destination, "--dataset", dataset)
    command = [sys.executable, "-m", "marimo", "run", str(folder), "--", *data]
    return subprocess.call(command)  # noqa: S603 - words of ours, and no shell
