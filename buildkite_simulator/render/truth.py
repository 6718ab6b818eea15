"""The whole world as the API would say it now: what a loaded warehouse is compared with."""

from typing import Any

from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.render.people import organization_fields
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.store import Store

Truth = dict[str, list[dict[str, Any]]]


def truth_of(world: Store, renderer: Renderer, organizations: list[Organization]) -> Truth:
    """Return all organizations, pipelines, builds (without jobs) and jobs (all attempts)."""
    told: Truth = {"organizations": [], "pipelines": [], "builds": [], "jobs": []}
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
    return told
