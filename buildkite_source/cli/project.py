"""Where the project lies: its `.dlt` settings and the DuckDB files beside them."""

import os
from pathlib import Path


def find_project(start: Path, fallback: Path) -> Path | None:
    """Return the folder that holds `.dlt`: `start`, the nearest above it, else `fallback`.

    The `.dlt` of a home folder is dlt's own, for settings of all projects, and no project.
    """
    for folder in (start, *start.parents, fallback):
        settings = folder / ".dlt"
        if folder != start and folder == Path.home():
            continue
        if (settings / "config.toml").is_file() or (settings / "secrets.toml").is_file():
            return folder
    return None


def enter_project() -> None:
    """Point dlt at the project, from wherever the command was started.

    Settings of the environment win, as they do in dlt.
    """
    project = find_project(Path.cwd(), Path(__file__).resolve().parents[2])
    if project:
        os.environ.setdefault("DLT_PROJECT_DIR", str(project))
        os.environ.setdefault("DLT_LOCAL_DIR", str(project))
