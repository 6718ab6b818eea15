"""Makes a world from its config."""

from functools import partial

from buildkite_simulator.clock import Clock
from buildkite_simulator.instants import DAY, NEVER, instant
from buildkite_simulator.whole_world import WholeWorld
from buildkite_simulator.world.company import (
    LABS_PIPELINES,
    ORGANIZATIONS,
    PEOPLE,
    PIPELINES,
    QUEUES,
    Plan,
)
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.model import Organization, Pipeline
from buildkite_simulator.world.recipes import RECIPES, plain
from buildkite_simulator.world.traffic import Traffic


def make_world(config: WorldConfig, clock: Clock) -> WholeWorld:
    """Return a world whose history, as the config wants it, ends at the clock's present."""
    world = WholeWorld(config, clock)
    if config.pipelines == 0:
        world.add_organization("acme")
        return world
    now = instant(clock.now())
    begin = now - int(config.days * DAY)
    for position in range(config.organizations):
        slug, name = (
            ORGANIZATIONS[position]
            if position < len(ORGANIZATIONS)
            else (f"organization-{position + 1}", f"Organization {position + 1}")
        )
        organization = world.add_organization(slug, name)
        for person in PEOPLE[1:]:
            world.add_user(organization, person)
        for key, cluster, traits in QUEUES:
            world.add_queue(organization, key, cluster, **traits)
        plans = _plans(config) if position == 0 else list(LABS_PIPELINES)
        pipelines = _add_pipelines(world, organization, plans, begin)
        rate = config.builds_per_day if position == 0 else config.builds_per_day / 12
        traffic = Traffic(world, organization, pipelines, rate)
        traffic.begin(begin, NEVER if config.keeps_moving else now)
        world.on_trigger(traffic.adopt)
        if config.days and position == 0:
            traffic.rush(now)
    world.catch_up()
    return world


def _plans(config: WorldConfig) -> list[Plan]:
    """Return as many plans as wanted; past the company's own, numbered copies."""
    plans = [
        plan
        if copy == 0
        else plan._replace(slug=f"{plan.slug}-{copy + 1}", name=f"{plan.name} {copy + 1}")
        for copy in range(-(-config.pipelines // len(PIPELINES)))
        for plan in PIPELINES
    ][: config.pipelines]
    if config.jobs_per_build is None:
        return plans
    return [plan._replace(uploads=False, schedule=None, weight=1.0) for plan in plans]


def _add_pipelines(
    world: WholeWorld, organization: Organization, plans: list[Plan], begin: int
) -> dict[Pipeline, Plan]:
    added: dict[Pipeline, Plan] = {}
    slugs = {plan.slug for plan in plans}
    for position, plan in enumerate(plans):
        deploy = plan.deploy if plan.deploy in slugs else None
        jobs = world.config.jobs_per_build
        created = begin - (400 - 9 * position % 390) * DAY
        pipeline = world.add_pipeline(
            organization,
            plan.slug,
            RECIPES[plan.recipe](deploy) if jobs is None else plain(jobs),
            at=created,
            name=plan.name,
            description=plan.description,
            emoji=plan.emoji,
            uploads=plan.uploads,
            skip_queued=plan.skip_queued,
            cancel_running=plan.cancel_running,
            tags=list(plan.tags) or None,
            created_by=organization.users[position % len(organization.users)],
        )
        if plan.schedule is not None:
            world.add_schedule(organization, pipeline, plan.schedule, at=created + DAY)
        if plan.slug.endswith("-frozen"):
            archive = partial(_archive, world, pipeline)
            world.plan(begin + 40 * DAY, archive)
        added[pipeline] = plan
    return added


def _archive(world: WholeWorld, pipeline: Pipeline, at: int) -> None:
    if pipeline in pipeline.organization.pipelines:
        world.archive_pipeline(pipeline.organization, pipeline, at=at)
