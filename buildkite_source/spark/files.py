"""What the filesystem destination has written: each table's folder, columns and key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from dlt import Pipeline, Schema
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient

from buildkite_source.warehouse.latest import Key, appended
from buildkite_source.warehouse.stored import schema_of

from .session import SparkError

# dlt's names of types; others are those of tables that are not ours.
_TYPES: Mapping[str, str] = {
    "text": "STRING",
    "bigint": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "json": "STRING",
    "double": "DOUBLE",
    "binary": "BINARY",
    "date": "DATE",
}
# How files end, and what Spark calls what is in them. What a run writes about itself is no Parquet.
FORMATS: Mapping[str, str] = {".parquet": "parquet", ".jsonl.gz": "json"}
# What Spark's file systems call what fsspec calls otherwise.
_SCHEMES = {"s3": "s3a", "gcs": "gs"}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a table.

    Attributes:
        table: Its name.
        description: What one row is.
        columns: Name, type in Spark and description of each column.
        folder: URL of the folder; "" while the table has no file.
        ending: How the names of the files end: one of `FORMATS`.
        key: What tells which rows count; None where all do.
    """

    table: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    folder: str
    ending: str
    key: Key | None


def files_of(pipeline: Pipeline) -> tuple[list[Files], dict[str, str]]:
    """Return the tables of a pipeline, and why some cannot be read.

    Args:
        pipeline: Its schema is that of the destination.

    Raises:
        SparkError: It loads into no files, or nothing is loaded yet.
    """
    schema = schema_of(pipeline)
    if not schema:
        raise SparkError(f"Nothing is loaded yet into the dataset {pipeline.dataset_name}.")
    with pipeline.destination_client(schema.name) as client:
        if not isinstance(client, FilesystemClient):
            kind = pipeline.destination.destination_name
            raise SparkError(
                f"Spark reads files, and {kind} keeps none for it: choose --destination filesystem."
            )
        keys = appended(schema, client.capabilities)
        found, left_out = [], {}
        for name in schema.data_table_names():
            if reason := _unreadable(schema, client, name):
                left_out[name] = reason
            else:
                found.append(_files(schema, client, name, keys.get(name)))
    return found, left_out


def _unreadable(schema: Schema, client: FilesystemClient, name: str) -> str:
    kind = schema.tables[name].get("table_format")
    if kind in ("delta", "iceberg"):
        return f"it is a table of {kind.capitalize()}, which Spark reads by that format's catalog"
    if not client.get_table_prefix(name).endswith(client.pathlib.sep):
        return "the setting layout gives it no folder of its own"
    names = _names(client, name)
    others = [file for file in names if not file.endswith(tuple(FORMATS))]
    if others:
        return f"Spark is not told how to read such files: {client.pathlib.basename(others[0])}"
    return "its files are of two formats" if len(set(map(_ending, names))) > 1 else ""


def _ending(file: str) -> str:
    return next(ending for ending in FORMATS if file.endswith(ending))


def _names(client: FilesystemClient, name: str) -> list[str]:
    return (
        client.list_table_files(name) if client.fs_client.isdir(client.get_table_dir(name)) else []
    )


def _files(schema: Schema, client: FilesystemClient, name: str, key: Key | None) -> Files:
    names = _names(client, name)
    folder = client.get_table_dir(name, remote=True) if names else ""
    return Files(
        name,
        str(schema.tables[name].get("description", "")),
        tuple(_columns(schema.get_table_columns(name).values())),
        _for_spark(folder, client.config.credentials),
        _ending(names[0]) if names else "",
        key,
    )


def _columns(columns: Any) -> Iterator[tuple[str, str, str]]:
    column: TColumnSchema
    for column in columns:
        name, kind = column.get("name"), _TYPES.get(column.get("data_type") or "")
        if name and kind:
            yield name, kind, str(column.get("description", ""))


def _for_spark(url: str, credentials: Any) -> str:
    """Return a URL as Spark's file systems know it."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        # Hadoop takes a per cent sign for itself.
        return f"file://{unquote(parts.path)}"
    if parts.scheme in ("az", "adl"):
        account = getattr(credentials, "azure_storage_account_name", "")
        host = f"{parts.netloc}@{account}.dfs.core.windows.net"
        return parts._replace(scheme="abfss", netloc=host).geturl()
    return parts._replace(scheme=_SCHEMES.get(parts.scheme, parts.scheme)).geturl() if url else ""
