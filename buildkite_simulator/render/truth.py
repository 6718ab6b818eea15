"""The whole world as the API would say it now: what a loaded warehouse is compared with."""

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, get_args

from buildkite_simulator.render.annotations import annotation_fields
from buildkite_simulator.render.artifacts import artifact_fields
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.render.people import organization_fields
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.render.test_engine_truth import TEST_ENGINE_LISTS
from buildkite_simulator.world.model import Build, Organization

if TYPE_CHECKING:
    from buildkite_simulator.world.test_engine import TestEngine

Row = dict[str, Any]
Truth = dict[str, list[Row]]
Attached = Literal["annotations", "artifacts", "logs"]
_LISTS = {**TEST_ENGINE_LISTS}
_INCLUDABLE: tuple[str, ...] = (*get_args(Attached), *_LISTS)


def truth_of(
    world: "TestEngine",
    renderer: Renderer,
    organizations: list[Organization],
    include: Collection[str] = (),
) -> Truth:
    """Return all organizations, pipelines, builds (without jobs) and jobs (all attempts).

    What is to be included besides must be made first, so it takes its time in a large world.
    """
    unknown = set(include) - set(_INCLUDABLE)
    if unknown:
        raise ValueError(f"include is some of {', '.join(_INCLUDABLE)}, not {unknown}")
    attached = [name for name in get_args(Attached) if name in include]
    told: Truth = {"organizations": [], "pipelines": [], "builds": [], "jobs": []}
    told |= {name: [] for name in include}
    with world.lock:
        at = world.catch_up()
        renderer.check_settings()
        for organization in organizations:
            told["organizations"].append(organization_fields(organization, renderer.context))
            for pipeline in world.pipelines(organization):
                told["pipelines"].append(renderer.pipeline(pipeline, at))
            for build in world.builds(organization):
                told["builds"].append(renderer.build_object(build, at, None, with_pipeline=True))
                told["jobs"] += [
                    job_fields(job, at, renderer.context) | {"build_id": build.id}
                    for job in build.visible_jobs(at)
                ]
                for name in attached:
                    rows = _attached(name, world, renderer, build, at)
                    told[name] += [row | {"build_id": build.id} for row in rows]
            for name in include:
                if name in _LISTS:
                    told[name] += _LISTS[name](world, renderer.context, organization, at)
    return told


def _attached(
    name: Attached, world: "TestEngine", renderer: Renderer, build: Build, at: int
) -> Iterable[Row]:
    context = renderer.context
    if name == "annotations":
        return [annotation_fields(note, context) for note in world.annotations(build, at)]
    if name == "artifacts":
        retention = world.config.artifact_retention_days
        return [
            artifact_fields(each, at, context, retention) for each in world.artifacts(build, at)
        ]
    return _logs(world, build, at)


def _logs(world: "TestEngine", build: Build, at: int) -> Iterable[Row]:
    """Yield size and checksum of every log there is; the bytes are `world.log(job).whole()`."""
    for job in build.visible_jobs(at):
        log = world.log(job, at)
        if log is not None:
            digest = sha256()
            for block in log.read():
                digest.update(block)
            yield {"job_id": job.id, "size": log.size, "sha256": digest.hexdigest()}
