"""Exports fill the tables as the API would have."""

from buildkite_source.client import ExportDayBegun
from tests.oracle import comparable, differences, expected
from tests.reading import MIRRORS

from .conftest import Exports, Truth


def wanted(exports: Exports, told: Truth) -> dict:
    """Rows of builds and jobs as the API would have had them."""
    truth = exports.loader.simulator.world.truth()
    rows = expected({**truth, "builds": told["builds"], "jobs": told["jobs"]})
    return {name: rows[name] for name in ("builds", "jobs")}


def got(exports: Exports) -> dict:
    tables = {table.name: table for table in MIRRORS}
    return {
        name: {row["id"]: comparable(tables[name], row) for row in exports.rows(name)}
        for name in ("builds", "jobs")
    }


def test_rows_are_those_of_the_api(exports: Exports) -> None:
    exports.loader.simulator.switches.export_pipeline = True
    told = exports.forget()
    read = exports.load()
    want = wanted(exports, told)
    assert want["builds"]
    assert differences(got(exports), want) == []
    for row in exports.rows("jobs"):
        assert row["loaded_from"] == "export"
        assert row["export_key"].endswith(f"build={row['build_id']}/")
    assert exports.loader.simulator.requests == []
    assert read.builds == len(told["builds"])
    for name in ("annotations", "artifacts"):
        assert {row["id"] for row in exports.rows(name)} == {row["id"] for row in told[name]}
    uploads = {row["uuid"] for row in exports.rows("step_uploads", "uuid")}
    assert uploads == {row["uuid"] for row in told["step_uploads"]}


def test_secrets_and_people_stay_out_as_with_the_api(exports: Exports) -> None:
    told = exports.forget()
    exports.load(personal_data="drop")
    rows = exports.rows("builds")
    assert "env" not in rows[0]
    assert any(build["creator"] for build in told["builds"])
    assert {row["creator_name"] for row in rows} == {row["author_email"] for row in rows} == {None}
    assert all("creator" not in (row["extra"] or "") for row in rows)


def test_who_is_asked_to_stop_waits_for_no_logs(exports: Exports) -> None:
    told = exports.forget()
    session = exports.loader.session()
    session.listener = lambda e: session.budget.stop() if isinstance(e, ExportDayBegun) else None
    exports.loader.load_only(
        "build_exports",
        session=session,
        catalog=[],
        exports_from=str(exports.folder),
        exports_logs="all",
    )
    assert len(exports.rows("builds")) == 1
    read = exports.load(exports_logs="all")
    assert (read.known, read.builds) == (0, len(told["builds"]))
    logs = {file.stem.removeprefix("job-") for file in exports.files("*.log")}
    assert {row["job_id"] for row in exports.rows("job_logs", "job_id")} == logs != set()
