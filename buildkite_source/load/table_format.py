"""How tables are kept in files: as plain ones, which are only added to, as Delta or as Iceberg.

The format is a hint on each table of dlt's schema, and the schema of a pipeline is one, whatever
dataset it loads into. So the dataset is asked which format its tables have, and the schema follows.
"""

import json
from typing import Any, cast

from dlt import Pipeline, Schema
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema.typing import TTableFormat
from dlt.extract import DltResource, DltSource

from buildkite_source.settings import SettingError
from buildkite_source.warehouse.stored import SOURCE, schema_of

from .one_row_a_key import keep_newest

_FORMATS = ("delta", "iceberg")
_STRATEGY = "x-merge-strategy"


def adapt_destination(pipeline: Pipeline) -> None:
    """Have dlt make tables as a database needs them; before anything is loaded."""
    if pipeline.destination.destination_type == "dlt.destinations.sqlalchemy":
        # SQLAlchemy is there for who loads by it.
        from .sqlalchemy_tables import adapt_tables

        adapt_tables()


def use_table_format(pipeline: Pipeline, wanted: str | None) -> TTableFormat | None:
    """Return the format of the tables of a dataset, and make the pipeline's schema one of it.

    Args:
        pipeline: Its destination and dataset count; it has been synchronized with them.
        wanted: `delta`, `iceberg`, or None for the format that the dataset has, else plain files.

    Raises:
        SettingError: There is no such format, the destination has none, or the dataset another.
    """
    if wanted and wanted not in _FORMATS:
        raise SettingError(
            f"The setting table_format must be {' or '.join(_FORMATS)}, unlike {wanted!r}."
        )
    supported = pipeline.destination.capabilities().supported_table_formats or ()
    if wanted and wanted not in supported:
        raise SettingError(
            f"The destination {pipeline.destination.destination_name} keeps no tables as {wanted}: "
            "leave the setting table_format out, or load into filesystem."
        )
    stored = _stored(pipeline) if supported else None
    if wanted and stored is not None and wanted != stored:
        raise SettingError(
            f"The tables of the dataset {pipeline.dataset_name} are kept as "
            f"{stored or 'plain files'}, not as {wanted}. Load {wanted} into another --dataset."
        )
    found = cast(TTableFormat | None, wanted or stored or None)
    schema = schema_of(pipeline)
    if schema:
        _make(schema, found)
    return found


def run_source(pipeline: Pipeline, source: DltSource, table_format: TTableFormat | None) -> None:
    """Load a source, as `Pipeline.run` does, into tables of a format.

    Raises:
        SettingError: Versions of a table are wanted, and no table of this format can have them.
        PipelineStepFailed: Of dlt.
    """
    if not table_format:
        pipeline.run(source)
        return
    versions = [one.name for one in source.selected_resources.values() if _has_versions(one)]
    if versions:
        raise SettingError(
            f"Tables kept as {table_format} have no versions ({', '.join(versions)}): leave the "
            "setting history out, or load into a database."
        )
    pipeline.extract(source, table_format=table_format)
    pipeline.normalize()
    keep_newest(pipeline)
    pipeline.load()


def _has_versions(resource: DltResource) -> bool:
    written = resource.write_disposition
    return isinstance(written, dict) and written.get("strategy") == "scd2"


def _stored(pipeline: Pipeline) -> str | None:
    """Return the format of a dataset's tables: "" for plain files, None where there are none."""
    with pipeline.destination_client() as client:
        if not isinstance(client, WithStateSync):
            return None
        try:
            stored = client.get_stored_schema(SOURCE)
        except DestinationUndefinedEntity:
            stored = None
    if not stored:
        return None
    tables: dict[str, Any] = json.loads(stored.schema)["tables"]
    own = [table for name, table in tables.items() if not name.startswith("_dlt")]
    if not own:
        return None
    return next((table["table_format"] for table in own if "table_format" in table), "")


def _make(schema: Schema, found: TTableFormat | None) -> None:
    """Give all tables of a schema one format, and the merge strategy that goes with it."""
    for table in schema.data_tables(include_incomplete=True):
        plain = cast(dict[str, Any], table)
        plain.pop("table_format", None)
        if found:
            plain["table_format"] = found
        # Versions before 0.2 asked for it, whatever the destination can do.
        if plain.get(_STRATEGY) == "delete-insert":
            del plain[_STRATEGY]
