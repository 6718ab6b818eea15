"""Tables that are merged and tables that are added to, in a real database."""

import json
from pathlib import Path
from typing import Any

import dlt
import duckdb

from buildkite_source.tables import RATE_LIMITS, TESTS, Table, resource_hints, table_schema

from .organization_pages import load
from .reference_organization import CONTEXT


@dlt.source(name="tables")
def objects(pairs: list[tuple[Table, dict[str, Any]]]) -> Any:
    for table, value in pairs:
        dlt.current.source_schema().update_table(table_schema(table))
        page = load((table,), [json.dumps(value).encode()])[table.name]
        yield dlt.resource([page], **resource_hints(table))


def test_each_load_adds_observations_and_replaces_things(tmp_path: Path) -> None:
    path = tmp_path / "loaded.duckdb"
    pipeline = dlt.pipeline(
        "tables",
        destination=dlt.destinations.duckdb(str(path)),
        dataset_name="ci",
        pipelines_dir=str(tmp_path / "state"),
    )
    for used, mean in ((17, 0.1), (18, 2)):
        limits = {"scopes": {"rest": {"limit": 200, "current": used}}}
        test = {"id": "t", "name": "adds", "duration_avg": mean}
        pairs = [(RATE_LIMITS, limits), (TESTS, test)]
        pipeline.run(objects(pairs), loader_file_format="parquet")
    with duckdb.connect(str(path), read_only=True) as database:
        database.execute("SET TimeZone = 'UTC'")
        observed = database.execute(
            "SELECT rest_current, graphql_limit, observed_at FROM ci.rate_limits ORDER BY 1"
        ).fetchall()
        tests = database.execute(
            "SELECT suite_id, id, duration_avg, typeof(duration_avg), first_seen_at FROM ci.tests"
        ).fetchall()
    assert [row[:2] for row in observed] == [(17, None), (18, None)]
    assert {row[2] for row in observed} == {CONTEXT["observed_at"]}
    assert tests == [("suite-9", "t", 2.0, "DOUBLE", CONTEXT["first_seen_at"])]
