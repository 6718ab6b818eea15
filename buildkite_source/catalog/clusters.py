"""Clusters, what is in them, and the agents that are connected."""

from buildkite_source.tables import (
    AGENT_IMAGES,
    AGENT_OBSERVATIONS,
    AGENTS,
    CACHE_VOLUMES,
    CLUSTER_MAINTAINERS,
    CLUSTER_QUEUES,
    CLUSTER_SECRETS,
    CLUSTER_TOKENS,
    NETWORK_RANGES,
)
from buildkite_source.tables import (
    CLUSTERS as CLUSTER_TABLE,
)

from .model import Endpoint

_O = "organizations/{organization_slug}"
_C = f"{_O}/clusters/{{cluster_id}}"

CLUSTERS = (
    Endpoint(AGENTS, f"{_O}/agents", "read_agents", group="agents", also=(AGENT_OBSERVATIONS,)),
    Endpoint(CLUSTER_TABLE, f"{_O}/clusters", "read_clusters", noun="cluster", group="clusters"),
    Endpoint(CLUSTER_QUEUES, f"{_C}/queues", "read_clusters", parent="clusters", group="clusters"),
    Endpoint(CLUSTER_TOKENS, f"{_C}/tokens", "read_clusters", parent="clusters", group="clusters"),
    Endpoint(
        CLUSTER_MAINTAINERS,
        f"{_C}/maintainers",
        "read_clusters",
        parent="clusters",
        group="clusters",
    ),
    Endpoint(
        CLUSTER_SECRETS,
        f"{_C}/secrets",
        "read_secrets_details",
        parent="clusters",
        group="clusters",
    ),
    # Hosted agents only, and for those who may manage the cluster.
    *(
        Endpoint(
            table,
            f"{_C}/{path}",
            "read_clusters",
            parent="clusters",
            group="clusters",
            paged=False,
            absent_on=frozenset({403, 404}),
        )
        for table, path in (
            (AGENT_IMAGES, "agent-images"),
            (NETWORK_RANGES, "network_ranges"),
            (CACHE_VOLUMES, "cache_volumes"),
        )
    ),
)
