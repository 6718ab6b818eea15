"""What an organization has besides its builds: people, settings, teams, clusters."""

from buildkite_simulator.api.choosing import (
    listable_connection,
    organization_asked_by_uuid,
    repository_of_name,
    teams_of_user,
)
from buildkite_simulator.api.collection import Collection
from buildkite_simulator.api.routes.endpoint import ORGANIZATION, Endpoint, NeededScope
from buildkite_simulator.render.clusters import cluster_details
from buildkite_simulator.render.members import all_invitation_rows
from buildkite_simulator.render.repositories import connection_details
from buildkite_simulator.switches import Switches

_TEAM = "/teams/{team}"
_CLUSTER = "/clusters/{cluster}"
_ALL_LINKS = ("self", "first", "prev", "next")


def _page(path: str, scope: NeededScope, collection: Collection) -> Endpoint:
    """Return the endpoint of a list."""
    return Endpoint("GET", ORGANIZATION + path, scope, collection.page)


def _both(path: str, scope: NeededScope, collection: Collection) -> tuple[Endpoint, Endpoint]:
    """Return the endpoints of a list and of one of its objects."""
    single = Endpoint("GET", f"{ORGANIZATION}{path}/{{key}}", scope, collection.get)
    return _page(path, scope, collection), single


def _single(path: str, scope: NeededScope, collection: Collection) -> Endpoint:
    """Return the endpoint of what an organization has one of."""
    return Endpoint("GET", ORGANIZATION + path, scope, collection.single)


def _team_details(switches: Switches) -> str:
    return switches.team_details_scope


def _secrets(switches: Switches) -> str:
    return switches.secrets_scope


_INVITATIONS = Collection(
    "invitations", "invitation", "cursor", details=all_invitation_rows, cursor_header=True
)
_AUDIT_EVENTS = Collection(
    "audit_events", "audit event", "cursor", "uuid", links=_ALL_LINKS, cursor_header=True
)
_SERVICES = Collection("notification_services", "notification service", "cursor_lenient")
_CONNECTIONS = Collection(
    "repository_connections",
    "repository connection",
    "none",
    details=connection_details,
    of=organization_asked_by_uuid,
)
_REPOSITORIES = Collection(
    "repositories", "repository", "unclear", of=listable_connection, chosen=repository_of_name
)
_TEMPLATES = Collection("pipeline_templates", "pipeline template", "unclear", "uuid")
_IMAGES = Collection("agent_images", "agent image", "none", hosted=True)
_RANGES = Collection("network_ranges", "network range", "none", hosted=True)
_VOLUMES = Collection("cache_volumes", "cache volume", "none", hosted=True)

ENDPOINTS: tuple[Endpoint, ...] = (
    *_both(
        "/members", "read_organizations", Collection("organization_members", "member", "unclear")
    ),
    *_both("/invitations", "read_organization_invitations", _INVITATIONS),
    *_both("/audit_events", "read_audit_events", _AUDIT_EVENTS),
    *_both("/services", "read_notification_services", _SERVICES),
    *_both("/repository_connections", "read_organization_repository_connections", _CONNECTIONS),
    _page(
        "/repository_connections/{repository_connection}/repositories",
        "read_organization_repository_connections",
        _REPOSITORIES,
    ),
    _single("/api-settings", "read_organization_settings", Collection("api_settings", "settings")),
    _single(
        "/pipeline-settings",
        "read_organization_settings",
        Collection("pipeline_settings", "settings"),
    ),
    _page("/emojis", None, Collection("emojis", "emoji", "none")),
    *_both("/pipeline-templates", "read_pipeline_templates", _TEMPLATES),
    *_both("/rules", "read_rules", Collection("rules", "rule", key="uuid")),
    *_both("/portals", "read_portals", Collection("portals", "portal", key="slug")),
    *_both("/teams", "read_teams", Collection("teams", "team", chosen=teams_of_user)),
    *_both(
        _TEAM + "/members",
        _team_details,
        Collection("team_members", "team member", "unclear", "user_id"),
    ),
    *_both(
        _TEAM + "/pipelines",
        _team_details,
        Collection("team_pipelines", "team pipeline", key="pipeline_id"),
    ),
    *_both(
        _TEAM + "/suites",
        _team_details,
        Collection("team_suites", "team suite", "unclear", "suite_id"),
    ),
    *_both(
        "/clusters", "read_clusters", Collection("clusters", "cluster", details=cluster_details)
    ),
    *_both(_CLUSTER + "/queues", "read_clusters", Collection("cluster_queues", "cluster queue")),
    *_both(_CLUSTER + "/tokens", "read_clusters", Collection("cluster_tokens", "cluster token")),
    *_both(
        _CLUSTER + "/maintainers",
        "read_clusters",
        Collection("cluster_maintainers", "cluster maintainer", "unclear"),
    ),
    *_both(_CLUSTER + "/secrets", _secrets, Collection("cluster_secrets", "secret")),
    *_both(_CLUSTER + "/agent-images", "read_clusters", _IMAGES),
    _page(_CLUSTER + "/network_ranges", "read_clusters", _RANGES),
    _page(_CLUSTER + "/cache_volumes", "read_clusters", _VOLUMES),
)
