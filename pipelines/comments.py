"""Descriptions as `COMMENT ON`, where the destination has it."""

from dlt import Pipeline

from buildkite_source.tables import TABLES, comment_statements

_WITH_COMMENTS = ("duckdb", "postgres")


def comment(pipeline: Pipeline, *, every_table: bool = False) -> None:
    """Write the descriptions of tables and columns that the last load has changed.

    dlt keeps descriptions in its schema only. After a run that died, every table gets them.
    """
    trace = pipeline.last_trace
    packages = trace.last_load_info.load_packages if trace and trace.last_load_info else []
    changed = {name for package in packages for name in package.schema_update}
    known = pipeline.default_schema.data_table_names() if every_table else changed
    tables = [table for table in TABLES if table.name in known]
    if not tables or pipeline.destination.destination_name not in _WITH_COMMENTS:
        return
    with pipeline.sql_client() as client:
        escape = client.capabilities.escape_identifier
        for table in tables:
            present = pipeline.default_schema.get_table_columns(table.name)
            name = client.make_qualified_table_name(table.name)
            for statement in comment_statements(table, name, escape, present):
                client.execute_sql(statement)
