"""The tables of a dataset in files, compacted: as plain files or as Delta is, by its own means."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dlt import Pipeline

from buildkite_source.client import BuildkiteError

from .compact_files import Compacted, Files, Tell, compact_table
from .latest import appended
from .stored import schema_of

_NO_KEY = "each load adds rows to it, and no key tells them apart"


class NothingToCompactError(BuildkiteError):
    """A destination, or the format of its tables, has nothing that could be compacted here."""


def compact(
    pipeline: Pipeline, tell: Callable[[str, str, int, int], None], *, dry: bool = False
) -> Iterator[Compacted]:
    """Compact the tables of a dataset one by one, and yield what became of each.

    Args:
        pipeline: Its destination and dataset, with the schema of what is loaded there.
        tell: Hears how far it is: which table, which of how many, and as `Tell`.
        dry: Change nothing, and yield what would become of them.

    Raises:
        NothingToCompactError: It keeps no tables in files, or as Iceberg.
    """
    schema: Any = schema_of(pipeline)
    with pipeline.destination_client(schema.name) as opened:
        client: Any = opened
        if not hasattr(client, "list_table_files"):
            raise NothingToCompactError(
                f"The destination {pipeline.destination.destination_name} merges rows as they are "
                "loaded: there is nothing to compact. Files of the destination filesystem are "
                "compacted."
            )
        files, keys = Files(client), appended(schema, client.capabilities)
        names = sorted(schema.data_table_names(seen_data_only=True))
        formats = {schema.tables[name].get("table_format") for name in names}
        if "iceberg" in formats:
            raise NothingToCompactError(
                "Iceberg tables are compacted by an engine that can, such as Spark: "
                "CALL system.rewrite_data_files. They hold each row once as it is."
            )
        files.tidy()
        for number, name in enumerate(names, 1):
            told = partial(tell, f"{name}, table {number} of {len(names)}")
            if schema.tables[name].get("table_format") == "delta":
                yield _delta(client, name, told, dry=dry)
            elif name in keys:
                yield compact_table(files, name, keys[name], told, dry=dry)
            else:
                left = len(files.of(name))
                yield Compacted(name, left, 0, left, 0, _NO_KEY)
        files.tidy()


def _delta(client: Any, name: str, tell: Tell, *, dry: bool) -> Compacted:
    """Have Delta put small files together, and remove those that nobody has needed for a week."""
    table = client.load_open_table("delta", name)
    files, rows = len(table.file_uris()), table.count()
    if not dry:
        table.optimize.compact()
        table.vacuum(dry_run=False)
    tell("read" if dry else "written", files, files)
    return Compacted(name, files, rows, None if dry else len(table.file_uris()), rows)
