"""Clusters, their queues, tokens and maintainers, as JSON."""

from buildkite_simulator.instants import iso, time_ordered_uuid
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.clusters import clusters_of, pause_of, tokens_of
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.machines import Queue
from buildkite_simulator.world.model import Cluster, Organization
from buildkite_simulator.world.people import User
from buildkite_simulator.world.teams import Team, teams_of


def cluster_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the clusters of an organization as they are listed."""
    with_hosted = context.switches.hosted_flags_listed
    return [
        cluster_fields(cluster, at, context) | (_hosted(cluster) if with_hosted else {})
        for cluster in clusters_of(organization, at)
    ]


def cluster_details(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the clusters of an organization as each is by itself."""
    return [
        cluster_fields(cluster, at, context) | _hosted(cluster)
        for cluster in clusters_of(organization, at)
    ]


def cluster_fields(cluster: Cluster, at: int, context: Context) -> Row:
    """Render a cluster."""
    url = cluster_url(cluster, context)
    maintainers = maintainer_rows(cluster, at, context)
    default = cluster.queues[-1] if cluster.queues else None
    return {
        "id": cluster.id,
        "graphql_id": graphql_id("Cluster", cluster.id),
        "default_queue_id": default and default.id,
        "name": named(cluster.organization, cluster.name),
        "description": named(cluster.organization, "Runs jobs") if default else None,
        "emoji": ":ship:" if default else None,
        "color": "#A1D5FF" if default else None,
        "maintainers": {
            "users": [row for row in maintainers if row["actor"]["type"] == "user"],
            "teams": [row for row in maintainers if row["actor"]["type"] == "team"],
        },
        "url": url,
        "web_url": f"{WEB}/organizations/{cluster.organization.slug}/clusters/{cluster.id}",
        "queues_url": f"{url}/queues",
        "default_queue_url": default and f"{url}/queues/{default.id}",
        "created_at": iso(cluster.created),
        "created_by": user_fields(cluster.organization.users[0]),
    }


def _hosted(cluster: Cluster) -> Row:
    hosted = cluster.is_hosted
    return {"hosted_git_mirror_enabled": hosted, "hosted_container_cache_enabled": hosted}


def queue_rows(cluster: Cluster, at: int, context: Context) -> list[Row]:
    """Render the queues of a cluster."""
    return [_queue(queue, cluster, at, context) for queue in cluster.queues]


def _queue(queue: Queue, cluster: Cluster, at: int, context: Context) -> Row:
    url = cluster_url(cluster, context)
    pause = pause_of(cluster.organization, queue, at)
    web = f"{WEB}/organizations/{cluster.organization.slug}/clusters/{cluster.id}"
    hosted = queue.os == "darwin"
    fields: Row = {
        "id": queue.id,
        "graphql_id": graphql_id("ClusterQueue", queue.id),
        "key": queue.key,
        "description": named(cluster.organization, f"Jobs for {queue.os}"),
        "url": f"{url}/queues/{queue.id}",
        "web_url": f"{web}/queues/{queue.id}",
        "cluster_url": url,
        "retry_agent_affinity": "prefer-different" if queue.plain_logs else "prefer-warmest",
        "dispatch_paused": pause is not None,
        "dispatch_paused_by": pause and user_fields(pause.by),
        "dispatch_paused_at": pause and iso(pause.since),
        "dispatch_paused_note": pause and pause.note,
        "created_at": iso(cluster.created),
        "created_by": user_fields(cluster.organization.users[0]),
        "hosted": hosted,
    }
    if hosted:
        fields["hosted_agents"] = {
            "instance_shape": {
                "machine_type": "macos",
                "architecture": queue.arch,
                "cpu": 6,
                "memory": 28,
                "name": "MACOS_ARM64_M4_6X28",
            },
            "platform_settings": {"macos": {"xcode_version": "26.1"}},
        }
    return fields


def token_rows(cluster: Cluster, at: int, context: Context) -> list[Row]:
    """Render the agent tokens of a cluster; their secrets are never read."""
    url = cluster_url(cluster, context)
    return [
        {
            "id": token.id,
            "graphql_id": graphql_id("ClusterToken", token.id),
            "description": token.name,
            "allowed_ip_addresses": "0.0.0.0/0 ::/0" if token.expires else "10.0.0.0/8",
            "expires_at": iso(token.expires),
            "url": f"{url}/tokens/{token.id}",
            "cluster_url": url,
            "created_at": iso(token.created),
            "created_by": user_fields(token.created_by),
        }
        for token in tokens_of(cluster, at)
    ]


def maintainer_rows(cluster: Cluster, at: int, _context: Context) -> list[Row]:
    """Render the maintainers of a cluster: one user, and one team if there are any."""
    maintainers = [_user_actor(cluster.organization.users[0])]
    if "teams" not in cluster.organization.withheld:
        maintainers += [_team_actor(team) for team in teams_of(cluster.organization, at)[-1:]]
    return [
        {"id": time_ordered_uuid(cluster.created, cluster.id, actor["id"]), "actor": actor}
        for actor in maintainers
    ]


def _user_actor(user: User) -> Row:
    return {
        "id": user.id,
        "graphql_id": graphql_id("User", user.id),
        "name": user.name,
        "email": user.email,
        "type": "user",
    }


def _team_actor(team: Team) -> Row:
    return {
        "id": team.id,
        "graphql_id": graphql_id("Team", team.id),
        "name": team.name,
        "slug": team.slug,
        "type": "team",
    }


def cluster_url(cluster: Cluster, context: Context) -> str:
    """Return a cluster's API URL."""
    return f"{context.organization_url(cluster.organization)}/clusters/{cluster.id}"
