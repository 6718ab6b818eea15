"""Where the API's row and the export's meet, the newer version stays, whichever comes first."""

import gzip
import json
import os
from datetime import datetime, timedelta

import pytest

from tests.source.conftest import PRESENT, Loader

from .conftest import Exports


def age(exports: Exports, at: datetime) -> None:
    """Let all files have been written at a moment."""
    for file in exports.files():
        os.utime(file, (at.timestamp(), at.timestamp()))


def origins(exports: Exports, table: str) -> set[str]:
    return {row["loaded_from"] for row in exports.rows(table)}


def load_api(loader: Loader) -> None:
    loader.load()
    loader.load_only(
        "annotations", "artifacts", max_age="400d", catalog=["annotations", "artifacts"]
    )


@pytest.mark.slow
def test_an_older_export_leaves_the_rows_of_the_api(exports: Exports) -> None:
    load_api(exports.loader)
    tables = ("builds", "jobs", "annotations", "artifacts")
    before = {table: exports.rows(table) for table in tables}
    told = exports.forget()
    age(exports, PRESENT - timedelta(hours=1))
    read = exports.load()
    for table, rows in before.items():
        assert rows
        assert [row for row in exports.rows(table) if row["loaded_from"] == "api"] == rows
        # What the API was not asked for is filled in.
        assert {row["id"] for row in exports.rows(table)} == {row["id"] for row in told[table]}
    assert origins(exports, "builds") == origins(exports, "jobs") == {"api"}
    assert read.newer == sum(map(len, before.values()))


def test_a_newer_export_replaces_the_rows_of_the_api(exports: Exports) -> None:
    exports.loader.load_only("builds", "jobs")
    jobs = {row["id"]: row["retried"] for row in exports.rows("jobs")}
    exports.loader.clock.world.advance(timedelta(hours=1))
    exports.loader.simulator.switches.export_retried_jobs = False
    told = exports.forget()
    read = exports.load()
    assert read.newer == 0
    assert origins(exports, "builds") == {"export"}
    exported = {row["id"] for row in told["jobs"]}
    # What the export lacks, attempts that were retried, stays as the API told it.
    lacks = jobs.keys() - exported
    assert lacks >= {key for key, retried in jobs.items() if retried} != set()
    assert {row["id"] for row in exports.rows("jobs")} == exported | lacks
    for row in exports.rows("jobs"):
        assert row["loaded_from"] == ("export" if row["id"] in exported else "api")


@pytest.mark.slow
def test_the_api_after_an_export_replaces_its_rows(exports: Exports) -> None:
    """An export may come before the API has forgotten the build; its clock may be ahead, too."""
    world = exports.loader.simulator.world
    builds = list(world.organizations[0].builds)
    exports.forget()
    age(exports, PRESENT + timedelta(days=400))
    exports.load()
    assert origins(exports, "builds") == {"export"}
    for build in builds:
        build.pipeline.builds.append(build)
        build.pipeline.numbers[build.number] = build
        world.organizations[0].builds.append(build)
    exports.loader.clock.world.advance(timedelta(minutes=1))
    exports.loader.load()
    assert origins(exports, "builds") == origins(exports, "jobs") == {"api"}


def test_a_build_exported_twice_keeps_the_newer_one(exports: Exports) -> None:
    told = exports.forget(PRESENT - timedelta(days=1))
    (first, *_) = exports.files("build.json.gz")
    day = first.parents[2]
    copy = day.with_name("date=1999-01-01")
    for file in day.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(day)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
            os.utime(target, (0, 0))
    exports.load()
    assert len(exports.rows("builds")) == len(told["builds"])
    assert all("date=1999" not in row["export_key"] for row in exports.rows("builds"))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("url", marks=pytest.mark.slow),
        pytest.param("table", marks=pytest.mark.slow),
        "neither",
    ],
)
def test_slugs_come_from_the_url_else_the_tables_else_uuids(exports: Exports, given: str) -> None:
    world = exports.loader.simulator.world
    organization = world.organizations[0]
    if given == "table":
        exports.loader.load_only("organizations", "pipelines")
    told = exports.forget()
    if given != "url":
        for file in exports.files("build.json.gz"):
            build = json.loads(gzip.decompress(file.read_bytes()))
            del build["url"]
            file.write_bytes(json.dumps(build).encode())
    exports.load()
    by_id = {pipeline.id: pipeline.slug for pipeline in organization.pipelines}
    assert told["builds"]
    for table in ("builds", "jobs", "artifacts"):
        rows = exports.rows(table)
        assert rows
        for row in rows:
            slugs = (row["organization_slug"], row["pipeline_slug"])
            if given == "neither":
                assert slugs == (organization.id, row["pipeline_id"])
            else:
                assert slugs == (organization.slug, by_id[row["pipeline_id"]])
