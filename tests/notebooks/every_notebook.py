"""A program that runs every notebook, and imports what they need once, as that is dear.

`export FOLDER` makes an HTML file of each, by marimo's command line. `run PIPELINE…` runs each as
a script on the data of each pipeline, and prints the outputs of its cells as HTML: a line of JSON
with its name, the pipeline and the HTML.
"""

import importlib
import json
import multiprocessing
import os
import runpy
import sys
from importlib.metadata import entry_points
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
_FILES = sorted(_FOLDER.glob("*.py"))


def export(folder: Path) -> None:
    """Make an HTML file of each notebook; fails when a cell does."""
    # marimo starts a process for each that imports everything anew. A fork has it already.
    fork = multiprocessing.get_context("fork")
    multiprocessing.get_context = lambda _=None: fork
    importlib.import_module("shared")
    (marimo,) = entry_points(group="console_scripts", name="marimo")
    for file in _FILES:
        made = folder / f"{file.stem}.html"
        command = ["export", "html", str(file), "-o", str(made), "--no-include-code"]
        marimo.load()(command, standalone_mode=False)


def run(pipelines: list[str]) -> None:
    """Print what the cells of each notebook show."""
    for file in _FILES:
        for pipeline in pipelines:
            os.environ["NOTEBOOKS__PIPELINE"] = pipeline
            print(json.dumps([file.stem, pipeline, shown(file)]))  # noqa: T201


def shown(file: Path) -> str:
    """Return what the cells of a notebook show."""
    outputs, _ = runpy.run_path(str(file))["app"].run()
    return "".join(getattr(output, "text", "") for output in outputs)


if __name__ == "__main__":
    wanted, *places = sys.argv[1:]
    sys.path.insert(0, str(_FOLDER))
    if wanted == "export":
        export(Path(places[0]))
    else:
        run(places)
