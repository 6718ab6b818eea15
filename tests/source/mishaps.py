"""What happens to a warehouse and to dlt's folder between two loads, besides loads."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.pipeline.helpers import pipeline_drop

from .conftest import Loader


class Copies:
    """An older copy of the database and of dlt's folder."""

    def __init__(self, loader: Loader, folder: Path) -> None:
        self._loader = loader
        self._folder = folder
        folder.mkdir()
        shutil.copy(loader.database, folder / "database")
        shutil.copytree(dlt_folder(loader), folder / "dlt")

    def restore_database(self) -> None:
        shutil.copy(self._folder / "database", self._loader.database)

    def restore_dlt(self) -> None:
        shutil.rmtree(dlt_folder(self._loader))
        shutil.copytree(self._folder / "dlt", dlt_folder(self._loader))


def dlt_folder(loader: Loader) -> Path:
    return loader.folder / "dlt" / "pipelines" / loader.pipeline_name


def sql(loader: Loader, *statements: str) -> None:
    with duckdb.connect(str(loader.database)) as connection:
        for statement in statements:
            connection.execute(statement.format(dataset=loader.dataset_name))


def dropped_by_dlt(loader: Loader, *resources: str) -> None:
    """`dlt pipeline … drop builds jobs`."""
    pipeline = loader.pipeline()
    pipeline_drop(pipeline, list(resources), "buildkite_source")()


def refreshed(loader: Loader, mode: Any) -> None:
    """`pipeline.run(…, refresh=mode)`."""
    pipeline = loader.pipeline()
    pipeline.run(loader.source(catalog=[]), refresh=mode)


def every_table_dropped(loader: Loader) -> None:
    tables = sorted(name for name in loader.stored_tables() if not name.startswith("_dlt"))
    sql(loader, *(f"DROP TABLE {{dataset}}.{name}" for name in tables))


def both_restored(copies: Copies) -> None:
    copies.restore_database()
    copies.restore_dlt()


Mishap = Callable[[Loader, Copies], object]
Told = list[str]
_RESTORED = "the destination was restored, or is another one"
_EMPTIED = {name: f"the table {name} was emptied" for name in ("builds", "jobs")}

# What happens, and what the load after it tells that it did not use.
MISHAPS: dict[str, dict[str, tuple[Mishap, Told]]] = {
    "of dlt": {
        "nothing": (lambda loader, copies: None, []),
        "dlt drops builds and jobs": (
            lambda loader, copies: dropped_by_dlt(loader, "builds", "jobs"),
            [],
        ),
        "dlt drops jobs": (lambda loader, copies: dropped_by_dlt(loader, "jobs"), []),
        "dlt drops pipelines": (lambda loader, copies: dropped_by_dlt(loader, "pipelines"), []),
        "refresh drop_data": (lambda loader, copies: refreshed(loader, "drop_data"), []),
        "refresh drop_resources": (lambda loader, copies: refreshed(loader, "drop_resources"), []),
        "refresh drop_sources": (lambda loader, copies: refreshed(loader, "drop_sources"), []),
    },
    "of tables": {
        "builds emptied": (
            lambda loader, copies: sql(loader, "DELETE FROM {dataset}.builds"),
            [_EMPTIED["builds"]],
        ),
        "jobs emptied": (
            lambda loader, copies: sql(loader, "TRUNCATE {dataset}.jobs"),
            [_EMPTIED["jobs"]],
        ),
        "builds dropped": (
            lambda loader, copies: sql(loader, "DROP TABLE {dataset}.builds"),
            [_EMPTIED["builds"]],
        ),
        "every table dropped": (
            lambda loader, copies: every_table_dropped(loader),
            list(_EMPTIED.values()),
        ),
        "dlt's tables dropped": (
            lambda loader, copies: sql(
                loader,
                "DROP TABLE {dataset}._dlt_loads",
                "DROP TABLE {dataset}._dlt_pipeline_state",
                "DROP TABLE {dataset}._dlt_version",
            ),
            [_RESTORED],
        ),
        "schema dropped": (lambda loader, copies: sql(loader, "DROP SCHEMA {dataset} CASCADE"), []),
    },
    # Copies are restored first: dlt begins anew where a database was deleted.
    "of files": {
        "database restored": (lambda loader, copies: copies.restore_database(), [_RESTORED]),
        "dlt's folder restored": (lambda loader, copies: copies.restore_dlt(), []),
        "both restored": (lambda loader, copies: both_restored(copies), []),
        "dlt's folder deleted": (lambda loader, copies: shutil.rmtree(dlt_folder(loader)), []),
        "database deleted": (lambda loader, copies: loader.database.unlink(), []),
    },
}
EVERY_MISHAP = {name: mishap for some in MISHAPS.values() for name, (mishap, _) in some.items()}


def with_copies(loader: Loader, name: str) -> Copies:
    return Copies(loader, loader.folder / f"copies of {name}")


def pipeline_state(loader: Loader) -> Any:
    return dlt.pipeline(loader.pipeline_name).state
