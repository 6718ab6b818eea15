"""Queries as a destination is asked: by its own names, and on the latest rows."""

import dlt
import duckdb
from sqlglot import parse_one

from buildkite_source.tables import BUILDS, JOBS, resource_hints, table_schema
from buildkite_source.warehouse.latest import Key, appended, latest
from buildkite_source.warehouse.queries import located, text_of

_KEYS = {"builds": Key(("id",), "fetched_at")}


def test_the_row_fetched_last_counts_wherever_a_table_is_named() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE builds AS FROM (VALUES (1, 'running', 1), (1, 'passed', 2), "
            "(2, 'failed', 1)) AS _(id, state, fetched_at);"
            "CREATE TABLE jobs AS FROM (VALUES (7, 1), (7, 1)) AS _(id, build_id)"
        )
        query = latest(
            parse_one(
                "WITH done AS (SELECT id FROM builds WHERE state <> 'running') "
                "SELECT b.state, (SELECT count(*) FROM builds), count(jobs.id) FROM builds AS b "
                "JOIN done ON done.id = b.id LEFT JOIN jobs ON jobs.build_id = b.id GROUP BY ALL "
                "ORDER BY ALL",
                dialect="duckdb",
            ),
            _KEYS,
        )
        rows = connection.execute(query.sql(dialect="duckdb")).fetchall()
    # Nothing is said of jobs: both rows are there.
    assert rows == [("failed", 2, 0), ("passed", 2, 2)]


def test_tables_are_named_as_the_destination_names_them() -> None:
    query = parse_one("SELECT builds.id FROM builds JOIN given ON given.id = builds.id")
    located(query, lambda name: ("catalog", "db", f"ci___{name}"), beside=("given",))
    assert text_of(query, "clickhouse") == (
        'SELECT "builds"."id" FROM "db"."ci___builds" AS "builds" '
        'JOIN "given" ON "given"."id" = "builds"."id"'
    )
    assert text_of(parse_one("SELECT commit FROM builds"), "sqlite").count('"commit"') == 1


def test_only_what_a_destination_cannot_merge_is_added_to() -> None:
    schema = dlt.Schema("s")
    for table in (BUILDS, JOBS):
        resource = dlt.resource([], **resource_hints(table))
        schema.update_table({**resource.compute_table_schema(), "name": table.name})
        schema.update_table(table_schema(table))
    files = dlt.destinations.filesystem("file:///nowhere").capabilities()
    assert appended(schema, files) == {
        name: Key(("id",), "fetched_at") for name in ("builds", "jobs")
    }
    assert appended(schema, dlt.destinations.postgres("postgresql://x").capabilities()) == {}


def test_a_name_that_is_a_word_of_sql_stays_a_name() -> None:
    query = located(parse_one("SELECT id FROM current_user"), lambda name: ("db", name))
    assert text_of(query, "postgres") == 'SELECT id FROM "db"."current_user" AS "current_user"'
    query = located(parse_one("SELECT id FROM jobs"), lambda name: ("db", name))
    assert text_of(query, "snowflake") == 'SELECT id FROM "db"."jobs" AS jobs'
