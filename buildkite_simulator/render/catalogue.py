"""Every list of the organization side: how its rows are made, and of which parents."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from buildkite_simulator.render.audit import audit_event_rows
from buildkite_simulator.render.cluster_contents import (
    agent_image_rows,
    cache_volume_rows,
    network_range_rows,
    secret_rows,
)
from buildkite_simulator.render.clusters import (
    cluster_rows,
    maintainer_rows,
    queue_rows,
    token_rows,
)
from buildkite_simulator.render.context import Context, Row
from buildkite_simulator.render.fleet import agent_rows
from buildkite_simulator.render.governance import portal_rows, rule_rows, template_rows
from buildkite_simulator.render.members import invitation_rows, member_rows
from buildkite_simulator.render.repositories import (
    connection_rows,
    listable_connections,
    repository_rows,
)
from buildkite_simulator.render.schedules import schedule_rows
from buildkite_simulator.render.services import service_rows
from buildkite_simulator.render.settings import (
    api_settings_rows,
    emoji_rows,
    pipeline_settings_rows,
)
from buildkite_simulator.render.teams import (
    team_member_rows,
    team_pipeline_rows,
    team_rows,
    team_suite_rows,
)
from buildkite_simulator.world.clusters import clusters_of
from buildkite_simulator.world.model import Feature, Organization, Pipeline
from buildkite_simulator.world.teams import teams_of

Rows = Callable[[Any, int, Context], list[Row]]


def itself(organization: Organization, _at: int) -> list[Organization]:
    """Return the organization, as the parent of what has no other."""
    return [organization]


def _pipelines(organization: Organization, _at: int) -> list[Pipeline]:
    return organization.pipelines[::-1]


class Listed(NamedTuple):
    """A list of the API: its rows by parent, the parents, and the feature a plan may lack."""

    rows: Rows
    parent: str = "organization"
    parents: Callable[[Organization, int], Sequence[Any]] = itself
    feature: Feature | None = None


LISTED: dict[str, Listed] = {
    "agents": Listed(agent_rows),
    "api_settings": Listed(api_settings_rows, feature="api_settings"),
    "audit_events": Listed(audit_event_rows, feature="audit_events"),
    "emojis": Listed(emoji_rows),
    "invitations": Listed(invitation_rows),
    "notification_services": Listed(service_rows),
    "organization_members": Listed(member_rows),
    "pipeline_schedules": Listed(schedule_rows, "pipeline", _pipelines),
    "pipeline_settings": Listed(pipeline_settings_rows),
    "pipeline_templates": Listed(template_rows, feature="pipeline_templates"),
    "portals": Listed(portal_rows),
    "repositories": Listed(repository_rows, "repository_connection", listable_connections),
    "repository_connections": Listed(connection_rows),
    "rules": Listed(rule_rows),
    "teams": Listed(team_rows, feature="teams"),
    "team_members": Listed(team_member_rows, "team", teams_of, "teams"),
    "team_pipelines": Listed(team_pipeline_rows, "team", teams_of, "teams"),
    "team_suites": Listed(team_suite_rows, "team", teams_of, "teams"),
    "clusters": Listed(cluster_rows),
    "agent_images": Listed(agent_image_rows, "cluster", clusters_of),
    "cache_volumes": Listed(cache_volume_rows, "cluster", clusters_of),
    "cluster_maintainers": Listed(maintainer_rows, "cluster", clusters_of),
    "cluster_queues": Listed(queue_rows, "cluster", clusters_of),
    "cluster_secrets": Listed(secret_rows, "cluster", clusters_of),
    "cluster_tokens": Listed(token_rows, "cluster", clusters_of),
    "network_ranges": Listed(network_range_rows, "cluster", clusters_of),
}
