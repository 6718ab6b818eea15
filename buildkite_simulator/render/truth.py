"""The whole world as the API would say it now: what a loaded warehouse is compared with."""

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Literal, Protocol, get_args

from buildkite_simulator.render.annotations import annotation_fields
from buildkite_simulator.render.artifacts import artifact_fields
from buildkite_simulator.render.catalogue import LISTED
from buildkite_simulator.render.context import Row
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.render.people import meta_fields, organization_fields, user_fields
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.render.step_uploads import has_step_uploads, step_upload_rows
from buildkite_simulator.render.test_engine_truth import TEST_ENGINE_LISTS
from buildkite_simulator.world.model import Build, Organization
from buildkite_simulator.world.test_engine import TestEngine

Truth = dict[str, list[Row]]
Attached = Literal["annotations", "artifacts", "logs", "step_uploads"]
Single = Literal["access_token", "current_user", "meta", "rate_limits"]
INCLUDABLE = (*get_args(Attached), *LISTED, *TEST_ENGINE_LISTS, *get_args(Single))


class Accounts(Protocol):
    """What only a serving API knows: its token, and how its rate limits stand."""

    def access_token(self) -> Row:
        """Return what the API says of the token that may do everything."""

    def rate_limit(self, organization: Organization, at: int) -> Row:
        """Return how the windows of an organization stand."""


def truth_of(
    world: TestEngine,
    renderer: Renderer,
    organizations: list[Organization],
    include: Collection[str] = (),
    accounts: Accounts | None = None,
) -> Truth:
    """Return all organizations, pipelines, builds (without jobs) and jobs (all attempts).

    What is to be included besides must be made first, so it takes its time in a large world.
    """
    unknown = set(include) - set(INCLUDABLE)
    if unknown:
        raise ValueError(f"include is some of {', '.join(INCLUDABLE)}, not {unknown}")
    told: Truth = {"organizations": [], "pipelines": [], "builds": [], "jobs": []}
    told |= {name: [] for name in include}
    of_builds = [name for name in include if name in get_args(Attached)]
    with world.one_instant() as at:
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
                for name in of_builds:
                    rows = _attached(name, world, renderer, build, at)
                    told[name] += [row | {"build_id": build.id} for row in rows]
            for name in include:
                if name in LISTED:
                    told[name] += _listed(name, organization, renderer, at)
                elif name in TEST_ENGINE_LISTS:
                    tested = TEST_ENGINE_LISTS[name](world, renderer.context, organization, at)
                    told[name] += [_owner(organization) | row for row in tested]
        for name in include:
            if name in get_args(Single):
                told[name] += _single(name, world, organizations, accounts, at)
    return told


def _listed(name: str, organization: Organization, renderer: Renderer, at: int) -> Iterator[Row]:
    """Yield the rows of a list under all of its parents, and say which these are."""
    listed = LISTED[name]
    if listed.feature in organization.withheld:
        return
    owner = _owner(organization)
    for parent in listed.parents(organization, at):
        parents = owner | {f"{listed.parent}_id": parent.id}
        for row in listed.rows(parent, at, renderer.context):
            yield parents | row


def _owner(organization: Organization) -> Row:
    return {"organization_id": organization.id, "organization_slug": organization.slug}


def _single(
    name: str,
    world: TestEngine,
    organizations: list[Organization],
    accounts: Accounts | None,
    at: int,
) -> Iterator[Row]:
    """Yield what there is one of; tokens and rate limits are there only while an API serves."""
    if name == "meta":
        yield meta_fields()
    elif name == "current_user":
        yield from [user_fields(each.users[0]) or {} for each in world.organizations[:1]]
    elif accounts is not None and name == "access_token":
        yield accounts.access_token()
    elif accounts is not None:
        for organization in organizations:
            yield _owner(organization) | accounts.rate_limit(organization, at)


def _attached(
    name: str, world: TestEngine, renderer: Renderer, build: Build, at: int
) -> Iterable[Row]:
    context = renderer.context
    if name == "annotations":
        return [annotation_fields(note, context) for note in world.annotations(build, at)]
    if name == "artifacts":
        retention = world.config.artifact_retention_days
        return [
            artifact_fields(each, at, context, retention) for each in world.artifacts(build, at)
        ]
    if name == "step_uploads":
        return _step_uploads(renderer, build, at)
    return _logs(world, build, at)


def _step_uploads(renderer: Renderer, build: Build, at: int) -> Iterable[Row]:
    if not has_step_uploads(build, at, renderer.context):
        return []
    parents = _owner(build.pipeline.organization) | {"pipeline_id": build.pipeline.id}
    return [parents | row for row in step_upload_rows(build, at, renderer.context)]


def _logs(world: TestEngine, build: Build, at: int) -> Iterable[Row]:
    """Yield size and checksum of every log there is; the bytes are `world.log(job).whole()`."""
    for job in build.visible_jobs(at):
        log = world.log(job, at)
        if log is not None:
            digest = sha256()
            for block in log.read():
                digest.update(block)
            yield {"job_id": job.id, "size": log.size, "sha256": digest.hexdigest()}
