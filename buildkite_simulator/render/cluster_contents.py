"""What clusters hold for their jobs: secrets, and images, networks and caches of hosted agents."""

from buildkite_simulator.instants import DAY, HOUR, MINUTE, iso, time_ordered_uuid
from buildkite_simulator.render.clusters import cluster_url
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.render.people import reference
from buildkite_simulator.world.chance import number
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Cluster

_SECRETS = (("DEPLOY_KEY", "Lets jobs deploy"), ("NPM_TOKEN", ""), ("SENTRY_DSN", "Errors"))
_UPDATED_EVERY = 45 * DAY
_IMAGES = ("base", "broken", "xcode")
_REBUILT_EVERY = 9 * DAY
_BUILDING = 25 * MINUTE
_CACHES = ("bundler", "cocoapods", "gradle")
_ATTACHED_EVERY = 6 * HOUR
_IN_USE = 8 * MINUTE


def secret_rows(cluster: Cluster, at: int, context: Context) -> list[Row]:
    """Render the secrets of a cluster; their values are never read."""
    owner = cluster.organization
    url = cluster_url(cluster, context)
    user = reference(owner.users[0], "id", "name", "email")
    rows = []
    for position, (key, description) in enumerate(_SECRETS):
        created = cluster.created + position * DAY
        identity = time_ordered_uuid(created, cluster.id, "secret", key)
        updated = _last(created, at, _UPDATED_EVERY, identity)
        rows.append(
            {
                "id": identity,
                "graphql_id": graphql_id("Secret", identity),
                "key": key,
                "description": named(owner, description),
                "policy": f"- pipeline_slug: {owner.slug}-*\n",
                "url": f"{url}/secrets/{identity}",
                "cluster_url": url,
                "created_at": iso(created),
                "created_by": user,
                "updated_at": iso(updated),
                "updated_by": user if updated > created else None,
                "last_read_at": iso(_last(created, at, HOUR, identity)) if position else None,
                "organization": {
                    "id": owner.id,
                    "slug": owner.slug,
                    "url": context.organization_url(owner),
                    "web_url": f"{WEB}/{owner.slug}",
                },
            }
        )
    return rows[::-1]


def agent_image_rows(cluster: Cluster, at: int, context: Context) -> list[Row]:
    """Render the images of hosted agents, by name: they are built anew now and then."""
    if not cluster.is_hosted:
        return []
    url = cluster_url(cluster, context)
    web = f"{WEB}/organizations/{cluster.organization.slug}/clusters/{cluster.id}"
    rows = []
    for name in _IMAGES:
        identity = f"img_{number(cluster.id, name):012x}"
        built = _last(cluster.created, at, _REBUILT_EVERY, identity)
        status = "FAILED" if name == "broken" else "READY"
        status = "BUILDING" if at - built < _BUILDING else status
        version = (built - cluster.created) // _REBUILT_EVERY + 1
        base = f"FROM buildkite/hosted-agent-base:{version}\n"
        dockerfile = f"RUN install {name} # {named(cluster.organization, 'tools')}\n"
        rows.append(
            {
                "id": identity,
                "name": name,
                "status": status,
                "image_ref": f"registry.example/{identity}:{version}"
                if status == "READY"
                else None,
                "version": version,
                "last_build_error": "exit status 1" if status == "FAILED" else None,
                "dockerfile": dockerfile,
                "base_image": f"buildkite/hosted-agent-base:{version}",
                "composed_dockerfile": base + dockerfile,
                "url": f"{url}/agent-images/{identity}",
                "web_url": f"{web}/agent-images/{identity}",
                "cluster_url": url,
            }
        )
    return rows


def network_range_rows(cluster: Cluster, _at: int, _context: Context) -> list[Row]:
    """Render the addresses of hosted agents."""
    if not cluster.is_hosted:
        return []
    return [
        {"cidr_range": f"198.51.100.{block}/28", "kind": kind}
        for block, kind in ((0, "macos"), (16, "macos"), (32, "linux"))
    ]


def cache_volume_rows(cluster: Cluster, at: int, _context: Context) -> list[Row]:
    """Render the caches of hosted agents: of each tag the one that was detached last."""
    if not cluster.is_hosted:
        return []
    rows = []
    for tag in _CACHES:
        detached = _last(cluster.created + DAY, at, _ATTACHED_EVERY, cluster.id, tag)
        rows.append(
            {
                "id": f"cv-{number(cluster.id, tag, detached):012x}",
                "tag": tag,
                "cluster_id": cluster.id,
                "size_mb": 5_000 + number(cluster.id, tag, detached, "size") % 15_000,
                "created_at": iso(cluster.created + DAY),
                "attached_at": iso(detached - _IN_USE),
                "detached_at": iso(detached),
            }
        )
    return rows


def _last(since: int, at: int, period: int, *parts: object) -> int:
    """Return when something last happened that does so once every period, or `since`."""
    offset = number(*parts, "when") % period
    return max(since, at - (at - offset) % period)
