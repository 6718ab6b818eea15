"""The folder that the local files of a pipeline lie in, such as a DuckDB file.

dlt keeps the folder of the first run in the pipeline's state, so that a run that is started
elsewhere loads into the same files. A project may be moved, or cloned once more.
"""

import json
import os
from pathlib import Path
from typing import Any

import dlt
from dlt.common import known_env

from buildkite_source.project import is_project

_KEY = "initial_cwd"


def folder_of(working_dir: Path) -> str | None:
    """Return the folder that dlt's files of a pipeline name, only read; None if they do not."""
    try:
        found = json.loads((working_dir / "state.json").read_bytes())["_local"][_KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def folder_now(first: str) -> str:
    """Return the folder that files lie in of a pipeline whose first run was started in `first`.

    In a project, which has settings in `.dlt`, or which `DLT_LOCAL_DIR` names, they lie there.
    Elsewhere they lie where the first run was started, or here, if that folder is gone.
    """
    local_dir = dlt.current.run_context().local_dir
    here = Path(os.path.abspath(local_dir))  # noqa: PTH100 - as dlt does
    # The `.dlt` of a home folder is dlt's own, for settings of all projects.
    in_project = os.environ.get(known_env.DLT_LOCAL_DIR) or (
        here != Path.home() and is_project(here)
    )
    return str(here) if in_project or not Path(first).is_dir() else first


def settle(pipeline: dlt.Pipeline, first: str | None = None) -> tuple[str, str] | None:
    """Let the files of a pipeline lie where they belong; see `folder_now`.

    Args:
        pipeline: The pipeline, of which dlt remembers the folder of the first run.
        first: That folder, where dlt's own files do not tell any more.

    Returns:
        The folder of earlier runs and that of this one, if they differ.
    """
    remembered: str = pipeline.get_local_state_val(_KEY)
    first = first or remembered
    folder = folder_now(first)
    if folder != remembered:
        pipeline.set_local_state_val(_KEY, folder)
        # From here it goes into the state whenever that changes.
        setattr(pipeline, _KEY, folder)
        _tell(pipeline.destination, remembered, folder)
    return None if folder == first else (first, folder)


def _tell(destination: Any, before: str, folder: str) -> None:
    """Have a destination that dlt has told the folder already know the other one."""
    settings = destination.config_params if destination else {}
    if settings.get("local_dir") == before:
        settings["local_dir"] = folder
