"""Build exports: the files that Buildkite leaves in a bucket of a build that it forgets.

What the reference does not say of them (build-exports.md "Not documented") is a switch.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from buildkite_simulator.instants import as_datetime
from buildkite_simulator.render.annotations import annotation_fields
from buildkite_simulator.render.artifacts import artifact_fields
from buildkite_simulator.render.context import Row
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.render.step_uploads import step_upload_rows
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.state import finished_at, is_retried, view
from buildkite_simulator.world.test_engine import TestEngine

ROOT = "buildkite/build-exports"
EXPORTED = ("builds", "jobs", "annotations", "artifacts", "step_uploads")
_LISTS = {"annotations": "annotations", "artifacts": "artifacts", "step_uploads": "step-uploads"}


def exported_rows(
    world: TestEngine, renderer: Renderer, build: Build, at: int
) -> dict[str, list[Row]]:
    """Return what is exported of a build, by kind; the build comes without its jobs."""
    context, switches = renderer.context, renderer.context.switches
    whole = renderer.build_object(build, at, None, with_pipeline=switches.export_pipeline)
    jobs = [
        job
        for job in build.visible_jobs(at)
        if switches.export_retried_jobs or not is_retried(job, at)
    ]
    kept = world.config.artifact_retention_days
    return {
        "builds": [whole],
        "jobs": [job_fields(job, at, context) for job in jobs],
        "annotations": [annotation_fields(note, context) for note in world.annotations(build, at)],
        "artifacts": [
            artifact_fields(one, at, context, kept) for one in world.artifacts(build, at)
        ],
        "step_uploads": step_upload_rows(build, at, context),
    }


def write_export(
    world: TestEngine, renderer: Renderer, build: Build, at: int, folder: Path
) -> dict[str, list[Row]]:
    """Write the files of a build, as written at an instant; return what is in them, by kind."""
    rows = exported_rows(world, renderer, build, at)
    home = folder / ROOT / _partitions(build, at, renderer)
    for name, content in _files(rows, renderer.context.switches):
        _write(home / name, gzip.compress(content, 1, mtime=0), at)
    shown = {row["id"] for row in rows["jobs"]}
    for job in build.visible_jobs(at):
        log = world.log(job, at) if job.id in shown else None
        if log is not None:
            _write(home / "jobs" / f"job-{job.id}.log", log.whole(), at)
    return rows


def _partitions(build: Build, at: int, renderer: Renderer) -> str:
    switches = renderer.context.switches
    moments = {
        "created": build.created,
        "finished": finished_at(build, view(build, at), switches) or build.created,
        "exported": at,
    }
    date = as_datetime(moments[switches.export_date]).date()
    pipeline = build.pipeline
    return f"org={pipeline.organization.id}/date={date}/pipeline={pipeline.id}/build={build.id}"


def _files(rows: dict[str, list[Row]], switches: Any) -> Iterator[tuple[str, bytes]]:
    """Yield names and unpacked contents."""
    yield "build.json.gz", orjson.dumps(rows["builds"][0])
    for job in rows["jobs"]:
        yield f"jobs/job-{job['id']}.json.gz", orjson.dumps(job)
    for kind, name in _LISTS.items():
        if rows[kind] or switches.export_empty_lists:
            yield f"{name}.json.gz", _listed(rows[kind], switches.export_lists)


def _listed(rows: list[Row], form: str) -> bytes:
    if form == "object" and len(rows) == 1:
        return orjson.dumps(rows[0])
    if form == "lines":
        return b"\n".join(map(orjson.dumps, rows))
    return orjson.dumps(rows)


def _write(file: Path, content: bytes, at: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (at / 1000, at / 1000))
