"""What was read is not read again; what changed, failed or was cut short is."""

import gzip
from datetime import timedelta

import dlt
import pytest

from buildkite_source.buckets.folder import Folder
from buildkite_source.exports import reader
from buildkite_source.load import load
from buildkite_source.settings import Connection, SettingError

from .conftest import Exports


@pytest.mark.slow
def test_of_great_builds_one_load_holds_fewer(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_MOST_BYTES", 1)
    exports.forget()
    read = exports.load(exports_per_load=100)
    assert (read.builds, read.more) == (1, True)
    # Whoever loads without parts gets everything.
    assert not exports.load().more


def test_a_second_load_reads_only_what_is_new(exports: Exports) -> None:
    told = exports.forget()
    exports.load()
    before = exports.rows("builds")
    (first, *others) = exports.files("build.json.gz")
    # Of the same size, but written anew.
    text = gzip.decompress(first.read_bytes())
    first.write_bytes(gzip.compress(text.replace(b'"source":"', b'"source":"x', 1)))
    again = exports.load()
    assert (again.builds, again.known) == (1, len(told["builds"]) - 1)
    # The other rows are not so much as written again.
    anew = [row for row in exports.rows("builds") if row not in before]
    assert [row["source"][0] for row in anew] == ["x"]
    assert exports.load(again=True).builds == 1 + len(others)


@pytest.mark.slow
def test_logs_that_are_wanted_later_are_read_later(exports: Exports) -> None:
    told = exports.forget()
    exports.load()
    assert "job_logs" not in exports.loader.stored_tables()
    exports.load(exports_logs="failed")
    failed = {
        job["id"]
        for job in told["jobs"]
        if job.get("state") in ("failed", "timed_out") and not job["soft_failed"]
    }
    logs = {row["job_id"]: row for row in exports.rows("job_logs", "job_id")}
    assert set(logs) == failed != set()
    read = exports.load(exports_logs="all")
    assert read.newer == 0
    logs = {row["job_id"]: row for row in exports.rows("job_logs", "job_id")}
    files = {file.stem.removeprefix("job-"): file for file in exports.files("*.log")}
    assert set(logs) == set(files) > failed
    for job_id, row in logs.items():
        assert (row["size"], row["status"], row["loaded_from"]) == (
            files[job_id].stat().st_size,
            "loaded",
            "export",
        )
        assert row["settled"]
        assert row["build_number"]
    # Fewer are there already.
    assert exports.load(exports_logs="failed").builds == 0


@pytest.mark.slow
def test_half_written_and_missing_files_are_told_and_read_once_they_are_whole(
    exports: Exports,
) -> None:
    told = exports.forget()
    builds = exports.files("build.json.gz")
    jobs = exports.files("job-*.json.gz")
    lists = exports.files("artifacts.json.gz")
    whole = {file: file.read_bytes() for file in (builds[0], builds[1], jobs[-1], lists[-1])}
    troubled = {builds[0].parent, builds[1].parent, jobs[-1].parents[1], lists[-1].parent}
    builds[0].unlink()
    builds[1].write_bytes(whole[builds[1]][:-9])
    jobs[-1].write_bytes(b"")
    lists[-1].write_bytes(gzip.compress(b'[{"id": "a"'))
    # Objects, but none of the API's.
    (odd, no_build) = (
        next(one for one in files if one.parent not in troubled)
        for files in (lists, reversed(builds))
    )
    whole |= {file: file.read_bytes() for file in (odd, no_build)}
    odd.write_bytes(b'[{"hello": 1}]')
    no_build.write_bytes(b'{"hello": 1}')
    read = exports.load()
    assert (read.waiting, read.builds) == (2, len(told["builds"]) - 2)
    assert len(exports.rows("builds")) == len(told["builds"]) - 3
    assert read.unreadable == 3
    assert {row["table_name"] for row in exports.rows("rejected")} == {"builds"}
    assert any("cut off" in example for example in read.examples)
    # Nothing is settled of what waits.
    read = exports.load(exports_overlap=0)
    assert read.waiting == 2
    for file, content in whole.items():
        file.write_bytes(content)
    exports.load()
    assert {row["id"] for row in exports.rows("builds")} == {row["id"] for row in told["builds"]}
    assert {row["id"] for row in exports.rows("jobs")} == {row["id"] for row in told["jobs"]}
    arts = {row["id"] for row in exports.rows("artifacts")}
    assert arts == {row["id"] for row in told["artifacts"]}
    assert exports.load().known == len(told["builds"])


@pytest.mark.slow
def test_dates_read_whole_are_not_listed_again_once_they_lie_behind(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = exports.forget()
    (newest,) = {max(row["created_at"][:10] for row in told["builds"])}
    days = {row["created_at"][:10] for row in told["builds"]}
    assert len(days) > 1
    exports.load(exports_overlap=1)
    listed: list[str] = []
    below = Folder.below
    monkeypatch.setattr(Folder, "below", lambda self, at: listed.append(at) or below(self, at))
    read = exports.load(exports_overlap=1)
    assert read.settled == len(days) - 1
    assert {at.split("date=")[1].split("/")[0] for at in listed if "date=" in at} == {newest}
    # More logs are wanted than were read.
    assert exports.load(exports_overlap=1, exports_logs="all").settled == 0


@pytest.mark.slow
def test_spans_of_dates_share_the_work_in_any_order(exports: Exports) -> None:
    told = exports.forget()
    days = sorted({row["created_at"][:10] for row in told["builds"]})
    middle = days[len(days) // 2]
    late = exports.load(exports_since=middle).builds
    early = exports.load(exports_until=middle).builds
    assert late > 0 < early
    assert late + early == len(told["builds"]) == len(exports.rows("builds"))


@pytest.mark.slow
def test_a_run_loads_in_parts_that_are_kept(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS", "false")
    told = exports.forget()
    pipeline = exports.loader.pipeline()
    connection = Connection(base_url=exports.loader.simulator.base_url)

    def run(**settings: object) -> object:
        return load(
            pipeline,
            "exports",
            connection=connection,
            exports_from=str(exports.folder),
            exports_per_load=5,
            **settings,
        )

    loads: list[str] = []
    real = pipeline.load

    def die(*args: object, **kwargs: object) -> object:
        loads.append("")
        if len(loads) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "load", die)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever dlt makes of it
            run()
    # A machine that knows nothing of that run goes on where it was.
    pipeline.drop()
    report = exports_read(run())
    assert report.known == 10
    assert report.builds == len(told["builds"]) - 10
    assert {row["id"] for row in exports.rows("builds")} == {row["id"] for row in told["builds"]}
    assert {row["id"] for row in exports.rows("jobs")} == {row["id"] for row in told["jobs"]}


def exports_read(report: object) -> object:
    return report.exports  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_memory_without_its_rows_is_none(exports: Exports) -> None:
    told = exports.forget()
    exports.load()
    with exports.loader.pipeline().sql_client() as client:
        client.execute_sql("DELETE FROM jobs")
    assert exports.load().builds == len(told["builds"])
    # A memory that arrived before its load was whole.
    with exports.loader.pipeline().sql_client() as client:
        client.execute_sql("UPDATE build_exports SET load_id = 'dead'")
    assert exports.load().builds == len(told["builds"])


@pytest.mark.slow
def test_the_state_of_dlt_stays_as_small(exports: Exports) -> None:
    exports.forget()
    exports.load()
    state = exports.loader.pipeline().state["sources"]["buildkite_source"]
    assert len(str(state)) < 1_000


@pytest.mark.slow
def test_a_dataset_of_before_goes_on(exports: Exports) -> None:
    """Columns that a version before did not have come by dlt's schema evolution."""
    exports.loader.load()
    rows = len(exports.rows("builds"))
    pipeline = exports.loader.pipeline()
    with pipeline.sql_client() as client:
        for table in ("builds", "jobs"):
            for column in ("loaded_from", "export_key"):
                client.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    _forget_columns(pipeline)
    exports.loader.clock.world.advance(timedelta(hours=1))
    told = exports.forget()
    exports.loader.load()
    assert {row["loaded_from"] for row in exports.rows("jobs")} <= {None, "api"}
    exports.load()
    origins = {row["id"]: row["loaded_from"] for row in exports.rows("builds")}
    assert len(origins) >= rows
    assert {origins[row["id"]] for row in told["builds"]} == {"export"}


def _forget_columns(pipeline: dlt.Pipeline) -> None:
    """Let dlt's schema, here and in the destination, be one without the new columns."""
    schema = pipeline.schemas["buildkite_source"]
    for name in ("builds", "jobs"):
        for column in ("loaded_from", "export_key"):
            del schema.tables[name]["columns"][column]
    schema._bump_version()
    pipeline.schemas.save_schema(schema)
    with pipeline.sql_client() as client:
        client.execute_sql("DELETE FROM _dlt_version")
    with pipeline.destination_client() as client:
        client.update_stored_schema()


@pytest.mark.parametrize(
    "settings",
    [{"exports_logs": "some"}, {"exports_since": "soon"}, {"exports_until": "2026-13-01"}],
    ids=str,
)
def test_settings_that_cannot_be_used_are_named(exports: Exports, settings: dict) -> None:
    (name,) = settings
    with pytest.raises(SettingError, match=name):
        exports.load(**settings)
