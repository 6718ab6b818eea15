"""Where the project lies: its `.dlt` settings and the DuckDB files beside them."""

import os
from pathlib import Path


def is_project(folder: Path) -> bool:
    """Whether dlt's settings of a project are in a folder's `.dlt`."""
    names = ("config.toml", "secrets.toml")
    return any((folder / ".dlt" / name).is_file() for name in names)


def find_project(start: Path, fallback: Path) -> Path | None:
    """Return the folder that holds `.dlt`: `start`, the nearest above it, else `fallback`.

    The `.dlt` of a home folder is dlt's own, for settings of all projects, and no project.
    """
    for folder in (start, *start.parents, fallback):
        if folder != start and folder == Path.home():
            continue
        if is_project(folder):
            return folder
    return None


def enter_project() -> None:
    """Point dlt at the project, from wherever the command was started.

    Settings of the environment win, as they do in dlt.
    """
    project = find_project(Path.cwd(), Path(__file__).resolve().parents[1])
    if project:
        os.environ.setdefault("DLT_PROJECT_DIR", str(project))
        os.environ.setdefault("DLT_LOCAL_DIR", str(project))
