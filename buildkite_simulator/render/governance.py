"""Pipeline templates, rules and portals, as JSON."""

from buildkite_simulator.instants import DAY, iso, time_ordered_uuid
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.chance import number
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization, Pipeline

_TEMPLATES = (("Service", True), ("Library", True), ("Old way of doing it", False))
_EDITED_EVERY = 20 * DAY
_PORTALS = (("viewer", "Who am I"), ("pipelines", "Pipelines"), ("builds", "Recent builds"))


def template_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the pipeline templates: those in use are edited every few weeks."""
    base = f"{context.organization_url(organization)}/pipeline-templates"
    user = user_fields(organization.users[0])
    rows = []
    for position, (name, available) in enumerate(_TEMPLATES):
        created = organization.created + (100 + position) * DAY
        identity = time_ordered_uuid(created, organization.id, "template", name)
        edits = (at - created) // _EDITED_EVERY if available else 0
        rows.append(
            {
                "uuid": identity,
                "graphql_id": graphql_id("PipelineTemplate", identity),
                "name": named(organization, name),
                "description": named(organization, "A good start") if available else None,
                "configuration": f"# Edition {edits + 1}\nsteps:\n  - command: make\n",
                "available": available,
                "url": f"{base}/{identity}",
                "web_url": f"{WEB}/organizations/{organization.slug}/pipeline-templates/{identity}",
                "created_at": iso(created),
                "created_by": user,
                "updated_at": iso(created + edits * _EDITED_EVERY),
                "updated_by": user,
            }
        )
    return rows[::-1]


def rule_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the rules: a pipeline may start what it triggers, which may read its artifacts."""
    pipelines = {each.slug: each for each in organization.pipelines if each.created <= at}
    rows = []
    for source in pipelines.values():
        for slug in {step.trigger: None for step in source.steps if step.trigger}:
            if slug in pipelines:
                rows += [
                    _rule("trigger_build", source, pipelines[slug], context),
                    _rule("artifacts_read", pipelines[slug], source, context),
                ]
    return sorted(rows, key=lambda row: str(row["uuid"]), reverse=True)


def _rule(action: str, source: Pipeline, target: Pipeline, context: Context) -> Row:
    organization = source.organization
    created = max(source.created, target.created)
    identity = time_ordered_uuid(created, action, source.id, target.id)
    return {
        "uuid": identity,
        "graphql_id": graphql_id("Rule", identity),
        "organization_uuid": organization.id,
        "url": f"{context.organization_url(organization)}/rules/{identity}",
        "type": f"pipeline.{action}.pipeline",
        "source_type": "pipeline",
        "source_uuid": source.id,
        "target_type": "pipeline",
        "target_uuid": target.id,
        "effect": "allow",
        "action": action,
        "created_at": iso(created),
        "created_by": user_fields(organization.users[0]),
    }


def portal_rows(organization: Organization, _at: int, _context: Context) -> list[Row]:
    """Render the portals; their tokens are never read."""
    rows = []
    for position, (slug, name) in enumerate(_PORTALS):
        created = organization.created + (200 + position) * DAY
        rows.append(
            {
                "uuid": time_ordered_uuid(created, organization.id, "portal", slug),
                "slug": slug,
                "organization_uuid": organization.id,
                "name": named(organization, name),
                "description": named(organization, "For the wall") if position else None,
                "query": "query { viewer { user { name } } }",
                "allowed_ip_addresses": "192.0.2.0/24" if position else None,
                "user_invokable": number(organization.id, slug) % 2 == 0,
                "created_at": iso(created),
                "created_by": user_fields(organization.users[0]),
            }
        )
    return rows[::-1]
