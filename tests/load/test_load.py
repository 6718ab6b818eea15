"""`load()` as schedulers and scripts call it: what the command line does, from anywhere."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.pipeline.trace import load_trace

from buildkite_source.client import AuthenticationError, UnknownSlugError
from buildkite_source.load import BusyError, RejectedRowsError, Report, explain, load
from buildkite_source.load.guards import one_at_a_time
from buildkite_source.metrics import create_views
from buildkite_source.settings import SettingError
from tests.cli.running import REPOSITORY, Cli, environment
from tests.oracle import differences, expected
from tests.reading import from_duckdb, query

DATASET = "buildkite_data"


def pipeline_of(file: Path, folder: Path | None = None) -> dlt.Pipeline:
    return dlt.pipeline(
        "scheduled",
        pipelines_dir=str(folder or file.with_suffix("")),
        destination=dlt.destinations.duckdb(str(file)),
        dataset_name=DATASET,
    )


def begun(cli: Cli, folder: Path | None = None) -> dlt.Pipeline:
    """A pipeline whose lists the command line has loaded, here or on another machine."""
    cli.has_loaded()
    return dlt.pipeline(
        "buildkite_pipeline",
        pipelines_dir=str(folder) if folder else None,
        destination=dlt.destinations.duckdb(str(cli.database)),
        dataset_name=DATASET,
    )


def assert_true(cli: Cli, file: Path) -> None:
    truth = expected(cli.simulator.world.truth())
    assert differences(from_duckdb(file, DATASET), truth) == []


def names(file: Path) -> set[tuple[Any, ...]]:
    sql = f"FROM duckdb_tables() SELECT table_name WHERE schema_name = '{DATASET}'"
    views = f"FROM duckdb_views() SELECT view_name WHERE schema_name = '{DATASET}'"
    return {*query(file, sql), *query(file, views)}


def figures(report: Report) -> dict[str, Any]:
    """What a report says beside where and how long."""
    told = report.asdict()
    return {name: told[name] for name in ("rows", "requests", "retried", "details", "views")}


@pytest.mark.slow
@pytest.mark.with_views
def test_the_same_tables_and_report_as_by_the_command_line(cli: Cli, workspace: Path) -> None:
    bound = 60
    place = pipeline_of(workspace / "own.duckdb")
    report = load(place, resources="core, details", max_requests=bound)
    same = ("--resources", "core,details", "--max-requests", str(bound))
    lines = cli.loads(*same, "--json").out
    assert figures(report) == {name: json.loads(lines)[name] for name in figures(report)}
    assert_true(cli, workspace / "own.duckdb")
    assert names(workspace / "own.duckdb") == names(cli.database)
    text = str(report)
    assert re.search(rf"^  builds +{report.rows['builds']:,} rows$", text, re.MULTILINE)
    assert "Data: dataset buildkite_data in " in text


def test_a_fresh_worker_goes_on_where_the_last_one_was(cli: Cli, workspace: Path) -> None:
    report = load(begun(cli, workspace / "second"))
    assert len(cli.simulator.requests) == report.requests <= 5
    assert report.views == ""
    assert_true(cli, cli.database)


@pytest.mark.slow
@pytest.mark.with_views
def test_a_fresh_worker_makes_the_views(cli: Cli, workspace: Path) -> None:
    file = workspace / "shared.duckdb"
    assert create_views(pipeline_of(file, workspace / "nobody")).reason == "nothing is loaded yet"
    load(pipeline_of(file, workspace / "first"))
    made = create_views(pipeline_of(file, workspace / "second"))
    assert (made.views, made.reason) == (0, "")


@pytest.mark.slow
def test_threads_load_side_by_side(cli: Cli, workspace: Path) -> None:
    def one(name: str) -> Report:
        return load(pipeline_of(workspace / f"{name}.duckdb"), since="60d")

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(one, ("left", "right")))
    assert reports[0].rows == reports[1].rows
    for name in ("left", "right"):
        assert_true(cli, workspace / f"{name}.duckdb")


@pytest.mark.slow
def test_a_script_of_three_lines(cli: Cli, workspace: Path) -> None:
    script = workspace / "script.py"
    script.write_text(
        "import dlt\n"
        "from buildkite_source.load import load\n"
        "pipeline = dlt.pipeline('mine', destination='duckdb', dataset_name='buildkite_data')\n"
        "print(load(pipeline, resources=['organizations', 'pipelines']).asdict()['rows'])\n"
    )
    prefix = "SOURCES__BUILDKITE_SOURCE__"
    settings = {
        "PYTHONPATH": str(REPOSITORY),
        f"{prefix}ACCESS_TOKEN": cli.simulator.token,
        f"{prefix}BASE_URL": cli.simulator.base_url,
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=workspace,
        env=environment(workspace, **settings),
        capture_output=True,
        text=True,
        check=True,
    )
    truth = cli.simulator.world.truth()
    assert f"'pipelines': {len(truth['pipelines'])}" in done.stdout
    assert query(workspace / "mine.duckdb", f"SELECT command FROM {DATASET}.runs") == [("sync",)]


def test_errors_have_types(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = pipeline_of(workspace / "errors.duckdb")
    with pytest.raises(SettingError, match="no setting sinse"):
        load(pipeline, sinse="30d")
    with pytest.raises(SettingError, match="unknown: teens"):
        load(pipeline, resources=["teens"])
    with pytest.raises(SettingError, match="no setting catalog"):
        load(pipeline, catalog=["builds"])
    with pytest.raises(SettingError, match="'soon' is no date"):
        load(pipeline, since="soon")
    with pytest.raises(SettingError, match="'late' is no date"):
        load(pipeline, max_age="late")
    with pytest.raises(UnknownSlugError, match="nobody"):
        load(pipeline, organizations=["nobody"])
    with ThreadPoolExecutor(1) as other, one_at_a_time("scheduled", pipeline.pipelines_dir):
        refused = other.submit(load, pipeline).exception()
    assert isinstance(refused, BusyError)
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN", "bkua_wrong")
    with pytest.raises(AuthenticationError) as unknown:
        load(pipeline)
    assert explain(unknown.value, "duckdb") == str(unknown.value)
    # Each that began is in the journal.
    told = query(workspace / "errors.duckdb", f"SELECT error FROM {DATASET}.runs")
    failed = ("AuthenticationError", "SettingError", "SettingError", "UnknownSlugError")
    assert sorted(told) == [(name,) for name in failed]


@pytest.mark.slow
def test_a_failure_by_setting_has_the_report(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__REJECTED_ROWS", "fail")
    cli.simulator.faults.add(match="/rules", kind="without_field", field="uuid", times=None)
    with pytest.raises(RejectedRowsError) as failed:
        load(pipeline_of(workspace / "odd.duckdb"), resources=["core", "rules"])
    assert failed.value.report.rejected[0].table == "rules"
    assert failed.value.report.rows["builds"] > 0


def test_a_bound_holds_for_the_run_and_what_it_left_out_is_counted(cli: Cli) -> None:
    pipeline = begun(cli)
    # Many rows are loaded, few are written by statements.
    for bound, waiting in ((4, range(51, 1000)), (6, range(1, 51))):
        report = load(
            pipeline,
            resources=["artifacts"],
            max_requests=bound,
            annotations_by="rest",
            recheck_days=0,
        )
        (read,) = report.details
        assert (report.requests, read.done, read.reason) == (bound, bound, "max_requests")
        assert len(read.waiting) in waiting
        ((written,),) = query(cli.database, f"SELECT count(*) FROM {DATASET}.waiting_details")
        assert written == len(read.waiting)


@pytest.mark.slow
def test_the_dataset_is_read_as_arrow_and_by_ibis(cli: Cli, workspace: Path) -> None:
    pipeline = pipeline_of(workspace / "read.duckdb")
    report = load(pipeline)
    dataset: Any = pipeline.dataset()
    assert dataset.builds.arrow().num_rows == report.rows["builds"]
    assert dataset.builds.to_ibis().count().execute() == report.rows["builds"]
    assert "builds" in dataset.ibis().list_tables()


@pytest.mark.slow
def test_a_damaged_package_is_set_aside(cli: Cli, workspace: Path) -> None:
    pipeline = pipeline_of(workspace / "damaged.duckdb")
    load(pipeline)
    pipeline.extract([{"a": 1}], table_name="left_behind")
    (waiting,) = Path(pipeline.working_dir).glob("normalize/extracted/*/new_jobs/*.gz")
    waiting.write_bytes(b"")
    report = load(pipeline)
    assert any("could not be read" in line for line in report.mended)
    assert_true(cli, workspace / "damaged.duckdb")
    shutil.rmtree(f"{pipeline.working_dir}.damaged")


def loads_organizations(file: Path) -> tuple[dlt.Pipeline, Report]:
    pipeline = pipeline_of(file)
    report = load(pipeline, resources="organizations")
    sql = f"SELECT error IS NULL, requests, left_out FROM {DATASET}.runs ORDER BY started_at"
    assert query(file, sql)[-1] == (True, report.requests, 0)
    return pipeline, report


def forget(file: Path, sql: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql.format(DATASET))


def test_a_run_is_a_row_and_no_load_of_its_own(cli: Cli, workspace: Path) -> None:
    file = workspace / "own.duckdb"
    packages = f"SELECT count(*) FROM {DATASET}._dlt_loads"
    pipeline, report = loads_organizations(file)
    assert query(file, packages) == [(1,)]
    loads_organizations(file)
    assert query(file, packages) == [(2,)]
    # The row is that of a load which is there.
    joined = f"{DATASET}._dlt_loads ON load_id = _dlt_load_id"
    assert query(file, f"SELECT count(*) FROM {DATASET}.runs JOIN {joined}") == [(2,)]
    # The trace is that of the load.
    trace = load_trace(pipeline.working_dir)
    assert trace is not None
    assert trace.last_normalize_info is not None
    counts = trace.last_normalize_info.row_counts
    assert counts["organizations"] == report.rows["organizations"] > 0
    assert not counts.get("runs")
    # Without its table.
    forget(file, "DROP TABLE {}.runs")
    loads_organizations(file)


@pytest.mark.slow
def test_a_run_is_a_row_of_an_older_table(cli: Cli, workspace: Path) -> None:
    """A database of before had fewer columns."""
    file = workspace / "own.duckdb"
    loads_organizations(file)
    forget(file, "ALTER TABLE {}.runs DROP COLUMN left_out")
    loads_organizations(file)
