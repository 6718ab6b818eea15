"""Where the project lies: its `.dlt` settings and the DuckDB files beside them."""

import os
from pathlib import Path


def find_project(start: Path, fallback: Path) -> Path | None:
    """Return the folder that holds `.dlt`: `start`, the nearest above it, else `fallback`."""
    for folder in (start, *start.parents, fallback):
        if (folder / ".dlt" / "config.toml").is_file() or (folder / ".dlt/secrets.toml").is_file():
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
