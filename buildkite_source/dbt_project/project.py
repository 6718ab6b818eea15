"""`dbt_project.yml`."""

from typing import Any

from buildkite_source.defaults import __version__
from buildkite_source.metrics import Given

from .incremental import Incremental
from .relations import SOURCE
from .settings import variables


def project(dataset: str, given: Given, incremental: Incremental) -> dict[str, Any]:
    """Return the project.

    Args:
        dataset: Schema of the loaded tables.
        given: What users set for the views.
        incremental: The models that follow what has changed.
    """
    return {
        "name": SOURCE,
        "version": __version__,
        "config-version": 2,
        "require-dbt-version": ">=1.9.0",
        "profile": SOURCE,
        "model-paths": ["models"],
        "macro-paths": ["macros"],
        "test-paths": ["tests"],
        "clean-targets": ["target", "dbt_packages"],
        "on-run-start": ["{{ buildkite.check_target() }}"],
        "models": {
            SOURCE: {
                "metrics": {
                    "+materialized": "view",
                    "+persist_docs": {"relation": True, "columns": True},
                    **incremental.config(),
                },
                "incremental": incremental.config_beside(),
                "settings": {"+materialized": "ephemeral"},
            }
        },
        "vars": {"buildkite_schema": dataset, **variables(given)},
    }
