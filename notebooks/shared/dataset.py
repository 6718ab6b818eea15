"""Which data a notebook shows."""

from collections.abc import Mapping
from typing import Any

from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration

from buildkite_source.defaults import DATASET, DEMO_DATASET, DEMO_PIPELINE, PIPELINE
from buildkite_source.project import enter_project
from buildkite_source.warehouse.reader import Dataset


@configspec
class NotebookSettings(BaseConfiguration):
    """What `[notebooks]` in `.dlt/config.toml` or `NOTEBOOKS__…` in the environment says."""

    pipeline: str | None = None
    destination: str = "duckdb"
    dataset: str | None = None
    demo: bool = False


def dataset_of(arguments: Mapping[str, Any]) -> Dataset:
    """Return the dataset that arguments name, else the settings, else the default one.

    Args:
        arguments: What follows `--` on marimo's command line: `--demo`, `--pipeline NAME`,
            `--destination NAME`, `--dataset NAME`.
    """
    enter_project()
    settings = resolve_configuration(NotebookSettings(), sections=("notebooks",))
    given = {name: arguments.get(name) or settings[name] for name in settings}
    # marimo gives an argument without a value as "".
    demo = bool(given["demo"]) or arguments.get("demo") == ""
    return Dataset(
        pipeline=given["pipeline"] or (DEMO_PIPELINE if demo else PIPELINE),
        destination=given["destination"],
        name=given["dataset"] or (DEMO_DATASET if demo else DATASET),
    )
