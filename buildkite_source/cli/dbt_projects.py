"""`dbt-project`: a dbt package of what is loaded, in a folder."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from dlt import Schema
from dlt.common.destination.reference import Destination
from dlt.destinations.job_client_impl import SqlJobClientBase

from buildkite_source.answers.given import given_by
from buildkite_source.dbt_project import Package, exposures_of, files_of, sources_of, write
from buildkite_source.load.choice import chosen as choice_of
from buildkite_source.settings import Privacy, SettingError, Views, configured
from buildkite_source.warehouse.stored import SOURCE

from .notebooks import notebooks_folder


def dbt_project(chosen: Namespace) -> str:
    """Write the package and return what was done, for people.

    Nothing is asked of the destination: what is loaded is what the arguments say.

    Args:
        chosen: The arguments.

    Raises:
        SettingError: With advice.
    """
    notebooks = notebooks_folder()
    package = Package(
        _dialect(chosen.destination),
        Schema(SOURCE).naming.normalize_table_identifier(chosen.dataset),
        sources_of(
            choice_of(chosen.resources, chosen.logs),
            include_secrets=configured(Privacy).include_secrets,
        ),
        given_by(configured(Views)),
        exposures_of(notebooks) if notebooks else (),
    )
    written = write(Path(chosen.to), files_of(package))
    told = f"{written} files written" if written else "all files are there as they should be"
    return f"dbt package in the SQL of {package.dialect}: {told}: {chosen.to}"


def _dialect(destination: str) -> str:
    """Return the SQL of a destination, as sqlglot names it."""
    found: Any = Destination.from_reference(destination)
    dialect: str | None = found.capabilities().sqlglot_dialect
    if not dialect or not issubclass(found.client_class, SqlJobClientBase):
        raise SettingError(
            f"The destination {destination} has no SQL that dbt could be given: use dbt where an "
            "engine holds the tables, such as duckdb or postgres."
        )
    return dialect
