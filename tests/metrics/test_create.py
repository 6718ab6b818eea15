"""Views in a destination: made after a load, replaced when they change, left alone otherwise."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from buildkite_source.metrics import Given, Made, create_views, every_view, possible
from buildkite_source.tables import ANNOTATIONS, BUILDS, JOBS, PIPELINES, Table, table_schema
from tests.destinations.server import PostgresServer

_FIRST = {"metric_clock", "metric_queue_prices", "metric_retry_chains", "metric_windows"}
_TABLES = {table.name for table in (BUILDS, JOBS, PIPELINES, ANNOTATIONS)}
_MORE = {view.name for view in possible(every_view(), _TABLES)}


def empty(*tables: Table) -> list[Any]:
    """Return resources that make tables without rows."""

    def rows() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()

    return [
        dlt.resource(rows, name=table.name, columns=table_schema(table)["columns"])
        for table in tables
    ]


# In PostgreSQL there is always time for how they come, and why they cannot be replaced.
DUCKDB_FIRST = pytest.mark.parametrize(
    "pipeline", ["duckdb", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)


def destination_of(request: pytest.FixtureRequest, workspace: Path) -> Any:
    """Return the destination that a fixture's parameter names."""
    if request.param == "duckdb":
        return dlt.destinations.duckdb(str(workspace / "views.duckdb"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return dlt.destinations.postgres(server.url)


@pytest.fixture(params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, workspace: Path) -> dlt.Pipeline:
    """A pipeline that has made the tables builds and jobs."""
    name = f"of_{request.node.originalname[5:30]}"
    destination = destination_of(request, workspace)
    made = dlt.pipeline("views", destination=destination, dataset_name=name)
    made.run(empty(BUILDS, JOBS))
    return made


@pytest.fixture
def run(pipeline: dlt.Pipeline) -> Callable[[str], list[Any]]:
    def run(sql: str) -> list[Any]:
        with pipeline.sql_client() as client:
            return list(client.execute_sql(sql.format(dataset=pipeline.dataset_name)) or ())

    return run


Run = Callable[[str], list[Any]]
_VIEWS = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = '{dataset}' AND table_type = 'VIEW'"
)


def test_views_come_with_the_tables_they_read(pipeline: dlt.Pipeline, run: Run) -> None:
    # Without pipelines no build has a branch class, and most views build on that.
    assert create_views(pipeline) == Made(len(_FIRST))
    assert {name for (name,) in run(_VIEWS)} == _FIRST
    pipeline.run(empty(PIPELINES, ANNOTATIONS))
    assert create_views(pipeline) == Made(len(_MORE))
    assert {name for (name,) in run(_VIEWS)} == _MORE
    assert "metric_failure_annotations" in _MORE
    assert "metric_failure_signatures" not in _MORE
    assert create_views(pipeline) == Made()


@DUCKDB_FIRST
def test_only_a_change_replaces_views(pipeline: dlt.Pipeline, run: Run) -> None:
    made = Made(len(_FIRST))
    assert create_views(pipeline) == made
    priced = Given(queue_prices={"it's %s": 2.5})
    assert create_views(pipeline, priced) == made
    assert create_views(pipeline, priced) == Made()
    assert run("SELECT * FROM metric_queue_prices") == [("it's %s", 2.5)]
    run("DROP VIEW metric_windows")
    assert create_views(pipeline, priced) == made
    assert {name for (name,) in run(_VIEWS)} == _FIRST


@DUCKDB_FIRST
def test_views_that_stand_are_not_even_parsed(pipeline: dlt.Pipeline) -> None:
    create_views(pipeline)
    every_view.cache_clear()
    assert create_views(pipeline) == Made()
    assert every_view.cache_info().currsize == 0


@DUCKDB_FIRST
def test_views_of_an_older_version_go_and_those_of_users_stay(
    pipeline: dlt.Pipeline, run: Run
) -> None:
    create_views(pipeline)
    run("CREATE VIEW metric_mine AS SELECT 1 AS one")
    run("CREATE VIEW metric_old AS SELECT * FROM metric_clock")
    run("COMMENT ON VIEW metric_old IS 'Old. [buildkite_source 0123456789abcdef, one of 4 views]'")
    assert create_views(pipeline) == Made(len(_FIRST))
    assert {name for (name,) in run(_VIEWS)} == {*_FIRST, "metric_mine"}


@pytest.mark.parametrize("pipeline", ["postgres"], indirect=True)
def test_what_cannot_be_replaced_stays_as_it_was(pipeline: dlt.Pipeline, run: Run) -> None:
    create_views(pipeline)
    run("CREATE VIEW mine AS SELECT * FROM metric_windows")
    made = create_views(pipeline, Given(queue_prices={"gpu": 1.0}))
    assert made.views == 0
    assert "view mine depends on view metric_windows" in made.reason
    assert {name for (name,) in run(_VIEWS)} == {*_FIRST, "mine"}
    assert run("SELECT * FROM metric_queue_prices") == []


@DUCKDB_FIRST
def test_a_view_that_is_refused_is_left_out_with_those_that_read_it(
    pipeline: dlt.Pipeline, run: Run
) -> None:
    run("CREATE TABLE metric_clock (mine TEXT)")
    made = create_views(pipeline)
    assert made.views == len(_FIRST) - len(made.left_out) == 2
    assert "metric_clock" in made.left_out["metric_clock"]
    assert made.left_out["metric_windows"] == "it reads metric_clock"
    standing = {"metric_queue_prices", "metric_retry_chains"}
    assert {name for (name,) in run(_VIEWS)} == standing
    # A load does not try again what cannot be; who asks for views does.
    assert create_views(pipeline) == Made()
    assert create_views(pipeline, again=True) == made
    run("DROP TABLE metric_clock")
    assert create_views(pipeline, again=True) == Made(len(_FIRST))


@pytest.mark.parametrize("pipeline", ["duckdb"], indirect=True)
def test_views_work_in_a_file_under_another_name(pipeline: dlt.Pipeline, tmp_path: Path) -> None:
    create_views(pipeline)
    (file,) = tmp_path.rglob("views.duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS copy (READ_ONLY)")
        view = f"copy.{pipeline.dataset_name}.metric_windows"
        assert connection.execute(f"SELECT * FROM {view}").fetchall() == []
        comments = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'metric_clock'"
        ).fetchall()
    assert ("Newest builds.fetched_at.",) in comments


def test_files_have_no_views(workspace: Path) -> None:
    bucket = dlt.destinations.filesystem((workspace / "bucket").as_uri())
    pipeline = dlt.pipeline("views", destination=bucket, dataset_name="ci")
    pipeline.run(empty(BUILDS))
    assert create_views(pipeline) == Made(
        reason="files hold none; notebooks and the report work them out as they ask"
    )
