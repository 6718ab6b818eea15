"""Descriptions as `COMMENT ON`, where the destination has it."""

from dlt import Pipeline
from dlt.destinations.job_client_impl import SqlJobClientBase

from buildkite_source.tables import EVERY_TABLE, comment_statements

_WITH_COMMENTS = {f"dlt.destinations.{name}" for name in ("duckdb", "ducklake", "postgres")}


def comment(pipeline: Pipeline, *, every_table: bool = False) -> None:
    """Write the descriptions of tables and columns that the last load has changed.

    dlt keeps descriptions in its schema only. After a run that died, every table that is there
    gets them: what that run has changed is not known any more.
    """
    trace = pipeline.last_trace
    packages = trace.last_load_info.load_packages if trace and trace.last_load_info else []
    changed = {name for package in packages for name in package.schema_update}
    names = [table.name for table in EVERY_TABLE if every_table or table.name in changed]
    if not names or pipeline.destination.destination_type not in _WITH_COMMENTS:
        return
    with pipeline.destination_client() as client:
        if not isinstance(client, SqlJobClientBase):
            return
        stored = dict(client.get_storage_tables(names))
        escape = client.capabilities.escape_identifier
        # One transaction: DuckLake makes a snapshot of each.
        with client.sql_client.begin_transaction():
            for table in EVERY_TABLE:
                name = client.sql_client.make_qualified_table_name(table.name)
                present = stored.get(table.name)
                for told in comment_statements(table, name, escape, present) if present else ():
                    client.sql_client.execute_sql(told)
